// SPDX-License-Identifier: Apache-2.0
import type { Readable } from 'node:stream';
import { beforeEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../../foundation/seed.ts';
import { diffIdOf, digestOf } from '../../oci/digest.ts';
import { namesOf, type Cache, type EntryKey, type Layer } from './layer.ts';
import { safeCache, type SafeCache } from './safe-cache.ts';
import { statsLine } from './stats.ts';
import { streamOf } from './streams.ts';
import { bytesOf, point, testLayer } from './test-layer.ts';
import { memoryCache, openCache } from './test-memory-cache.ts';

const random = seededRandom('safe-cache');
const tar = random.bytes(300_000);
const other = random.bytes(200_000);

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

describe('safeCache', () => {
  it('is none without an inner cache', () => {
    expect(safeCache(undefined, { warn: () => undefined })).toBeUndefined();
  });

  it('fetches once for all who put the same layer at the same time', async () => {
    const layer = testLayer(tar);
    const read = await Promise.all(Array.from({ length: 20 }, async () => await readAll(layer)));
    expect(read).toEqual(Array.from({ length: 20 }, () => true));
    expect(layer.fetched).toBe(1);
    expect(cache.stats()).toMatchObject({ misses: 2, waits: 19 });
  });

  it('fetches different layers each once, at the same time', async () => {
    const [one, two] = [point(), point()];
    const first = testLayer(tar, { hold: async (offset) => void (offset === 0 && (one.reach(), await two.reached)) });
    const second = testLayer(other, { hold: async (offset) => void (offset === 0 && (two.reach(), await one.reached)) });
    const [left, right] = await Promise.all([first, second].map(async (layer) => await bytesOf((await cache.put(layer)).compressed())));
    expect([left?.equals(first.travelling), right?.equals(second.travelling)]).toEqual([true, true]);
    expect([first.fetched, second.fetched]).toEqual([1, 1]);
  });

  it('gets what was put, under both names', async () => {
    const layer = testLayer(tar);
    await readAll(layer);
    expect([...entries.keys()].sort()).toEqual([digestOf(layer.travelling), diffIdOf(tar)].sort());
    const byDigest = await cache.get(digestOf(layer.travelling));
    const byDiffID = await cache.get(diffIdOf(tar));
    expect((await bytesOf(byDigest?.compressed() as Promise<Readable>)).equals(layer.travelling)).toBe(true);
    expect((await bytesOf(byDigest?.uncompressed() as Promise<Readable>)).equals(tar)).toBe(true);
    expect((await bytesOf(byDiffID?.uncompressed() as Promise<Readable>)).equals(tar)).toBe(true);
    expect(await cache.get(digestOf(other))).toBeUndefined();
  });

  it('fetches a layer once for readers of both its forms, from cold', async () => {
    const layer = testLayer(tar);
    const kept = await cache.put(layer);
    const [compressed, uncompressed] = await Promise.all([bytesOf(kept.compressed()), bytesOf(kept.uncompressed())]);
    expect([compressed.equals(layer.travelling), uncompressed.equals(tar)]).toEqual([true, true]);
    expect(layer.fetched).toBe(1);
  });

  it('serves the next from the entry', async () => {
    const layer = testLayer(tar);
    await readAll(layer);
    const again = testLayer(tar);
    expect(await readAll(again)).toBe(true);
    expect(again.fetched).toBe(0);
    expect(cache.stats().hits).toBe(1);
  });

  it('counts what it did, and tells it in a line', async () => {
    const layer = testLayer(tar);
    await readAll(layer);
    await readAll(layer);
    const { milliseconds, ...counts } = cache.stats();
    expect(counts).toEqual({ hits: 1, misses: 2, waits: 0, bytes: layer.travelling.length + tar.length });
    expect(milliseconds).toBeGreaterThan(0);
    expect(statsLine({ ...counts, milliseconds: 12.4 })).toBe(`layer cache: 1 hits, 2 misses, 0 waits, ${counts.bytes} bytes in 12 ms`);
  });

  it('gets an entry that is just being made, when it is', async () => {
    const [stands, middle] = [point(), point()];
    const layer = testLayer(tar, { isGzip: false, hold: async (offset) => void (offset === 100_000 && (stands.reach(), await middle.reached)) });
    const reading = readAll(layer);
    await stands.reached;
    const getting = cache.get(diffIdOf(tar));
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
    middle.reach();
    const found = await getting;
    expect((await bytesOf(found?.uncompressed() as Promise<Readable>)).equals(tar)).toBe(true);
    expect(await reading).toBe(true);
  });

  it('deletes an entry, also one that is just being made, and what is not there', async () => {
    const middle = point();
    const layer = testLayer(tar, { isGzip: false, hold: async (offset) => void (offset === 100_000 && (await middle.reached)) });
    const reading = bytesOf(await (await cache.put(layer)).compressed());
    const deleting = cache.delete(digestOf(tar));
    middle.reach();
    expect((await reading).equals(tar)).toBe(true);
    await deleting;
    expect(entries.size).toBe(0);
    await cache.delete(digestOf(other));
  });

  it('tells the names of the layer that was put', async () => {
    const layer = testLayer(tar);
    const kept = await cache.put(layer);
    const names = async (one: Layer): Promise<unknown[]> => [await one.digest(), await one.diffID(), await one.size(), await one.mediaType()];
    expect(await names(kept)).toEqual(await names(layer));
  });

  it('tells every waiter of the error, names the entry, and does not remember it', async () => {
    const broken = new Error('reset by peer');
    const layer = testLayer(tar, { hold: (offset) => { if (offset === 200_000) throw broken; } });
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, async () => await bytesOf((await cache.put(layer)).compressed())));
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'LAYER_FETCH_FAILED', cause: broken } });
      expect(String((outcome as PromiseRejectedResult).reason)).toContain(digestOf(layer.travelling));
    }
    expect(layer.fetched).toBe(1);
    expect(entries.size).toBe(0);
    layer.hold = () => undefined;
    expect(await readAll(layer)).toBe(true);
  });

  it('keeps nothing of a layer whose bytes are others than it says', async () => {
    const layer = testLayer(tar, { isGzip: false, sent: Buffer.concat([tar, Buffer.from('x')]) });
    await expect(bytesOf((await cache.put(layer)).compressed())).rejects.toMatchObject({ cause: { code: 'DIGEST_MISMATCH' } });
    expect(entries.size).toBe(0);
  });

  it.each([['empty', Buffer.alloc(0)], ['short', tar.subarray(0, 100_000)], ['another layer', other]])('never gives out an entry that is %s', async (_how, wrong) => {
    entries.set(digestOf(tar), wrong);
    expect(await cache.get(digestOf(tar))).toBeUndefined();
    const layer = testLayer(tar, { isGzip: false });
    expect(await readAll(layer)).toBe(true);
    expect(entries.get(digestOf(tar))?.equals(tar)).toBe(true);
    expect(warnings).toHaveLength(1);
  });

  it('lets a reader along that is slow, or does not read at all, without waiting for it', async () => {
    const long = random.bytes(8_000_000);
    const layer = testLayer(long, { isGzip: false, chunkBytes: 64 * 1024 });
    const kept = await cache.put(layer);
    const [slow, forgotten] = await Promise.all([kept.compressed(), kept.compressed()]);
    expect((await bytesOf(kept.compressed())).equals(long)).toBe(true);
    expect((await bytesOf(slow)).equals(long)).toBe(true);
    expect(layer.fetched).toBe(1);
    forgotten.destroy();
  });

  it('fetches no further ahead than a slow cache lets it', async () => {
    const long = random.bytes(16_000_000);
    const [stands, slow] = [point(), point()];
    const inner: Cache = { ...memoryCache(entries), put: async (layer) => ({ ...namesOf(layer), uncompressed: async () => await layer.uncompressed(), compressed: async () => {
      const source = await layer.compressed();
      const held = async function* (): AsyncGenerator<Buffer> {
        for await (const chunk of source as AsyncIterable<Buffer>) {
          stands.reach();
          await slow.reached;
          yield chunk;
        }
      };
      return streamOf(held());
    } }) };
    cache = openCache(inner, warnings);
    let ahead = 0;
    const layer = testLayer(long, { isGzip: false, chunkBytes: 64 * 1024, hold: (offset) => void (ahead = offset) });
    const reading = bytesOf((await cache.put(layer)).compressed());
    await stands.reached;
    for (let last = -1; last !== ahead; ) {
      last = ahead;
      for (let turn = 0; turn < 100; turn += 1) await new Promise(setImmediate);
    }
    expect(ahead).toBeLessThan(6_000_000);
    slow.reach();
    expect((await reading).equals(long)).toBe(true);
  });

  it('goes on for the others, and to the end, when the first reader leaves', async () => {
    const [left, middle] = [point(), point()];
    const layer = testLayer(tar, { isGzip: false, hold: async (offset) => void (offset === 100_000 && (middle.reach(), await left.reached)) });
    const kept = await cache.put(layer);
    const first = await kept.compressed();
    const second = bytesOf(kept.compressed());
    await middle.reached;
    first.destroy();
    left.reach();
    expect((await second).equals(tar)).toBe(true);
    expect(layer.fetched).toBe(1);
    expect(entries.has(digestOf(tar))).toBe(true);
  });

  it('finishes the entry although its only reader closed early, and closing waits for that', async () => {
    const layer = testLayer(tar, { isGzip: false });
    (await (await cache.put(layer)).compressed()).destroy();
    await cache.close();
    expect(entries.get(digestOf(tar))?.equals(tar)).toBe(true);
  });

  it('tells at closing of a failure that no reader was left for', async () => {
    const layer = testLayer(tar, { isGzip: false, hold: (offset) => { if (offset === tar.length) throw new Error('reset'); } });
    (await (await cache.put(layer)).compressed()).destroy();
    await expect(cache.close()).rejects.toMatchObject({ errors: [{ code: 'LAYER_FETCH_FAILED' }] });
    await cache.close();
  });
});
