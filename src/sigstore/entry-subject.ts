// SPDX-License-Identifier: Apache-2.0
import { StampedeError } from '../foundation/errors.ts';
import { decodeAnyBase64, decodeBase64 } from './base64.ts';
import { parseEnvelope, payloadOf } from './dsse.ts';
import { entryBodySchema, entryHashOf, type EntryBody } from './entry-body.ts';
import { parseHostileJson } from './hostile-json.ts';
import { isSamePublicKey } from './keys.ts';
import type { ImageSignature } from './simple-signing.ts';

/** What an entry must be about: a signature of an image, or an envelope byte for byte as it was pushed; and the key. */
export type EntrySubject =
  | ({ readonly kind: 'signature'; readonly publicKeyPem: string } & ImageSignature)
  | { readonly kind: 'envelope'; readonly bytes: Buffer; readonly publicKeyPem: string };

/**
 * Checks that a logged body (base64) is about this very signature, payload and key. Without this a valid entry of
 * another signature would do.
 * @throws StampedeError LOG_ENTRY_INVALID, ENVELOPE_MALFORMED
 */
export function verifyEntrySubject(bodyBase64: string, subject: EntrySubject): void {
  const body = parseHostileJson(decodeBase64(bodyBase64) ?? '', entryBodySchema, { what: 'the logged body', code: 'LOG_ENTRY_INVALID' });
  const difference = subject.kind === 'signature' ? fromSignature(body, subject) : fromEnvelope(body, subject);
  if (difference !== undefined) throw new StampedeError('LOG_ENTRY_INVALID', `the log entry is about another ${difference}`);
}

function fromSignature(body: EntryBody, subject: EntrySubject & { kind: 'signature' }): string | undefined {
  if (body.kind !== 'hashedrekord') return `kind of thing (${body.kind})`;
  const { data, signature } = body.spec;
  if (data.hash.value !== entryHashOf(subject.payload).value) return 'payload';
  if (signature.content !== subject.signature) return 'signature';
  return isSameKey(signature.publicKey.content, subject.publicKeyPem) ? undefined : 'key';
}

function fromEnvelope(body: EntryBody, { bytes, publicKeyPem }: EntrySubject & { kind: 'envelope' }): string | undefined {
  if (body.kind === 'hashedrekord') return 'kind of thing (hashedrekord)';
  const envelope = parseEnvelope(bytes);
  const { envelopeHash, payloadHash, signatures } = claimsOf(body);
  if (payloadHash.value !== entryHashOf(payloadOf(envelope)).value) return 'payload';
  if (envelopeHash.value !== entryHashOf(bytes).value) return 'envelope';
  const pushed = new Set(envelope.signatures.map(({ sig }) => sig));
  if (signatures.some(({ sig }) => sig !== undefined && !pushed.has(sig))) return 'signature';
  return signatures.some(({ key }) => isSameKey(key, publicKeyPem)) ? undefined : 'key';
}

interface EnvelopeClaims {
  readonly envelopeHash: { readonly value: string };
  readonly payloadHash: { readonly value: string };
  /** `sig` as in the envelope, absent in the kind that logs none; `key` PEM in base64. */
  readonly signatures: readonly { readonly sig: string | undefined; readonly key: string }[];
}

function claimsOf(body: Exclude<EntryBody, { kind: 'hashedrekord' }>): EnvelopeClaims {
  if (body.kind === 'dsse') {
    const signatures = body.spec.signatures.map(({ signature, verifier }) => ({ sig: signature, key: verifier }));
    return { ...body.spec, signatures };
  }
  const { hash: envelopeHash, payloadHash } = body.spec.content;
  if (body.apiVersion === '0.0.1') {
    return { envelopeHash, payloadHash, signatures: [{ sig: undefined, key: body.spec.publicKey }] };
  }
  const signatures = body.spec.content.envelope.signatures.map(({ sig, publicKey }) => ({
    sig: decodeAnyBase64(sig)?.toString(),
    key: publicKey,
  }));
  return { envelopeHash, payloadHash, signatures };
}

function isSameKey(encodedPem: string, publicKeyPem: string): boolean {
  return isSamePublicKey(decodeBase64(encodedPem)?.toString() ?? '', publicKeyPem);
}
