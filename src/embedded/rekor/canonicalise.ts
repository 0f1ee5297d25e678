// SPDX-License-Identifier: Apache-2.0
import type { KeyObject } from 'node:crypto';
import * as z from 'zod';
import { StampedeError } from '../../foundation/errors.ts';
import { decodeBase64 } from '../../sigstore/base64.ts';
import { parseEnvelope, payloadOf, signaturesBy, type DsseEnvelope } from '../../sigstore/dsse.ts';
import { entryBodySchema, entryHashOf, type EntryBody } from '../../sigstore/entry-body.ts';
import { publicKeyToPem, readPublicKey } from '../../sigstore/keys.ts';
import { isDigestSignedBy } from './digest-signature.ts';
import { base64Failure, fieldsOf, jsonFailure, shapeFailures, versionMissing } from './entry-words.ts';

/** A proposed entry that was verified. */
export interface AcceptedEntry {
  readonly body: EntryBody;
  /** What was proposed, where that is more than what is stored; without it an entry can be searched but not added. */
  readonly envelope: DsseEnvelope | undefined;
  readonly isInsertable: boolean;
}

const value = z.string().refine((text) => /^[0-9a-f]{64}$/.test(text), 'invalid value for hash');
const hash = z.object({ algorithm: z.enum(['sha256', 'sha384', 'sha512']), value: z.string() });
const sha256 = z.object({ algorithm: z.literal('sha256'), value });

/** `what`: as Rekor calls it. */
const base64 = (what: string) =>
  z.string().transform((text, context) => {
    const bytes = decodeBase64(text);
    if (bytes === undefined || bytes.length === 0) context.addIssue(`failed parsing base64 data for ${what}: ${base64Failure(text)}`);
    return bytes ?? Buffer.alloc(0);
  });

/** What the log computes itself; Go clients write null for what they leave out. */
const absent = z.null().optional();
/** What is missing is looked at as if it were there and empty: so the fields in it are what is missing. */
const orEmpty = (given: unknown): unknown => given ?? {};

const proposedSchemas = {
  'hashedrekord 0.0.1': z.object({
    data: z.object({ hash }),
    signature: z.object({ content: base64('signature content'), publicKey: z.object({ content: base64('public key content') }) }),
  }),
  'dsse 0.0.1': z.object({
    proposedContent: z.object({ envelope: z.string(), verifiers: z.array(base64('verifier')).min(1) }),
    envelopeHash: absent,
    payloadHash: absent,
    signatures: absent,
  }),
  'intoto 0.0.2': z.object({
    content: z.preprocess(
      orEmpty,
      z.object({
        envelope: z.preprocess(
          orEmpty,
          z.object({
            payloadType: z.string().min(1),
            payload: base64('payload'),
            signatures: z.array(z.object({ keyid: z.string().optional(), sig: base64('signature'), publicKey: base64('public key') })).min(1),
          }),
        ),
        hash: sha256,
      }),
    ),
  }),
  'intoto 0.0.1': z.object({ content: z.object({ envelope: z.string().min(1) }), publicKey: base64('public key') }),
};

type Spec<Name extends keyof typeof proposedSchemas> = z.output<(typeof proposedSchemas)[Name]>;

/**
 * Verifies what a client proposes and brings it into the form that Rekor stores: keys in one spelling, envelopes as
 * hashes. Takes stored bodies too, for searches. What it throws is worded as Rekor words it.
 * https://github.com/sigstore/rekor/tree/main/pkg/types
 * @throws StampedeError LOG_ENTRY_INVALID, KEY_MALFORMED, ENVELOPE_MALFORMED, SIGNATURE_INVALID
 */
export function canonicalise(proposed: unknown): AcceptedEntry {
  const stored = entryBodySchema.safeParse(proposed);
  // A stored hashedrekord is what was proposed.
  if (stored.success && stored.data.kind !== 'hashedrekord') return { body: stored.data, envelope: undefined, isInsertable: false };
  const { kind, apiVersion, spec } = fieldsOf(proposed);
  switch (`${String(kind)} ${String(apiVersion)}`) {
    case 'hashedrekord 0.0.1':
      return fromHashedrekord(read('hashedrekord 0.0.1', spec));
    case 'dsse 0.0.1':
      if (fieldsOf(spec)['proposedContent'] === undefined) throw invalid('either proposedContent or envelopeHash, payloadHash, and signatures must be present');
      return fromDsse(read('dsse 0.0.1', spec));
    case 'intoto 0.0.2':
      return fromIntoto(read('intoto 0.0.2', spec));
    case 'intoto 0.0.1':
      return fromOlderIntoto(read('intoto 0.0.1', spec));
    default:
      throw invalid(versionMissing(String(kind), String(apiVersion)));
  }
}

function read<Name extends keyof typeof proposedSchemas>(name: Name, spec: unknown): Spec<Name> {
  const parsed = proposedSchemas[name].safeParse(spec, { reportInput: true });
  if (!parsed.success) throw invalid(shapeFailures(parsed.error), parsed.error);
  return parsed.data as Spec<Name>;
}

function invalid(message: string, cause?: unknown): StampedeError {
  return new StampedeError('LOG_ENTRY_INVALID', message, cause === undefined ? {} : { cause });
}

function fromHashedrekord({ data, signature }: Spec<'hashedrekord 0.0.1'>): AcceptedEntry {
  // Keys of this project are P-256, for which the log's own policy allows sha256 alone.
  if (data.hash.algorithm !== 'sha256') throw invalid('entry algorithms are not allowed');
  if (!/^[0-9a-f]{64}$/.test(data.hash.value)) throw invalid('invalid value for hash');
  const publicKey = publicKeyIn(signature.publicKey.content);
  if (!isDigestSignedBy(publicKey, Buffer.from(data.hash.value, 'hex'), signature.content)) throw new StampedeError('SIGNATURE_INVALID', `verifying signature: ${isAsn1(signature.content) ? notValid : notEncoded}`);
  const content = signature.content.toString('base64');
  const spec = { data: { hash: { algorithm: data.hash.algorithm, value: data.hash.value } }, signature: { content, publicKey: { content: encodedKey(signature.publicKey.content) } } };
  return { body: { kind: 'hashedrekord', apiVersion: '0.0.1', spec }, envelope: undefined, isInsertable: true };
}

function fromDsse({ proposedContent }: Spec<'dsse 0.0.1'>): AcceptedEntry {
  const envelope = envelopeIn(proposedContent.envelope);
  const signers = signersOf(envelope, proposedContent.verifiers, couldNot);
  const signatures = [...signers].map(([signature, verifier]) => ({ signature, verifier }));
  signatures.sort((one, other) => (one.signature < other.signature ? -1 : 1));
  const hashes = { envelopeHash: entryHashOf(Buffer.from(proposedContent.envelope)), payloadHash: entryHashOf(payloadOf(envelope)) };
  return { body: { kind: 'dsse', apiVersion: '0.0.1', spec: { ...hashes, signatures } }, envelope, isInsertable: true };
}

/** Payload and signatures are base64 twice in this kind, and the hash of the envelope is the client's word. */
function fromIntoto({ content }: Spec<'intoto 0.0.2'>): AcceptedEntry {
  const { payloadType, payload, signatures } = content.envelope;
  const texts = signatures.map(({ keyid, sig }) => ({ keyid, sig: sig.toString() }));
  const envelope = parseEnvelope(JSON.stringify({ payloadType, payload: payload.toString(), signatures: texts }));
  signersOf(envelope, signatures.map(({ publicKey }) => publicKey), couldNot);
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

function fromOlderIntoto({ content, publicKey }: Spec<'intoto 0.0.1'>): AcceptedEntry {
  const envelope = envelopeIn(content.envelope);
  signersOf(envelope, [publicKey]);
  const hashes = { hash: entryHashOf(Buffer.from(content.envelope)), payloadHash: entryHashOf(payloadOf(envelope)) };
  const spec = { content: hashes, publicKey: encodedKey(publicKey) };
  return { body: { kind: 'intoto', apiVersion: '0.0.1', spec }, envelope, isInsertable: true };
}

const notValid = 'invalid signature when validating ASN.1 encoded signature';
const notEncoded = 'ecdsa: Invalid IEEE_P1363 encoded bytes';
const couldNot = 'could not verify envelope: ';

/** A sequence as long as it says it is: what a signature of Go's libraries looks like from outside. */
function isAsn1(signature: Buffer): boolean {
  return signature[0] === 0x30 && signature[1] === signature.length - 2;
}

function publicKeyIn(pem: Buffer): KeyObject {
  const text = pem.toString();
  if (!text.includes('-----BEGIN ')) throw new StampedeError('KEY_MALFORMED', 'invalid public key: failure decoding PEM');
  return readPublicKey(text);
}

function envelopeIn(text: string): DsseEnvelope {
  try {
    JSON.parse(text);
  } catch (cause) {
    throw new StampedeError('ENVELOPE_MALFORMED', jsonFailure(text), { cause });
  }
  return parseEnvelope(text);
}

/** Each signature and its key. Every signature must have a key, and every key a signature. */
function signersOf(envelope: DsseEnvelope, keys: readonly Buffer[], before = ''): ReadonlyMap<string, string> {
  const signers = new Map<string, string>();
  for (const pem of keys) {
    const made = signaturesBy(envelope, publicKeyIn(pem));
    if (made.length === 0) throw new StampedeError('SIGNATURE_INVALID', `${before}accepted signatures do not match threshold, Found: 0, Expected 1`);
    for (const { sig } of made) signers.set(sig, encodedKey(pem));
  }
  if (envelope.signatures.every(({ sig }) => signers.has(sig))) return signers;
  throw new StampedeError('SIGNATURE_INVALID', 'all signatures must have a key that verifies them');
}

function encodedKey(pem: Buffer): string {
  return Buffer.from(publicKeyToPem(publicKeyIn(pem))).toString('base64');
}
