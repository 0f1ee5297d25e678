// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readlinkSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { seededRandom } from '../../foundation/seed.ts';
import type { SafeCache } from '../cache/safe-cache.ts';
import type { TestLayer } from '../cache/test-layer.ts';
import { content, heldAt, onDisk, other, plain, read, within, type Bench, type Situation } from './test-bench.ts';

const long = seededRandom('long').bytes(4_000_000);

function breaking(): TestLayer {
  const layer = plain();
  layer.hold = (offset) => {
    if (offset === 200_000) throw new Error('reset');
  };
  return layer;
}

async function open(cache: SafeCache, layer: TestLayer): Promise<Readable> {
  return await (await cache.put(layer)).compressed();
}

/** How many descriptors of this process lead to the file. */
function openTimes(path: string): number {
  return readdirSync('/proc/self/fd').filter((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`) === path;
    } catch {
      return false;
    }
  }).length;
}

/** Two ask at the same time, of one cache or of two. */
function fetchedBy(caches: (bench: Bench) => readonly [SafeCache, SafeCache]): Situation {
  return async (bench) => {
    const held = heldAt(200_000);
    const [one, two] = caches(bench);
    const leader = read(one, held.layer);
    await onDisk(bench.directory, 200_000);
    const follower = read(two, held.layer);
    if (bench.isBuggy) while (held.layer.fetched < 2) await new Promise(setImmediate);
    held.go();
    await Promise.all([leader, follower]);
    return held.layer.fetched === 1 ? 'right' : `fetched ${held.layer.fetched} times`;
  };
}

export const flightSituations: Readonly<Record<string, Situation>> = {
  'hits-bypass-flight': async (bench) => {
    const held = heldAt(200_000);
    const cache = bench.open();
    const leader = read(cache, held.layer);
    await onDisk(bench.directory, 200_000);
    const follower = read(cache, plain());
    if (bench.isBuggy) await follower;
    held.go();
    return [await leader, await follower].find((got) => got !== 'right') ?? 'right';
  },
  'flight-per-instance': fetchedBy((bench) => [bench.open(), bench.open()]),
  'no-single-flight': fetchedBy((bench) => {
    const cache = bench.open();
    return [cache, cache];
  }),
  'leader-cancels-all': async (bench) => {
    const held = heldAt(200_000);
    const cache = bench.open();
    const stop = new AbortController();
    const leader = read(cache, held.layer, stop.signal);
    await held.reached;
    const follower = read(cache, held.layer);
    while (cache.stats().waits === 0) await new Promise(setImmediate);
    stop.abort();
    await leader;
    held.go();
    return await follower;
  },
  'waiters-never-told': async (bench) => {
    const cache = bench.open();
    const got = await within(bench.isBuggy ? 300 : 60_000, Promise.all([read(cache, breaking()), read(cache, breaking())]).then((both) => both.join()));
    return got.startsWith('failed') ? 'right' : got;
  },
  'waiters-told-success': async (bench) => {
    const cache = bench.open();
    const got = await Promise.all([read(cache, breaking()), read(cache, breaking())]);
    return got.every((one) => one.startsWith('failed')) ? 'right' : got.join('; ');
  },
  'error-remembered': async (bench) => {
    const cache = bench.open();
    await read(cache, breaking());
    return await read(cache, plain());
  },
  'drain-not-awaited': async (bench) => {
    const held = heldAt(200_000);
    const cache = bench.open();
    (await open(cache, held.layer)).destroy();
    let isUnderWay = true;
    let wasEarly = false;
    const closing = cache.close().then(() => void (wasEarly = isUnderWay));
    if (bench.isBuggy) await closing;
    isUnderWay = false;
    held.go();
    await closing;
    const layer = plain();
    await read(bench.open(), layer);
    return wasEarly ? 'closed while a layer was under way' : layer.fetched === 0 ? 'right' : 'not kept';
  },
  'close-errors-dropped': async (bench) => {
    const cache = bench.open();
    (await open(cache, breaking())).destroy();
    return await cache.close().then(() => 'nobody was told', () => 'right');
  },
  'whole-layer-in-memory': async (bench) => {
    const stream = await open(bench.open(), plain(long));
    let largest = 0;
    for await (const chunk of stream as AsyncIterable<Buffer>) largest = Math.max(largest, chunk.length);
    return largest < 1_000_000 ? 'right' : `a chunk of ${largest} bytes`;
  },
  'unbounded-readers': async (bench) => {
    const cache = bench.open();
    await read(cache, plain(long));
    const streams = await Promise.all(Array.from({ length: 20 }, async () => await open(cache, plain(long))));
    let most = 0;
    // All stand at their first chunk, or who has not got one yet waits for a place.
    const iterators = streams.map((stream) => stream.iterator());
    if (bench.isBuggy) await Promise.all(iterators.map(async (chunks) => await chunks.next()));
    most = openTimes(bench.entryOf(long));
    const readers = iterators.map(async (chunks) => {
      for await (const _chunk of chunks) most = Math.max(most, openTimes(bench.entryOf(long)));
    });
    await Promise.all(readers);
    return most <= 8 ? 'right' : `${most} open at a time`;
  },
  'stream-handed-to-all': async (bench) => {
    const held = heldAt(200_000);
    const cache = bench.open();
    const leader = read(cache, held.layer);
    await held.reached;
    const follower = read(cache, held.layer);
    if (!bench.isBuggy) while (cache.stats().waits === 0) await new Promise(setImmediate);
    held.go();
    const got = await Promise.all([leader, follower]);
    return got.every((one) => one === 'right') ? 'right' : got.join('; ');
  },
  'buffer-used-by-all': async (bench) => {
    const cache = bench.open();
    const got = await Promise.all([read(cache, plain(content)), read(cache, plain(other))]);
    return got.find((one) => one !== 'right') ?? 'right';
  },
};
