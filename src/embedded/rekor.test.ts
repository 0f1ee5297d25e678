// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOf } from '../oci/digest.ts';
import { verifyCheckpoint } from '../sigstore/checkpoint.ts';
import { inTotoPayloadType, parseEnvelope, signEnvelope } from '../sigstore/dsse.ts';
import { verifyEntrySubject } from '../sigstore/entry-subject.ts';
import { generateKeyPair } from '../sigstore/keys.ts';
import { parseLogEntries, verifyLogEntry, type LogEntry } from '../sigstore/log-entry.ts';
import { isConsistent } from '../sigstore/merkle.ts';
import { proposeDsse, proposeHashedrekord, proposeIntoto, type ProposedEntry } from '../sigstore/proposed-entry.ts';
import { signImage } from '../sigstore/simple-signing.ts';
import { slsaV02Statement, statementBytes } from '../sigstore/statement.ts';
import { startRekor, type RekorServer } from './rekor.ts';

const pair = generateKeyPair();
const otherPair = generateKeyPair();
const digest = digestOf(Buffer.from('manifest'));
let directory: string;
let rekor: RekorServer;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rekor-test-'));
  rekor = await startRekor({ directory });
});

afterAll(async () => {
  await rekor.close();
  await rm(directory, { recursive: true });
});

async function ask(method: string, path: string, document?: unknown): Promise<{ status: number; headers: Headers; text: string }> {
  const body = typeof document === 'string' ? document : JSON.stringify(document);
  const init = document === undefined ? { method } : { method, body, headers: { 'content-type': 'application/json' } };
  const response = await fetch(`${rekor.url}/api/v1/${path}`, init);
  return { status: response.status, headers: response.headers, text: await response.text() };
}

async function add(entry: ProposedEntry): Promise<LogEntry> {
  const { status, text } = await ask('POST', 'log/entries', entry);
  expect(status, text).toBe(201);
  return only(text);
}

function only(text: string): LogEntry {
  const [entry, ...others] = parseLogEntries(text);
  if (entry === undefined || others.length > 0) throw new Error(`not one entry: ${text}`);
  return entry;
}

/** A signature of its own in each call. */
function signature() {
  return signImage('registry.local/image', digest, pair.privateKey);
}

function envelope(): Buffer {
  return signEnvelope(inTotoPayloadType, statementBytes(slsaV02Statement({ name: 'registry.local/image', digest })), pair.privateKey);
}

/** Its signatures in the order that is not the one of their text. */
const signedByBoth = ((): Buffer => {
  const [one, other] = [pair, otherPair].map(({ privateKey }) => parseEnvelope(signEnvelope(inTotoPayloadType, Buffer.from('{}'), privateKey)));
  const signatures = [...(one?.signatures ?? []), ...(other?.signatures ?? [])];
  return Buffer.from(JSON.stringify({ ...one, signatures: signatures.toSorted((a, b) => (a.sig < b.sig ? 1 : -1)) }));
})();

describe('the embedded log', () => {
  it('gives its key, which lies in the folder too and is its owner\'s alone', async () => {
    expect((await ask('GET', 'log/publicKey')).text).toBe(rekor.publicKeyPem);
    expect(await readFile(rekor.publicKeyFile, 'utf8')).toBe(rekor.publicKeyPem);
    expect((await stat(rekor.publicKeyFile)).mode & 0o777).toBe(0o600);
  });

  it('stores a hashedrekord in the form that Rekor stores, and proves it', async () => {
    const signed = signature();
    const proposed = proposeHashedrekord(signed, pair.publicKeyPem);
    const { status, headers, text } = await ask('POST', 'log/entries', proposed);
    const entry = only(text);
    expect([status, headers.get('location'), headers.get('etag')]).toEqual([201, `/api/v1/log/entries/${entry.uuid}`, entry.uuid]);
    verifyLogEntry(entry, rekor.publicKeyPem);
    verifyEntrySubject(entry.body, { kind: 'signature', publicKeyPem: pair.publicKeyPem, ...signed });
    const key = Buffer.from(pair.publicKeyPem).toString('base64');
    expect(Buffer.from(entry.body, 'base64').toString()).toBe(
      `{"apiVersion":"0.0.1","kind":"hashedrekord","spec":{"data":{"hash":{"algorithm":"sha256","value":"${digestOf(signed.payload).slice(7)}"}},"signature":{"content":"${signed.signature}","publicKey":{"content":"${key}"}}}}`,
    );
  });

  it.each([
    ['dsse', proposeDsse],
    ['intoto', proposeIntoto],
  ])('stores an attestation as %s, and proves it', async (_kind, propose) => {
    const bytes = envelope();
    const entry = await add(propose(bytes, pair.publicKeyPem));
    verifyLogEntry(entry, rekor.publicKeyPem);
    verifyEntrySubject(entry.body, { kind: 'envelope', bytes, publicKeyPem: pair.publicKeyPem });
  });

  it('stores the signatures of one envelope in one order, whatever the order of the keys', async () => {
    const keys = [pair, otherPair].map(({ publicKeyPem }) => Buffer.from(publicKeyPem).toString('base64'));
    const propose = (verifiers: readonly string[]) => ({
      kind: 'dsse',
      apiVersion: '0.0.1',
      spec: { proposedContent: { envelope: signedByBoth.toString(), verifiers } },
    });
    const { status, text } = await ask('POST', 'log/entries', propose(keys));
    expect(status, text).toBe(201);
    expect((await ask('POST', 'log/entries', propose(keys.toReversed()))).status).toBe(409);
    const { signatures } = JSON.parse(Buffer.from(only(text).body, 'base64').toString()).spec;
    const stored = signatures.map(({ signature: each }: { signature: string }) => each);
    expect(stored).toEqual(parseEnvelope(signedByBoth).signatures.map(({ sig }) => sig).toSorted());
  });

  it('knows an equal entry, however its key is wrapped', async () => {
    const signed = signature();
    const entry = await add(proposeHashedrekord(signed, pair.publicKeyPem));
    const content = Buffer.from(`\n${pair.publicKeyPem}\n\n`).toString('base64');
    const again = proposeHashedrekord(signed, pair.publicKeyPem) as { spec: { signature: { publicKey: { content: string } } } };
    again.spec.signature.publicKey.content = content;
    const { status, headers, text } = await ask('POST', 'log/entries', again);
    expect([status, headers.get('location')]).toEqual([409, `/api/v1/log/entries/${entry.uuid}`]);
    expect(JSON.parse(text)).toMatchObject({ code: 409, message: expect.stringContaining(entry.uuid) });
  });

  it('finds an entry by uuid, by leaf hash, by index and by what was proposed, with a proof in the tree as it is then', async () => {
    const proposed = proposeDsse(envelope(), pair.publicKeyPem);
    const { uuid, logIndex, body } = await add(proposed);
    await add(proposeHashedrekord(signature(), pair.publicKeyPem));
    const stored = JSON.parse(Buffer.from(body, 'base64').toString());
    const queries = [{ entryUUIDs: [uuid] }, { logIndexes: [logIndex] }, { entries: [proposed] }, { entries: [stored] }];
    const answers = [
      (await ask('GET', `log/entries/${uuid}`)).text,
      (await ask('GET', `log/entries/${uuid.slice(16)}`)).text,
      (await ask('GET', `log/entries?logIndex=${logIndex}`)).text,
      ...(await Promise.all(queries.map(async (query) => JSON.stringify(JSON.parse((await ask('POST', 'log/entries/retrieve', query)).text)[0])))),
    ];
    for (const entry of answers.map(only)) {
      expect([entry.uuid, entry.logIndex, entry.body]).toEqual([uuid, logIndex, body]);
      expect(entry.verification.inclusionProof.treeSize).toBeGreaterThan(logIndex + 1);
      verifyLogEntry(entry, rekor.publicKeyPem);
    }
  });

  it('gives concurrent additions an index each, without gaps', async () => {
    const before = JSON.parse((await ask('GET', 'log')).text).treeSize;
    const entries = await Promise.all(Array.from({ length: 20 }, async () => await add(proposeHashedrekord(signature(), pair.publicKeyPem))));
    const indexes = entries.map(({ logIndex }) => logIndex).sort((one, other) => one - other);
    expect(indexes).toEqual(Array.from({ length: 20 }, (_, index) => before + index));
    for (const entry of entries) verifyLogEntry(entry, rekor.publicKeyPem);
  });

  it('adds the same entry once when it is posted many times at once', async () => {
    const proposed = proposeHashedrekord(signature(), pair.publicKeyPem);
    const statuses = await Promise.all(Array.from({ length: 10 }, async () => (await ask('POST', 'log/entries', proposed)).status));
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect(statuses.filter((status) => status === 409)).toHaveLength(9);
  });

  it('only grows, and proves it', async () => {
    const info = async () => {
      const { signedTreeHead, rootHash, treeSize, treeID } = JSON.parse((await ask('GET', 'log')).text);
      const { size, rootHash: root, origin } = verifyCheckpoint(signedTreeHead, rekor.publicKeyPem);
      expect([size, root.toString('hex'), origin]).toEqual([treeSize, rootHash, `rekor.local - ${treeID}`]);
      return { size, root };
    };
    const first = await info();
    for (let i = 0; i < 3; i += 1) await add(proposeHashedrekord(signature(), pair.publicKeyPem));
    const second = await info();
    const proof = JSON.parse((await ask('GET', `log/proof?firstSize=${first.size}&lastSize=${second.size}`)).text);
    const hashes = proof.hashes.map((hash: string) => Buffer.from(hash, 'hex'));
    expect(isConsistent({ first: first.size, firstRoot: first.root, second: second.size, secondRoot: second.root, hashes })).toBe(true);
    expect(proof.rootHash).toBe(second.root.toString('hex'));
  });

  it('has a key and a tree of its own at each start', async () => {
    await using another = await startRekor({ directory: join(directory, 'another') });
    expect(another.publicKeyPem).not.toBe(rekor.publicKeyPem);
    const info = await (await fetch(`${another.url}/api/v1/log`)).json();
    expect(info).toMatchObject({ treeSize: 0, rootHash: digestOf(Buffer.alloc(0)).slice(7) });
  });
});

describe('what the log refuses', () => {
  it.each([
    ['what does not verify', [400, 400], (): unknown => proposeHashedrekord({ ...signature(), payload: Buffer.from('other') }, pair.publicKeyPem)],
    ['a kind that this log does not take', [400, 400], (): unknown => ({ kind: 'rpm', apiVersion: '0.0.1', spec: {} })],
    ['a stored body, where what was signed is missing', [400, 400], async (): Promise<unknown> => JSON.parse(Buffer.from((await add(proposeDsse(envelope(), pair.publicKeyPem))).body, 'base64').toString())],
    ['null', [422, 602], (): unknown => null],
    ['no JSON', [400, 400], (): unknown => '{'],
  ] as const)('%s', async (_what, expected, propose) => {
    const document: unknown = await propose();
    const before = JSON.parse((await ask('GET', 'log')).text).treeSize;
    const { status, text } = await ask('POST', 'log/entries', document);
    expect([status, JSON.parse(text).code], text).toEqual(expected);
    expect(JSON.parse((await ask('GET', 'log')).text).treeSize).toBe(before);
  });

  it.each([
    ['GET', 'log/entries?logIndex=100000', undefined, 404],
    ['GET', 'log/entries?logIndex=-1', undefined, 422],
    ['GET', 'log/entries', undefined, 422],
    ['GET', `log/entries/${'0'.repeat(64)}`, undefined, 404],
    ['GET', 'log/entries/xyz', undefined, 422],
    ['GET', 'log/proof?firstSize=2&lastSize=1', undefined, 400],
    ['GET', 'log/proof?firstSize=1&lastSize=100000', undefined, 400],
    ['GET', 'log/proof?firstSize=1&lastSize=1&treeID=7', undefined, 400],
    ['GET', 'log/proof', undefined, 422],
    ['POST', 'log/entries/retrieve', { logIndexes: Array.from({ length: 11 }, () => 0) }, 422],
    ['POST', 'log/entries/retrieve', { entryUUIDs: ['no'] }, 422],
    ['POST', 'log/entries/retrieve', { entries: [{}] }, 400],
    ['POST', 'index/retrieve', { hash: 'no' }, 422],
    ['POST', 'index/retrieve', { publicKey: { format: 'x509', content: 'QUJD' } }, 400],
    ['GET', 'nothing', undefined, 404],
    ['DELETE', 'log/entries', undefined, 405],
  ])('%s %s', async (method, path, document, expected) => {
    expect((await ask(method, path, document)).status).toBe(expected);
  });

  it('an entry of another tree', async () => {
    const { uuid } = await add(proposeHashedrekord(signature(), pair.publicKeyPem));
    const elsewhere = `${uuid.startsWith('1') ? '2' : '1'}${uuid.slice(1)}`;
    expect((await ask('GET', `log/entries/${elsewhere}`)).status).toBe(404);
  });

  it('a request without end', async () => {
    const { status } = await ask('POST', 'log/entries', JSON.stringify({ kind: ' '.repeat(33 * 1024 * 1024) }));
    expect(status).toBe(413);
  });
});
