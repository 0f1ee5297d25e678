// SPDX-License-Identifier: Apache-2.0
import { parseEnvelope } from './dsse.ts';
import { entryHashOf } from './entry-body.ts';
import { publicKeyToPem, readPublicKey } from './keys.ts';
import type { ImageSignature } from './simple-signing.ts';

/** What a client posts to a log, or searches with. https://github.com/sigstore/rekor/blob/main/openapi.yaml */
export interface ProposedEntry {
  readonly kind: 'hashedrekord' | 'dsse' | 'intoto';
  readonly apiVersion: string;
  readonly spec: unknown;
}

/** For a signature of an image. @throws StampedeError KEY_MALFORMED */
export function proposeHashedrekord({ payload, signature }: ImageSignature, publicKeyPem: string): ProposedEntry {
  const publicKey = { content: encodedKey(publicKeyPem) };
  const spec = { data: { hash: entryHashOf(payload) }, signature: { content: signature, publicKey } };
  return { kind: 'hashedrekord', apiVersion: '0.0.1', spec };
}

/** For an attestation, the way cosign logs it now. @throws StampedeError KEY_MALFORMED */
export function proposeDsse(envelope: Uint8Array, publicKeyPem: string): ProposedEntry {
  const proposedContent = { envelope: Buffer.from(envelope).toString(), verifiers: [encodedKey(publicKeyPem)] };
  return { kind: 'dsse', apiVersion: '0.0.1', spec: { proposedContent } };
}

/**
 * For an attestation, the older way; every signature on the envelope must be by this key.
 * @throws StampedeError ENVELOPE_MALFORMED, KEY_MALFORMED
 */
export function proposeIntoto(envelope: Uint8Array, publicKeyPem: string): ProposedEntry {
  const { payloadType, payload, signatures } = parseEnvelope(envelope);
  const publicKey = encodedKey(publicKeyPem);
  const content = {
    envelope: {
      payloadType,
      payload: encoded(payload),
      signatures: signatures.map(({ keyid, sig }) => ({ ...(keyid ? { keyid } : {}), sig: encoded(sig), publicKey })),
    },
    hash: entryHashOf(envelope),
  };
  return { kind: 'intoto', apiVersion: '0.0.2', spec: { content } };
}

/** For an attestation, the oldest way, which some build services still take. @throws StampedeError KEY_MALFORMED */
export function proposeOlderIntoto(envelope: Uint8Array, publicKeyPem: string): ProposedEntry {
  const spec = { content: { envelope: Buffer.from(envelope).toString() }, publicKey: encodedKey(publicKeyPem) };
  return { kind: 'intoto', apiVersion: '0.0.1', spec };
}

function encodedKey(publicKeyPem: string): string {
  return encoded(publicKeyToPem(readPublicKey(publicKeyPem)));
}

function encoded(text: string): string {
  return Buffer.from(text).toString('base64');
}
