// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NightStore } from './store.ts';
import { brokenRun, nightOf, runOfNight } from './test-records.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nightly-store-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a store', () => {
  it('gives back what was put into it, in the order of nights and positions', () => {
    const store = NightStore.open(folder, { isNew: true });
    const [b, a] = [nightOf('b'), nightOf('a', { startedAt: '2020-01-01T00:00:00.000Z' })];
    store.beginNight(b, [{ position: 0, target: 'reference', participants: 2, schedule: 'together', nth: 1, isNewPlan: true }]);
    store.saveNight(a);
    const runs = [brokenRun('b', 1), runOfNight('b', 0, { schedule: 'together', peakRssBytes: 2 ** 40 }), runOfNight('b', 2, { verdict: 'unknown', sentence: 'why', folder: `runs/b/${'0'.repeat(32)}` })];
    store.addRuns(runs, { ...b, planned: 3 });
    store.close();
    using again = NightStore.open(folder);
    expect(again.nights()).toEqual([{ ...b, planned: 3 }, a]);
    expect(again.night('a')).toEqual(a);
    expect(again.night('c')).toBeUndefined();
    expect(again.runs({ night: 'b' })).toEqual([runs[1], runs[0], runs[2]]);
    expect(again.runs({ verdicts: ['broken', 'unknown'] })).toEqual([runs[0], runs[2]]);
    expect(again.planned('b')).toEqual([{ position: 0, target: 'reference', participants: 2, schedule: 'together', nth: 1, isNewPlan: true }]);
    expect(again.done('b')).toEqual(new Set([0, 1, 2]));
    expect(again.plansSeen('b')).toEqual(new Set());
    expect(again.plansSeen('a')).toEqual(new Set(['reference/2/together', 'reference/2/leader-follower/middle/1']));
  });

  it('counts by place, whoever leads', () => {
    using store = NightStore.open(folder, { isNew: true });
    store.addRuns([brokenRun('n', 0), brokenRun('n', 1, { schedule: 'leader-follower/middle/2' }), runOfNight('n', 2), runOfNight('n', 3, { schedule: 'leader-follower/headers/2' })]);
    const counts = store.places().map(({ place, verdict, runs, durationMs }) => ({ place, verdict, runs, durationMs }));
    expect(counts).toHaveLength(3);
    expect(counts).toEqual(expect.arrayContaining([{ place: 'middle', verdict: 'broken', runs: 2, durationMs: 2000 }, { place: 'middle', verdict: 'held', runs: 1, durationMs: 1000 }, { place: 'headers', verdict: 'held', runs: 1, durationMs: 1000 }]));
  });

  it('keeps a run that is there, and knows when a folder went', () => {
    using store = NightStore.open(folder, { isNew: true });
    const run = runOfNight('n', 0, { folder: `runs/n/${'1'.repeat(32)}` });
    store.addRuns([run]);
    store.addRuns([{ ...run, verdict: 'broken' }]);
    expect(store.runs()).toEqual([run]);
    store.forgetFolders([run.id]);
    expect(store.runs()).toEqual([{ ...run, folder: null }]);
    store.putRuns([{ ...run, verdict: 'broken' }], nightOf('n'));
    expect(store.runs()).toEqual([{ ...run, verdict: 'broken' }]);
  });
});
