// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../../foundation/seed.ts';
import { openWorkFolder } from '../work-folder.ts';
import { directoryCache } from './directory-cache.ts';
import { CacheUnwritable, entryFiles } from './entry-files.ts';
import { safeParts } from './parts.ts';
import type { SafeCache } from './safe-cache.ts';
import { bytesOf, point, testLayer } from './test-layer.ts';

// Where nothing can be kept nobody gains by waiting for another one, and who is slow has no entry to read on in.

const long = seededRandom('unkept').bytes(8_000_000);
let directory: string;

beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'unkept-'))));
afterEach(async () => await rm(directory, { recursive: true }));

function openCache(): SafeCache {
  const files = { ...entryFiles, create: async () => await Promise.reject(new CacheUnwritable('ENOSPC')) };
  return directoryCache({ directory, warn: () => undefined, work: openWorkFolder(), parts: { ...safeParts, files } });
}

describe('a directory that can not be written', () => {
  it('makes nobody wait until another one has fetched the layer', async () => {
    const both = point();
    let arrived = 0;
    const layer = testLayer(long, { isGzip: false, chunkBytes: 64 * 1024, hold: async (offset) => {
      if (offset !== 4 * 1024 * 1024) return;
      arrived += 1;
      if (arrived === 2) both.reach();
      await both.reached;
    } });
    const got = await Promise.all([openCache(), openCache()].map(async (cache) => await bytesOf((await cache.put(layer)).compressed())));
    expect(got.every((bytes) => bytes.equals(long))).toBe(true);
  }, 20_000);

  it('makes nobody fetch a second time for reading slowly', async () => {
    const layer = testLayer(long, { isGzip: false, chunkBytes: 64 * 1024 });
    const cache = openCache();
    // From then on it is known that nothing is kept.
    await bytesOf((await cache.put(testLayer(long.subarray(0, 100_000), { isGzip: false }))).compressed());
    const chunks: Buffer[] = [];
    for await (const chunk of (await (await cache.put(layer)).compressed()) as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
    }
    expect(Buffer.concat(chunks).equals(long)).toBe(true);
    expect(layer.fetched).toBe(1);
  });

  it('lets nobody who does not read hold up the others', async () => {
    const layer = testLayer(long, { isGzip: false, chunkBytes: 64 * 1024 });
    const cache = openCache();
    const kept = await cache.put(layer);
    const [forgotten, other] = await Promise.all([kept.compressed(), kept.compressed()]);
    expect((await bytesOf(other)).equals(long)).toBe(true);
    expect((await bytesOf(forgotten)).equals(long)).toBe(true);
    await cache.close();
  });
});
