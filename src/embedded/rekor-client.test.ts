// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOf } from '../oci/digest.ts';
import { createTransport } from '../oci/transport.ts';
import { verifyCheckpoint } from '../sigstore/checkpoint.ts';
import { generateKeyPair } from '../sigstore/keys.ts';
import { verifyLogEntry } from '../sigstore/log-entry.ts';
import { isConsistent } from '../sigstore/merkle.ts';
import { proposeHashedrekord } from '../sigstore/proposed-entry.ts';
import { createRekorClient, type RekorClient } from '../sigstore/rekor-client.ts';
import { signImage } from '../sigstore/simple-signing.ts';
import { startRekor, type RekorServer } from './rekor.ts';
import { serve } from './server.ts';

const pair = generateKeyPair();
const digest = digestOf(Buffer.from('manifest'));
const transport = createTransport();
let directory: string;
let rekor: RekorServer;
let client: RekorClient;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rekor-client-test-'));
  rekor = await startRekor({ directory });
  client = createRekorClient({ url: `${rekor.url}/`, transport });
});

afterAll(async () => {
  await transport[Symbol.asyncDispose]();
  await rekor.close();
  await rm(directory, { recursive: true });
});

function propose() {
  return proposeHashedrekord(signImage('registry.local/image', digest, pair.privateKey), pair.publicKeyPem);
}

describe('the client of a log', () => {
  it('adds an entry once, and finds it every way', async () => {
    const proposed = propose();
    const entry = await client.post(proposed);
    verifyLogEntry(entry, await client.publicKey());
    const found = [
      await client.post(proposed),
      await client.byUuid(entry.uuid),
      await client.byIndex(entry.logIndex),
      ...(await client.retrieve([proposed, propose()])),
    ];
    expect(found.map((each) => each?.uuid)).toEqual(Array.from({ length: 4 }, () => entry.uuid));
    const { value } = JSON.parse(Buffer.from(entry.body, 'base64').toString()).spec.data.hash;
    expect(await client.searchByHash(value)).toContain(entry.uuid);
  });

  it('finds nothing where there is nothing', async () => {
    expect(await client.byUuid('0'.repeat(80))).toBeUndefined();
    expect(await client.byIndex(1_000_000)).toBeUndefined();
    expect(await client.retrieve([propose()])).toEqual([]);
    expect(await client.searchByHash('0'.repeat(64))).toEqual([]);
  });

  it('gives what proves that the log only grows', async () => {
    await client.post(propose());
    const before = verifyCheckpoint((await client.logInfo()).checkpoint, rekor.publicKeyPem);
    await client.post(propose());
    await client.post(propose());
    const info = await client.logInfo();
    const after = verifyCheckpoint(info.checkpoint, rekor.publicKeyPem);
    expect([info.treeSize, info.rootHash]).toEqual([after.size, after.rootHash.toString('hex')]);
    const hashes = await client.proof(before.size, after.size);
    const claim = { first: before.size, firstRoot: before.rootHash, second: after.size, secondRoot: after.rootHash, hashes };
    expect(isConsistent(claim)).toBe(true);
  });

  it('says what the log refused', async () => {
    await expect(client.post({ ...propose(), apiVersion: '0.0.9' })).rejects.toMatchObject({
      code: 'REKOR_REFUSED',
      message: expect.stringMatching(/400.*hashedrekord/s),
    });
    await expect(client.proof(5, 1)).rejects.toMatchObject({ code: 'REKOR_REFUSED' });
    await expect(client.retrieve(Array.from({ length: 11 }, propose))).rejects.toMatchObject({ code: 'REKOR_REFUSED' });
  });

  it.each([
    [500, 'no', 'REKOR_REFUSED', 'REKOR_REFUSED'],
    [409, '{"message":"there"}', 'REKOR_REFUSED', 'REKOR_REFUSED'],
    [200, '<html>', 'LOG_ENTRY_INVALID', 'REKOR_REFUSED'],
    [200, '{}', 'REKOR_REFUSED', 'REKOR_REFUSED'],
  ])('takes an answer that is none (%d %s) as such', async (status, body, entryCode, otherCode) => {
    await using broken = await serve(createServer(), (_request, response) => void response.writeHead(status).end(body), { protocol: 'http' });
    const asked = createRekorClient({ url: broken.url, transport });
    await expect(asked.byIndex(0)).rejects.toMatchObject({ code: entryCode });
    await expect(asked.logInfo()).rejects.toMatchObject({ code: otherCode });
    await expect(asked.post(propose())).rejects.toMatchObject({ code: 'REKOR_REFUSED' });
    await expect(asked.proof(1, 2)).rejects.toMatchObject({ code: otherCode });
  });

  it('fails when there is no log', async () => {
    const gone = createRekorClient({ url: 'http://127.0.0.1:1', transport });
    await expect(gone.publicKey()).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
  });
});
