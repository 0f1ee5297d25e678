// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { digestOf } from '../oci/digest.ts';
import { signCheckpoint } from './checkpoint.ts';
import { canonicalBody, entryHashOf, type EntryBody } from './entry-body.ts';
import { verifyEntrySubject, type EntrySubject } from './entry-subject.ts';
import { inTotoPayloadType, parseEnvelope, payloadOf, signEnvelope } from './dsse.ts';
import { generateKeyPair, logIdOf } from './keys.ts';
import { bundleAnnotation, parseBundleAnnotation, parseLogEntries, promiseOf, signPromise, uuidOf, verifyLogEntry, verifyPromise, type LogEntry } from './log-entry.ts';
import { leafHash, MerkleTree } from './merkle.ts';
import { signImage } from './simple-signing.ts';
import { slsaV1Statement, statementBytes } from './statement.ts';

const log = generateKeyPair();
const otherLog = generateKeyPair();
const pair = generateKeyPair();
const otherPair = generateKeyPair();
const digest = digestOf(Buffer.from('manifest'));
const treeId = 42n;

/** The body as the sixth of ten entries. */
function logged(body: Buffer): LogEntry {
  const tree = new MerkleTree();
  for (let i = 0; i < 10; i += 1) tree.append(i === 5 ? leafHash(body) : leafHash(Buffer.from(`entry ${i}`)));
  const promise = { body: body.toString('base64'), integratedTime: 1_700_000_000, logIndex: 1005, logID: logIdOf(log.publicKeyPem) };
  return {
    uuid: uuidOf(treeId, body),
    ...promise,
    verification: {
      inclusionProof: {
        checkpoint: signCheckpoint({ origin: 'rekor.local - 42', size: 10, rootHash: tree.root() }, 'rekor.local', log),
        hashes: tree.inclusionProof(5).map((hash) => hash.toString('hex')),
        logIndex: 5,
        rootHash: tree.root().toString('hex'),
        treeSize: 10,
      },
      signedEntryTimestamp: signPromise(promise, log),
    },
  };
}

type Proof = LogEntry['verification']['inclusionProof'];

function withProof(entry: LogEntry, change: Partial<Proof>): LogEntry {
  const inclusionProof = { ...entry.verification.inclusionProof, ...change };
  return { ...entry, verification: { ...entry.verification, inclusionProof } };
}

const encoded = (text: string) => Buffer.from(text).toString('base64');
const signed = signImage('registry.local/image', digest, pair.privateKey);
const signatureBody: EntryBody = {
  kind: 'hashedrekord',
  apiVersion: '0.0.1',
  spec: {
    data: { hash: entryHashOf(signed.payload) },
    signature: { content: signed.signature, publicKey: { content: encoded(pair.publicKeyPem) } },
  },
};
const entry = logged(canonicalBody(signatureBody));
const otherBody = logged(Buffer.from('{"other":true}'));

describe('log entries', () => {
  it('verify as a whole', () => {
    expect(() => verifyLogEntry(entry, log.publicKeyPem)).not.toThrow();
    expect(entry.uuid).toMatch(/^000000000000002a[0-9a-f]{64}$/);
  });

  it('are read as they are answered', () => {
    const { uuid, ...rest } = entry;
    expect(parseLogEntries(JSON.stringify({ [uuid]: { ...rest, attestation: {} } }))).toEqual([entry]);
  });

  const flippedRoot = entry.verification.inclusionProof.rootHash.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));
  it.each([
    ['another log key', entry, otherLog.publicKeyPem],
    ['another body', { ...entry, body: otherBody.body }, log.publicKeyPem],
    ['another uuid', { ...entry, uuid: otherBody.uuid }, log.publicKeyPem],
    ['another body and its uuid', { ...entry, body: otherBody.body, uuid: otherBody.uuid }, log.publicKeyPem],
    ['another time', { ...entry, integratedTime: entry.integratedTime + 1 }, log.publicKeyPem],
    ['another index', { ...entry, logIndex: 1006 }, log.publicKeyPem],
    ['the ID of another log', { ...entry, logID: logIdOf(otherLog.publicKeyPem) }, log.publicKeyPem],
    ['the timestamp of another entry', { ...entry, verification: { ...entry.verification, signedEntryTimestamp: otherBody.verification.signedEntryTimestamp } }, log.publicKeyPem],
    ['the proof of another entry', { ...entry, verification: { ...otherBody.verification, signedEntryTimestamp: entry.verification.signedEntryTimestamp } }, log.publicKeyPem],
    ['another place in the tree', withProof(entry, { logIndex: 4 }), log.publicKeyPem],
    ['a place outside the tree', withProof(entry, { logIndex: 10 }), log.publicKeyPem],
    ['another root', withProof(entry, { rootHash: flippedRoot }), log.publicKeyPem],
    ['another tree size', withProof(entry, { treeSize: 11 }), log.publicKeyPem],
    ['a hash too few', withProof(entry, { hashes: entry.verification.inclusionProof.hashes.slice(1) }), log.publicKeyPem],
    ['a checkpoint by another log', withProof(entry, { checkpoint: signCheckpoint({ origin: 'rekor.local - 42', size: 10, rootHash: Buffer.from(entry.verification.inclusionProof.rootHash, 'hex') }, 'rekor.local', otherLog) }), log.publicKeyPem],
    ['no checkpoint', withProof(entry, { checkpoint: '' }), log.publicKeyPem],
  ])('are invalid with %s', (_what, changed, publicKeyPem) => {
    expect(() => verifyLogEntry(changed, publicKeyPem)).toThrow(expect.objectContaining({ code: 'LOG_ENTRY_INVALID' }));
  });

  it.each([
    '',
    'null',
    '[]',
    '{"x":{}}',
    JSON.stringify({ [entry.uuid]: { ...entry, logIndex: -1 } }),
    JSON.stringify({ [entry.uuid]: { ...entry, body: 'no base64' } }),
    JSON.stringify({ [entry.uuid]: { ...entry, verification: {} } }),
    JSON.stringify({ [entry.uuid.slice(1)]: entry }),
  ])('are malformed when they are %s', (text) => {
    expect(() => parseLogEntries(text)).toThrow(expect.objectContaining({ code: 'LOG_ENTRY_INVALID' }));
  });
});

describe('the bundle annotation', () => {
  const bundle = bundleAnnotation(entry);
  const elsewhere = { ...promiseOf(entry).promise, logID: logIdOf(otherLog.publicKeyPem) };
  const misnamed = { ...entry, ...elsewhere, verification: { ...entry.verification, signedEntryTimestamp: signPromise(elsewhere, log) } };

  it('carries the promise in the words that cosign uses', () => {
    expect(JSON.parse(bundle)).toEqual({
      SignedEntryTimestamp: entry.verification.signedEntryTimestamp,
      Payload: { body: entry.body, integratedTime: entry.integratedTime, logIndex: entry.logIndex, logID: entry.logID },
    });
    expect(parseBundleAnnotation(bundle)).toEqual(promiseOf(entry));
    expect(() => verifyPromise(parseBundleAnnotation(bundle), log.publicKeyPem)).not.toThrow();
  });

  it.each([
    ['another time', bundle.replace('"integratedTime":17', '"integratedTime":18')],
    ['another index', bundle.replace('"logIndex":1005', '"logIndex":1004')],
    ['another body', bundle.replace(entry.body, otherBody.body)],
    ['another log', bundle.replace(entry.logID, logIdOf(otherLog.publicKeyPem))],
    ['another timestamp', bundle.replace(entry.verification.signedEntryTimestamp, otherBody.verification.signedEntryTimestamp)],
    ['no timestamp', bundle.replace(entry.verification.signedEntryTimestamp, '')],
    ['an index that is a text', bundle.replace('"logIndex":1005', '"logIndex":"1005"')],
    ['the ID of another log, signed by this one', bundleAnnotation(misnamed)],
    ['half of it', bundle.slice(0, 100)],
  ])('is invalid with %s', (_what, text) => {
    expect(() => verifyPromise(parseBundleAnnotation(text), log.publicKeyPem)).toThrow(expect.objectContaining({ code: 'LOG_ENTRY_INVALID' }));
  });
});

const bytes = signEnvelope(inTotoPayloadType, statementBytes(slsaV1Statement({ name: 'image', digest })), pair.privateKey);
const sameAgain = signEnvelope(inTotoPayloadType, statementBytes(slsaV1Statement({ name: 'image', digest })), pair.privateKey);
const otherEnvelope = signEnvelope(inTotoPayloadType, statementBytes(slsaV1Statement({ name: 'other', digest })), pair.privateKey);

function dsseBody(envelope: Buffer, publicKeyPem: string): EntryBody {
  const { signatures, ...rest } = parseEnvelope(envelope);
  const hashes = { envelopeHash: entryHashOf(envelope), payloadHash: entryHashOf(payloadOf({ signatures, ...rest })) };
  const own = signatures.map(({ sig }) => ({ signature: sig, verifier: encoded(publicKeyPem) }));
  return { kind: 'dsse', apiVersion: '0.0.1', spec: { ...hashes, signatures: own } };
}

function intotoBody(envelope: Buffer, publicKeyPem: string): EntryBody {
  const parsed = parseEnvelope(envelope);
  const signatures = parsed.signatures.map(({ sig }) => ({ sig: encoded(sig), publicKey: encoded(publicKeyPem) }));
  const hashes = { hash: entryHashOf(envelope), payloadHash: entryHashOf(payloadOf(parsed)) };
  return { kind: 'intoto', apiVersion: '0.0.2', spec: { content: { envelope: { payloadType: parsed.payloadType, signatures }, ...hashes } } };
}

function olderBody(envelope: Buffer, publicKeyPem: string): EntryBody {
  const hashes = { hash: entryHashOf(envelope), payloadHash: entryHashOf(payloadOf(parseEnvelope(envelope))) };
  return { kind: 'intoto', apiVersion: '0.0.1', spec: { content: hashes, publicKey: encoded(publicKeyPem) } };
}

const inBase64 = (body: EntryBody) => canonicalBody(body).toString('base64');
const envelopeSubject: EntrySubject = { kind: 'envelope', bytes, publicKeyPem: pair.publicKeyPem };
const signatureSubject: EntrySubject = { kind: 'signature', ...signed, publicKeyPem: pair.publicKeyPem };
const resigned = signImage('registry.local/image', digest, pair.privateKey);
const otherSigned = signImage('registry.local/other', digest, pair.privateKey);

describe('what an entry is about', () => {
  it.each([
    ['hashedrekord', signatureBody, signatureSubject],
    ['dsse', dsseBody(bytes, pair.publicKeyPem), envelopeSubject],
    ['intoto', intotoBody(bytes, pair.publicKeyPem), envelopeSubject],
    ['intoto 0.0.1', olderBody(bytes, pair.publicKeyPem), envelopeSubject],
  ])('is told from its body (%s)', (_kind, body, subject) => {
    expect(() => verifyEntrySubject(inBase64(body), subject)).not.toThrow();
  });

  it.each([
    ['another signature of the same payload', signatureBody, { ...signatureSubject, signature: resigned.signature }],
    ['another payload', signatureBody, { ...signatureSubject, payload: otherSigned.payload }],
    ['another key', signatureBody, { ...signatureSubject, publicKeyPem: otherPair.publicKeyPem }],
    ['an attestation', dsseBody(bytes, pair.publicKeyPem), signatureSubject],
    ['an image signature', signatureBody, envelopeSubject],
    ...[dsseBody, intotoBody, olderBody].flatMap((make): [string, EntryBody, EntrySubject][] => [
      [`another payload (${make.name})`, make(otherEnvelope, pair.publicKeyPem), envelopeSubject],
      [`another signature of the same payload (${make.name})`, make(sameAgain, pair.publicKeyPem), envelopeSubject],
      [`another key (${make.name})`, make(bytes, otherPair.publicKeyPem), envelopeSubject],
    ]),
  ])('is not %s', (_what, body, subject) => {
    expect(() => verifyEntrySubject(inBase64(body), subject)).toThrow(expect.objectContaining({ code: 'LOG_ENTRY_INVALID' }));
  });

  it.each([
    ['signature', sameAgain],
    ['payload', otherEnvelope],
  ])('is not another %s that the envelope\'s hash disguises', (what, other) => {
    const [body, from] = [dsseBody(bytes, pair.publicKeyPem), dsseBody(other, pair.publicKeyPem)];
    if (body.kind !== 'dsse' || from.kind !== 'dsse') throw new Error('not dsse');
    const change = what === 'payload' ? { payloadHash: from.spec.payloadHash } : { signatures: from.spec.signatures };
    const disguised: EntryBody = { ...body, spec: { ...body.spec, ...change } };
    expect(() => verifyEntrySubject(inBase64(disguised), envelopeSubject)).toThrow(expect.objectContaining({ code: 'LOG_ENTRY_INVALID' }));
  });

  it.each(['', '%%%', encoded('{}'), encoded('{"kind":"rpm"}')])('can\'t be told from %j', (body) => {
    expect(() => verifyEntrySubject(body, signatureSubject)).toThrow(expect.objectContaining({ code: 'LOG_ENTRY_INVALID' }));
  });
});
