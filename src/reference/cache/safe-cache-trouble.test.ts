// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../../foundation/seed.ts';
import { namesOf, type Cache, type EntryKey, type Layer } from './layer.ts';
import type { SafeCache } from './safe-cache.ts';
import { bytesOf, point, testLayer } from './test-layer.ts';
import { memoryCache, openCache } from './test-memory-cache.ts';

const random = seededRandom('safe-cache');
const tar = random.bytes(300_000);

let entries: Map<EntryKey, Buffer>;
let warnings: string[];
let cache: SafeCache;

beforeEach(() => {
  entries = new Map();
  warnings = [];
  cache = openCache(memoryCache(entries), warnings);
});

async function readAll(layer: Layer): Promise<boolean> {
  return (await bytesOf((await cache.put(layer)).uncompressed())).equals(tar);
}

describe('a signal', () => {
  it('ends what it was given to, and nothing else', async () => {
    const middle = point();
    const layer = testLayer(tar, { isGzip: false, hold: async (offset) => void (offset === 100_000 && (await middle.reached)) });
    const kept = await cache.put(layer);
    const stop = new AbortController();
    const stopped = bytesOf(kept.compressed(stop.signal));
    const rest = bytesOf(kept.compressed());
    stop.abort();
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
    middle.reach();
    expect((await rest).equals(tar)).toBe(true);
    expect(layer.fetched).toBe(1);
  });

  it('ends a stream at once that waits for bytes', async () => {
    const [middle, forever] = [point(), point()];
    const layer = testLayer(tar, { isGzip: false, hold: async (offset) => void (offset === 100_000 && (middle.reach(), await forever.reached)) });
    const kept = await cache.put(layer);
    const stop = new AbortController();
    const stopped = bytesOf(kept.compressed(stop.signal));
    const closed = await kept.compressed();
    await middle.reached;
    stop.abort();
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
    await new Promise((resolve) => closed.once('close', resolve).destroy());
    forever.reach();
    await cache.close();
  });

  it('ends the fetch when everybody gave up, and who comes then gets a new one', async () => {
    const [middle, forever] = [point(), point()];
    const layer = testLayer(tar, { isGzip: false, hold: async (offset, signal) => {
      if (offset !== 100_000) return;
      middle.reach();
      signal?.addEventListener('abort', forever.reach);
      await forever.reached;
    } });
    const stop = new AbortController();
    const stopped = bytesOf((await cache.put(layer)).compressed(stop.signal));
    await middle.reached;
    stop.abort();
    layer.hold = () => undefined;
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
    expect(await readAll(layer)).toBe(true);
    expect(layer.fetched).toBe(2);
    await cache.close();
  });

  it('that was given before stops at once', async () => {
    const layer = testLayer(tar);
    await expect((await cache.put(layer)).compressed(AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
    await cache.close();
    expect(entries.size).toBe(0);
  });
});

describe('an inner cache that fails', () => {
  const failing = (part: Partial<Cache>): Cache => ({ ...memoryCache(entries), ...part });
  const fail = async (): Promise<never> => await Promise.reject(Object.assign(new Error('EIO: input/output error'), { code: 'EIO' }));

  it('when it is read is told of, once, and gone around', async () => {
    cache = openCache(failing({ get: fail }), warnings);
    const layer = testLayer(tar, { isGzip: false });
    expect(await readAll(layer)).toBe(true);
    expect(await readAll(layer)).toBe(true);
    expect(warnings).toEqual([expect.stringContaining('EIO')]);
  });

  it('when it is written is told of, once, and gone around', async () => {
    cache = openCache(failing({ put: fail }), warnings);
    const layer = testLayer(tar);
    expect(await readAll(layer)).toBe(true);
    expect(await readAll(layer)).toBe(true);
    expect(warnings).toEqual([expect.stringContaining('EIO')]);
    expect(entries.size).toBe(0);
  });

  it('in the middle of a layer does not take the readers with it', async () => {
    const breaking: Cache['put'] = async (layer) => ({
      ...namesOf(layer),
      uncompressed: fail,
      compressed: async () => {
        const source = await layer.compressed();
        return source.once('data', () => source.destroy(new Error('ENOSPC: no space left on device')));
      },
    });
    cache = openCache(failing({ put: breaking }), warnings);
    const layer = testLayer(tar, { isGzip: false });
    const read = await Promise.all(Array.from({ length: 4 }, async () => await readAll(layer)));
    expect(read).toEqual([true, true, true, true]);
    expect(warnings).toEqual([expect.stringContaining('ENOSPC')]);
  });
});
