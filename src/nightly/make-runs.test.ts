// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StampedeError } from '../foundation/errors.ts';
import { beginNight, resumeNight, type BegunNight } from './begin.ts';
import type { Campaign } from './campaign.ts';
import { joinNights, type NightData } from './join.ts';
import { KeptFolders } from './kept-folders.ts';
import { makeRuns, type NightRequest, type Outcome } from './make-runs.ts';
import type { SeenWorkload } from './plans.ts';
import { NightStore, type PlannedRun } from './store.ts';

const campaign: Campaign = {
  name: 'c', file: '/c.json', targets: [{ name: 'reference', subject: 'reference', binary: undefined, participants: [2] }], strategies: ['two-writers', 'leader-killed', 'leader-stalls'], twoStops: false, known: [],
  repeat: { new: 3, old: 1 }, budget: {}, stop: {}, jobs: 1, unknownShare: 0.05, keep: { heldEvery: 1_000_000, megabytes: 1 },
};
const seen: readonly SeenWorkload[] = [{ target: 'reference', participants: 2, calls: undefined, trouble: 'none', steps: 9, hasComponents: true }];
const builds = new Map([['reference', 'b1']]);

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nightly-make-'));
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true });
});

/** What a run comes to depends on its plan alone. */
async function perform({ schedule, nth, position }: PlannedRun): Promise<Outcome> {
  const made = join(folder, 'work', `${position}`);
  mkdirSync(made, { recursive: true });
  writeFileSync(join(made, 'history.ndjson'), 'x'.repeat(100_000));
  const isBroken = schedule.startsWith('leader-stalls');
  const verdict = isBroken ? ({ verdict: 'broken', sentence: `validator-${nth} differs`, events: [] } as const) : ({ verdict: 'held' } as const);
  return { verdict: verdict.verdict, verdicts: [{ checker: 'outcomes-agree', verdict }], folder: made, durationMs: 10, validatorMs: 9, peakRssBytes: undefined };
}

function begin(store: NightStore, { shard = { index: 1, count: 1 }, changes = {}, seed = 's' }: { readonly shard?: { index: number; count: number }; readonly changes?: Partial<Campaign>; readonly seed?: string } = {}): BegunNight {
  return beginNight({ campaign: { ...campaign, ...changes }, builds, store, seed, shard }, seen);
}

async function make(store: NightStore, begun: BegunNight, changes: Partial<NightRequest> = {}) {
  const folders = await KeptFolders.open(store, campaign.keep);
  return await makeRuns({ store, ...begun, folders, perform, jobs: 1, budgetMs: Infinity, stop: {}, signal: new AbortController().signal, onRun: () => undefined, ...changes });
}

const open = (name: string): NightStore => NightStore.open(join(folder, name), { isNew: true });

describe('a night', () => {
  it('makes each run once, stores broken ones with their folders, and ends', async () => {
    using store = open('store');
    const begun = begin(store);
    const shard = await make(store, begun);
    const runs = store.runs();
    expect(shard).toMatchObject({ state: 'ended', endedBy: null, done: begun.pending.length });
    expect(store.night('c-s')?.shards).toEqual([shard]);
    expect(runs.map(({ position }) => position)).toEqual(begun.pending.map(({ position }) => position));
    expect(runs.filter(({ verdict }) => verdict === 'broken').map(({ schedule, nth }) => `${schedule} ${nth}`).sort()).toEqual([1, 2].flatMap((leader) => [1, 2, 3].map((nth) => `leader-stalls/middle/${leader} ${nth}`)));
    expect(runs.every(({ folder: kept, verdict }) => (kept !== null) === (verdict === 'broken'))).toBe(true);
    expect(readdirSync(join(store.folder, 'runs', 'c-s'))).toHaveLength(6);
    expect(readdirSync(join(folder, 'work'))).toEqual([]);
  });

  it('makes plans that are known once, after new ones', async () => {
    using store = open('store');
    await make(store, begin(store, { changes: { strategies: ['two-writers'] } }));
    const { pending } = begin(store, { seed: 't' });
    expect(pending.filter(({ schedule }) => schedule.startsWith('two-writers')).map(({ isNewPlan, nth }) => [isNewPlan, nth])).toEqual(Array.from({ length: 4 }, () => [false, 1]));
    const firstOld = pending.findIndex(({ isNewPlan }) => !isNewPlan);
    expect(pending.slice(0, firstOld).every(({ isNewPlan, nth }) => isNewPlan && nth === 1)).toBe(true);
    expect(firstOld).toBe(12);
  });

  it('the same seed gives the same order, another one another', () => {
    using store = open('store');
    const order = (name: string, seed: string) => {
      using other = open(name);
      return begin(other, { seed }).pending;
    };
    expect(order('a', '1')).toEqual(order('b', '1'));
    expect(order('c', '2')).not.toEqual(order('d', '1'));
    expect(begin(store, { changes: { budget: { runs: 5 } }, seed: '1' }).pending).toEqual(order('e', '1').slice(0, 5));
  });

  it('ends by its budget, by its stop rules, and when run after run fails', async () => {
    using store = open('store');
    const at = (seed: string) => begin(store, { seed });
    expect(await make(store, at('budget'), { budgetMs: 0 })).toMatchObject({ state: 'ended', endedBy: 'budget', done: 0 });
    expect(await make(store, at('runs'), { stop: { brokenRuns: 2 } })).toMatchObject({ state: 'ended', endedBy: 'stop' });
    expect(store.runs({ night: 'c-runs', verdicts: ['broken'] })).toHaveLength(2);
    using other = open('other');
    const begun = begin(other);
    expect(await make(other, begun, { stop: { brokenOfPlan: 1 } })).toMatchObject({ endedBy: 'stop', done: begun.pending.length - 4 });
    const fail = async (): Promise<never> => await Promise.reject(new StampedeError('SERVICE_LOST', 'gone', { cause: new Error('why') }));
    expect(await make(store, at('harness'), { perform: fail })).toMatchObject({ endedBy: 'harness', done: 5 });
    expect(store.runs({ night: 'c-harness' })[0]).toMatchObject({ verdict: 'harness', sentence: 'SERVICE_LOST: gone', folder: null });
  });

  it('goes on after an interruption, and nothing is made twice', async () => {
    using store = open('store');
    const begun = begin(store);
    const stopping = new AbortController();
    const first = await make(store, begun, { signal: stopping.signal, onRun: (_run, { done }) => (done === 7 ? stopping.abort() : undefined), jobs: 3 });
    expect(first).toMatchObject({ state: 'open', done: 7 });
    const request = { campaign, builds, store, seed: 'other', shard: { index: 1, count: 1 } };
    expect(() => resumeNight({ ...request, builds: new Map([['reference', 'b2']]) }, undefined)).toThrow(/is not what it was/);
    expect(() => resumeNight({ ...request, shard: { index: 1, count: 2 } }, undefined)).toThrow(/no night of c was begun/);
    const again = resumeNight(request, undefined);
    expect(again.pending).toHaveLength(begun.pending.length - 7);
    const last = await make(store, again);
    expect(last).toMatchObject({ state: 'ended', done: begun.pending.length });
    expect(last.busyMs).toBeGreaterThanOrEqual(first.busyMs);
    expect(store.runs().map(({ position }) => position)).toEqual(begun.pending.map(({ position }) => position));
    expect(() => resumeNight(request, undefined)).toThrow(/c-s is at its end/);
  });

  it('in shards makes the same runs as in one piece', async () => {
    using whole = open('whole');
    await make(whole, begin(whole));
    const parts: NightData[] = [];
    for (const index of [1, 2, 3, 4]) {
      using part = open(`part-${index}`);
      const begun = begin(part, { shard: { index, count: 4 } });
      await make(part, begun);
      parts.push({ night: part.night('c-s')!, runs: new Map(part.runs().map((run) => [run.id, run])) });
      const plans = new Set(begun.pending.map(({ schedule }) => schedule));
      expect(begun.pending).toHaveLength(plans.size * 3);
    }
    const joined = parts.reduce<NightData>((sum, part) => joinNights(sum, part), parts[0]!);
    const timeless = (runs: Iterable<object>) => [...runs].map((run) => ({ ...run, startedAt: '' }));
    const inOrder = [...joined.runs.values()].sort((one, other) => one.position - other.position);
    expect(timeless(inOrder)).toEqual(timeless(whole.runs()));
    expect(joined.night.planned).toBe(whole.night('c-s')?.planned);
    expect(joined.night.shards.reduce((sum, { done }) => sum + done, 0)).toBe(joined.night.planned);
  });

  it('is in order whatever the clock does', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    using store = open('store');
    vi.setSystemTime(new Date('2026-11-27T02:00:00Z'));
    await make(store, begin(store, { seed: 'first', changes: { strategies: ['two-writers'] } }), { onRun: () => vi.setSystemTime(new Date('1999-01-01T00:00:00Z')) });
    vi.setSystemTime(new Date('2020-01-01T00:00:00Z'));
    await make(store, begin(store, { seed: 'second', changes: { strategies: ['two-writers'] } }), { budgetMs: 60_000, onRun: () => vi.setSystemTime(new Date('2099-01-01T00:00:00Z')) });
    expect(store.nights().map(({ id }) => id)).toEqual(['c-first', 'c-second']);
    expect(store.nights().map(({ shards }) => shards[0])).toMatchObject([{ state: 'ended', endedBy: null }, { state: 'ended', endedBy: null }]);
    expect(store.nights().every(({ shards }) => (shards[0]?.busyMs ?? NaN) < 60_000)).toBe(true);
    expect(store.runs().filter(({ night }) => night === 'c-second').every(({ isNewPlan }) => !isNewPlan)).toBe(true);
  });
});

it('folders are bounded: samples of held runs go first, the first and last of each cause stay', async () => {
  using store = open('store');
  const folders = await KeptFolders.open(store, { heldEvery: 1, megabytes: 1 });
  const begun = begin(store, { changes: { repeat: { new: 10, old: 1 } } });
  await make(store, begun, { folders });
  expect(folders.bytes).toBeLessThanOrEqual(1024 * 1024);
  const withFolder = store.runs().filter(({ folder: kept }) => kept !== null);
  expect(withFolder.map(({ folder: kept }) => kept?.split('/')[2]).sort()).toEqual(readdirSync(join(store.folder, 'runs', 'c-s')).sort());
  expect(store.runs()).toHaveLength(begun.pending.length);
  const broken = store.runs({ verdicts: ['broken'] });
  expect([...broken.slice(0, 3), ...broken.slice(-3)].every(({ folder: kept }) => kept !== null)).toBe(true);
});
