// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../../foundation/seed.ts';
import { digestOf } from '../../oci/digest.ts';
import { openWorkFolder } from '../work-folder.ts';
import { partsWith } from '../planted/planted-bugs.ts';
import { directoryCache } from './directory-cache.ts';
import { safeParts, type CacheParts } from './parts.ts';
import type { SafeCache } from './safe-cache.ts';
import { bytesOf, testLayer } from './test-layer.ts';

const random = seededRandom('model');
let base: string;

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'models-'));
});

// What a wrong cache still writes when its run is over goes, too.
afterAll(async () => await rm(base, { recursive: true, force: true, maxRetries: 3 }));

const contents = [3000, 50_000, 120_000].map((length) => random.bytes(length));

interface Model {
  /** Which layers lie in the directory, whole. */
  readonly kept: Set<number>;
}

interface Real {
  readonly directory: string;
  readonly parts: CacheParts;
  cache: SafeCache;
}

type Step = fc.AsyncCommand<Model, Real>;

function open(directory: string, parts = safeParts): SafeCache {
  return directoryCache({ directory, warn: () => undefined, work: openWorkFolder(), parts });
}

function bytes(which: number): Buffer {
  return contents[which] ?? Buffer.alloc(0);
}

/** A step of the model: what it does to the directory, and what it must have cost. */
function step(name: string, run: (model: Model, real: Real) => Promise<void>): Step {
  return { check: () => true, run, toString: () => name };
}

const read = (which: number, readers: number): Step => step(`read ${which} x ${readers}`, async ({ kept }, { cache }) => {
  const layer = testLayer(bytes(which), { isGzip: false });
  const got = await Promise.all(Array.from({ length: readers }, async () => await bytesOf((await cache.put(layer)).uncompressed())));
  expect(got.every((one) => one.equals(bytes(which)))).toBe(true);
  expect(layer.fetched).toBe(kept.has(which) ? 0 : 1);
  kept.add(which);
});
const get = (which: number): Step => step(`get ${which}`, async ({ kept }, { cache }) => {
  const found = await cache.get(digestOf(bytes(which)));
  expect(found !== undefined).toBe(kept.has(which));
  if (found !== undefined) expect((await bytesOf(found.compressed())).equals(bytes(which))).toBe(true);
});
const remove = (which: number): Step => step(`delete ${which}`, async ({ kept }, { cache }) => {
  await cache.delete(digestOf(bytes(which)));
  kept.delete(which);
});
const damage = (which: number, length: number): Step => step(`truncate ${which} to ${length}`, async ({ kept }, { directory }) => {
  const path = join(directory, digestOf(bytes(which)));
  await truncate(path, length).catch(async () => await writeFile(path, bytes(which).subarray(0, length)).catch(() => undefined));
  kept.delete(which);
});
const reopen = (): Step => step('reopen', async (_model, real) => {
  await real.cache.close();
  real.cache = open(real.directory, real.parts);
});
const fail = (which: number): Step => step(`read ${which}, which breaks off`, async ({ kept }, { cache }) => {
  const half = bytes(which).length / 2;
  const layer = testLayer(bytes(which), { isGzip: false, chunkBytes: 1000, hold: (offset) => { if (offset > half) throw new Error('reset'); } });
  const outcomes = await Promise.allSettled([1, 2].map(async () => await bytesOf((await cache.put(layer)).compressed())));
  expect(outcomes.map(({ status }) => status)).toEqual([1, 2].map(() => (kept.has(which) ? 'fulfilled' : 'rejected')));
});
const leave = (which: number): Step => step(`read ${which}, and leave`, async ({ kept }, { cache }) => {
  (await (await cache.put(testLayer(bytes(which), { isGzip: false }))).compressed()).destroy();
  await cache.close();
  kept.add(which);
});

const which = fc.nat({ max: contents.length - 1 });
const steps = [
  fc.tuple(which, fc.integer({ min: 1, max: 4 })).map(([layer, readers]) => read(layer, readers)),
  which.map(get),
  which.map(remove),
  fc.tuple(which, fc.nat({ max: 2999 })).map(([layer, length]) => damage(layer, length)),
  fc.constant(reopen()),
  which.map(fail),
  which.map(leave),
];

/** Throws with the shortest list of steps after which the cache does not do what a set of whole layers would. */
async function checkAgainstModel(parts: CacheParts, seed?: number): Promise<void> {
  await fc.assert(fc.asyncProperty(fc.commands(steps, { maxCommands: 30 }), async (commands) => {
    const directory = await mkdtemp(join(base, 'model-'));
    try {
      await fc.asyncModelRun(() => ({ model: { kept: new Set<number>() }, real: { directory, parts, cache: open(directory, parts) } }), commands);
    } finally {
      await rm(directory, { recursive: true });
    }
  }), { numRuns: 100, ...(seed === undefined ? {} : { seed }) });
}

/** Throws with a schedule under which readers get different bytes, or a layer is fetched more than once. */
async function checkSchedules(parts: CacheParts, seed?: number): Promise<void> {
  await fc.assert(fc.asyncProperty(fc.scheduler(), fc.array(which, { minLength: 2, maxLength: 6 }), async (scheduler, wanted) => {
    const directory = await mkdtemp(join(base, 'model-'));
    try {
      const [one, two] = [open(directory, parts), open(directory, parts)];
      const layers = contents.map((content) => testLayer(content, { isGzip: false, hold: async (offset) => await scheduler.schedule(Promise.resolve(), `chunk at ${offset}`) }));
      const reading = wanted.map(async (layer, index) => {
        await scheduler.schedule(Promise.resolve(), `reader ${index}`);
        const kept = await (index % 2 === 0 ? one : two).put(layers[layer] as (typeof layers)[number]);
        return (await bytesOf(kept.compressed())).equals(bytes(layer));
      });
      expect(await scheduler.waitFor(Promise.all(reading))).toEqual(wanted.map(() => true));
      expect(layers.map(({ fetched }) => fetched)).toEqual(contents.map((_content, index) => (wanted.includes(index) ? 1 : 0)));
    } finally {
      await rm(directory, { recursive: true });
    }
  }), { numRuns: 60, ...(seed === undefined ? {} : { seed }) });
}

describe('the cache against a model', () => {
  it('does what a set of whole layers would, whatever is done in which order', async () => await checkAgainstModel(safeParts), 60_000);

  it('fetches once and gives everybody the same, in whatever order chunks and readers come', async () => await checkSchedules(safeParts), 60_000);
});

// A model that finds nothing wrong with a wrong cache is none.
describe('a wrong cache against a model', () => {
  it.each(['no-verification', 'age-instead-of-content', 'broken-download-published', 'waiters-told-success', 'error-remembered', 'drain-not-awaited', 'key-without-digest', 'evicts-what-others-use'])('%s is found by what is done in order', async (name) => {
    await expect(checkAgainstModel(partsWith(name), 1)).rejects.toThrow('Property failed after');
  });

  it.each(['in-place-write', 'no-single-flight', 'flight-per-instance', 'shared-temporary-name', 'lock-dropped-early'])('%s is found by schedules', async (name) => {
    await expect(checkSchedules(partsWith(name), 1)).rejects.toThrow('Property failed after');
  });
});
