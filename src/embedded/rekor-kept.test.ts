// SPDX-License-Identifier: Apache-2.0
import { appendFile, cp, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { digestOf } from '../oci/digest.ts';
import { createTransport, type Transport } from '../oci/transport.ts';
import { verifyCheckpoint } from '../sigstore/checkpoint.ts';
import { generateKeyPair } from '../sigstore/keys.ts';
import { verifyLogEntry, type LogEntry } from '../sigstore/log-entry.ts';
import { isConsistent, isIncluded, leafHash } from '../sigstore/merkle.ts';
import { proposeHashedrekord } from '../sigstore/proposed-entry.ts';
import { createRekorClient, type RekorClient } from '../sigstore/rekor-client.ts';
import { signImage } from '../sigstore/simple-signing.ts';
import { startRekor, type RekorServer } from './rekor.ts';

const pair = generateKeyPair();
const propose = (name: string) => proposeHashedrekord(signImage('registry.local/kept', digestOf(Buffer.from(name)), pair.privateKey), pair.publicKeyPem);
let folder: string;
let directory: string;
let transport: Transport & AsyncDisposable;
let entries: readonly LogEntry[];
let running: RekorServer | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rekor-kept-test-'));
  transport = createTransport();
});

afterAll(async () => {
  await transport[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** Three entries in a log that has ended since. */
beforeEach(async () => {
  directory = await mkdtemp(join(folder, 'log-'));
  const client = await start();
  entries = [await client.post(propose('one')), await client.post(propose('two')), await client.post(propose('three'))];
  await stop();
});

afterEach(async () => await stop());

async function start(from = directory): Promise<RekorClient> {
  running = await startRekor({ directory: from, isKept: true });
  return createRekorClient({ url: running.url, transport });
}

async function stop(): Promise<void> {
  await running?.close();
  running = undefined;
}

const file = (name = 'entries.ndjson'): string => join(directory, name);
const lines = async (): Promise<string[]> => (await readFile(file(), 'utf8')).trimEnd().split('\n');
const write = async (changed: readonly string[]): Promise<void> => await writeFile(file(), `${changed.join('\n')}\n`);

describe('a kept log', () => {
  it('is the same after a restart: key, tree, entries, what they are found by, and it grows on', async () => {
    const before = entries[2]!.verification.inclusionProof;
    const client = await start();
    const key = await client.publicKey();
    for (const entry of entries) {
      const again = await client.byUuid(entry.uuid);
      expect(again).toMatchObject({ body: entry.body, integratedTime: entry.integratedTime, logIndex: entry.logIndex, logID: entry.logID });
      verifyLogEntry(entry, key);
    }
    const { value } = (JSON.parse(Buffer.from(entries[0]!.body, 'base64').toString()) as { spec: { data: { hash: { value: string } } } }).spec.data.hash;
    expect(await client.searchByHash(`sha256:${value}`)).toEqual([entries[0]!.uuid]);
    const added = await client.post(propose('four'));
    const { checkpoint } = added.verification.inclusionProof;
    const [first, second] = [before.checkpoint, checkpoint].map((text) => verifyCheckpoint(text, key));
    expect(isConsistent({ first: 3, firstRoot: first!.rootHash, second: 4, secondRoot: second!.rootHash, hashes: await client.proof(3, 4) })).toBe(true);
  });

  it('keeps its private key to itself', async () => {
    expect((await stat(file('identity.json'))).mode & 0o777).toBe(0o600);
  });

  it('forgets a line that a killed process left half-written', async () => {
    await appendFile(file(), '{"leaf":"00');
    expect((await (await start()).logInfo()).treeSize).toBe(3);
    await stop();
    expect(await lines()).toHaveLength(3);
  });

  it.each([
    ['an entry that was changed', async () => await write((await lines()).map((line, index) => (index === 1 ? line.replace(/"body":"e/, '"body":"f') : line)))],
    ['a line that is no entry', async () => await write([...(await lines()), '{}'])],
    ['an identity that is none', async () => await writeFile(file('identity.json'), '{}')],
  ])('does not start on %s', async (_what, damage) => {
    await damage();
    await expect(startRekor({ directory, isKept: true })).rejects.toMatchObject({ code: 'LOG_ENTRY_INVALID' });
  });
});

describe('what somebody who has the log and its key may do is seen by who knew it before', () => {
  /** What the log claims now, against what it signed before. */
  async function grownFrom(client: RekorClient): Promise<boolean> {
    const key = await client.publicKey();
    const first = verifyCheckpoint(entries[2]!.verification.inclusionProof.checkpoint, key);
    const second = verifyCheckpoint((await client.logInfo()).checkpoint, key);
    const hashes = await client.proof(first.size, second.size);
    return isConsistent({ first: first.size, firstRoot: first.rootHash, second: second.size, secondRoot: second.rootHash, hashes });
  }

  it('nothing was done', async () => {
    const client = await start();
    await client.post(propose('four'));
    expect(await grownFrom(client)).toBe(true);
  });

  it('an entry was changed, and everything after it made to fit', async () => {
    await write((await lines()).map((line, index) => {
      if (index !== 1) return line;
      const entry = JSON.parse(line) as { body: string };
      const body = Buffer.from(Buffer.from(entry.body, 'base64').toString().replace('0.0.1', '0.0.2'));
      return JSON.stringify({ ...entry, leaf: leafHash(body).toString('hex'), body: body.toString('base64') });
    }));
    const client = await start();
    await client.post(propose('four'));
    expect(await grownFrom(client)).toBe(false);
    expect(await client.byUuid(entries[1]!.uuid)).toBeUndefined();
  });

  it('two entries have changed places', async () => {
    const [one = '', two = '', three = ''] = await lines();
    await write([two, one, three]);
    const client = await start();
    await client.post(propose('four'));
    expect(await grownFrom(client)).toBe(false);
    const { verification, logIndex } = (await client.byUuid(entries[0]!.uuid))!;
    expect(logIndex).not.toBe(entries[0]!.logIndex);
    const { rootHash } = verifyCheckpoint(entries[2]!.verification.inclusionProof.checkpoint, await client.publicKey());
    const hashes = verification.inclusionProof.hashes.map((text) => Buffer.from(text, 'hex'));
    expect(isIncluded({ index: logIndex, size: 3, leaf: leafHash(Buffer.from(entries[0]!.body, 'base64')), hashes, root: rootHash })).toBe(false);
  });

  it('two views: others are told of another tree of the same size', async () => {
    const other = join(folder, 'other-view');
    await cp(directory, other, { recursive: true });
    const one = await start();
    await one.post(propose('for some'));
    const key = await one.publicKey();
    const told = verifyCheckpoint((await one.logInfo()).checkpoint, key);
    await stop();
    const second = await start(other);
    await second.post(propose('for others'));
    const shown = verifyCheckpoint((await second.logInfo()).checkpoint, key);
    expect(shown.size).toBe(told.size);
    expect(isConsistent({ first: told.size, firstRoot: told.rootHash, second: shown.size, secondRoot: shown.rootHash, hashes: [] })).toBe(false);
    await second.post(propose('more'));
    const later = verifyCheckpoint((await second.logInfo()).checkpoint, key);
    const hashes = await second.proof(told.size, later.size);
    expect(isConsistent({ first: told.size, firstRoot: told.rootHash, second: later.size, secondRoot: later.rootHash, hashes })).toBe(false);
  });
});
