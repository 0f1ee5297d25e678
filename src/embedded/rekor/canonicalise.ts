// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { StampedeError } from '../../foundation/errors.ts';
import { decodeBase64 } from '../../sigstore/base64.ts';
import { parseEnvelope, payloadOf, signaturesBy, type DsseEnvelope } from '../../sigstore/dsse.ts';
import { entryBodySchema, entryHashOf, type EntryBody } from '../../sigstore/entry-body.ts';
import { publicKeyToPem, readPublicKey } from '../../sigstore/keys.ts';
import { isDigestSignedBy } from './digest-signature.ts';

/** A proposed entry that was verified. */
export interface AcceptedEntry {
  readonly body: EntryBody;
  /** What was proposed, where that is more than what is stored; without it an entry can be searched but not added. */
  readonly envelope: DsseEnvelope | undefined;
  readonly isInsertable: boolean;
}

const hash = z.object({ algorithm: z.literal('sha256'), value: z.string().regex(/^[0-9a-f]{64}$/) });

const base64 = z.string().transform((text, context) => {
  const bytes = decodeBase64(text);
  if (bytes === undefined || bytes.length === 0) context.addIssue('not base64, or empty');
  return bytes ?? Buffer.alloc(0);
});

/** What the log computes itself; Go clients write null for what they leave out. */
const absent = z.null().optional();

const proposedSchema = z.union([
  z.object({
    kind: z.literal('hashedrekord'),
    apiVersion: z.literal('0.0.1'),
    spec: z.object({
      data: z.object({ hash }),
      signature: z.object({ content: base64, publicKey: z.object({ content: base64 }) }),
    }),
  }),
  z.object({
    kind: z.literal('dsse'),
    apiVersion: z.literal('0.0.1'),
    spec: z.object({
      proposedContent: z.object({ envelope: z.string(), verifiers: z.array(base64).min(1) }),
      envelopeHash: absent,
      payloadHash: absent,
      signatures: absent,
    }),
  }),
  z.object({
    kind: z.literal('intoto'),
    apiVersion: z.literal('0.0.2'),
    spec: z.object({
      content: z.object({
        envelope: z.object({
          payloadType: z.string().min(1),
          payload: base64,
          signatures: z.array(z.object({ keyid: z.string().optional(), sig: base64, publicKey: base64 })).min(1),
        }),
        hash,
      }),
    }),
  }),
  z.object({
    kind: z.literal('intoto'),
    apiVersion: z.literal('0.0.1'),
    spec: z.object({ content: z.object({ envelope: z.string().min(1) }), publicKey: base64 }),
  }),
]);

type Proposed = z.output<typeof proposedSchema>;
type Spec<K extends Proposed['kind'], V extends string> = Extract<Proposed, { kind: K; apiVersion: V }>['spec'];

/**
 * Verifies what a client proposes and brings it into the form that Rekor stores: keys in one spelling, envelopes as
 * hashes. Takes stored bodies too, for searches.
 * https://github.com/sigstore/rekor/tree/main/pkg/types
 * @throws StampedeError LOG_ENTRY_INVALID, KEY_MALFORMED, ENVELOPE_MALFORMED, SIGNATURE_INVALID
 */
export function canonicalise(proposed: unknown): AcceptedEntry {
  const read = proposedSchema.safeParse(proposed);
  if (read.success) return verified(read.data);
  const stored = entryBodySchema.safeParse(proposed);
  if (stored.success) return { body: stored.data, envelope: undefined, isInsertable: false };
  throw new StampedeError('LOG_ENTRY_INVALID', 'not a hashedrekord 0.0.1, dsse 0.0.1, intoto 0.0.1 or intoto 0.0.2 entry', {
    cause: read.error,
  });
}

function verified(proposed: Proposed): AcceptedEntry {
  if (proposed.kind === 'hashedrekord') return fromHashedrekord(proposed.spec);
  if (proposed.kind === 'dsse') return fromDsse(proposed.spec);
  return proposed.apiVersion === '0.0.2' ? fromIntoto(proposed.spec) : fromOlderIntoto(proposed.spec);
}

function fromHashedrekord({ data, signature }: Spec<'hashedrekord', '0.0.1'>): AcceptedEntry {
  const publicKey = readPublicKey(signature.publicKey.content.toString());
  if (!isDigestSignedBy(publicKey, Buffer.from(data.hash.value, 'hex'), signature.content)) {
    throw new StampedeError('SIGNATURE_INVALID', 'the signature is not one over the hash by the key');
  }
  const content = signature.content.toString('base64');
  const spec = { data, signature: { content, publicKey: { content: encodedKey(signature.publicKey.content) } } };
  return { body: { kind: 'hashedrekord', apiVersion: '0.0.1', spec }, envelope: undefined, isInsertable: true };
}

function fromDsse({ proposedContent }: Spec<'dsse', '0.0.1'>): AcceptedEntry {
  const envelope = parseEnvelope(proposedContent.envelope);
  const signers = signersOf(envelope, proposedContent.verifiers);
  const signatures = [...signers].map(([signature, verifier]) => ({ signature, verifier }));
  signatures.sort((one, other) => (one.signature < other.signature ? -1 : 1));
  const hashes = { envelopeHash: entryHashOf(Buffer.from(proposedContent.envelope)), payloadHash: entryHashOf(payloadOf(envelope)) };
  return { body: { kind: 'dsse', apiVersion: '0.0.1', spec: { ...hashes, signatures } }, envelope, isInsertable: true };
}

/** Payload and signatures are base64 twice in this kind, and the hash of the envelope is the client's word. */
function fromIntoto({ content }: Spec<'intoto', '0.0.2'>): AcceptedEntry {
  const { payloadType, payload, signatures } = content.envelope;
  const texts = signatures.map(({ keyid, sig }) => ({ keyid, sig: sig.toString() }));
  const envelope = parseEnvelope(JSON.stringify({ payloadType, payload: payload.toString(), signatures: texts }));
  signersOf(envelope, signatures.map(({ publicKey }) => publicKey));
  const stored = signatures.map(({ keyid, sig, publicKey }) => ({
    ...(keyid ? { keyid } : {}),
    sig: sig.toString('base64'),
    publicKey: publicKey.toString('base64'),
  }));
  const spec = {
    content: { envelope: { payloadType, signatures: stored }, hash: content.hash, payloadHash: entryHashOf(payloadOf(envelope)) },
  };
  return { body: { kind: 'intoto', apiVersion: '0.0.2', spec }, envelope, isInsertable: true };
}

function fromOlderIntoto({ content, publicKey }: Spec<'intoto', '0.0.1'>): AcceptedEntry {
  const envelope = parseEnvelope(content.envelope);
  signersOf(envelope, [publicKey]);
  const hashes = { hash: entryHashOf(Buffer.from(content.envelope)), payloadHash: entryHashOf(payloadOf(envelope)) };
  const spec = { content: hashes, publicKey: encodedKey(publicKey) };
  return { body: { kind: 'intoto', apiVersion: '0.0.1', spec }, envelope, isInsertable: true };
}

/** Each signature and its key. Every signature must have a key, and every key a signature. */
function signersOf(envelope: DsseEnvelope, keys: readonly Buffer[]): ReadonlyMap<string, string> {
  const signers = new Map<string, string>();
  for (const pem of keys) {
    const made = signaturesBy(envelope, readPublicKey(pem.toString()));
    if (made.length === 0) throw new StampedeError('SIGNATURE_INVALID', 'a key has no signature on the envelope');
    for (const { sig } of made) signers.set(sig, encodedKey(pem));
  }
  if (envelope.signatures.every(({ sig }) => signers.has(sig))) return signers;
  throw new StampedeError('SIGNATURE_INVALID', 'all signatures must have a key that verifies them');
}

function encodedKey(pem: Buffer): string {
  return Buffer.from(publicKeyToPem(readPublicKey(pem.toString()))).toString('base64');
}
