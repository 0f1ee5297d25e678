// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { differ, joinNights, type NightData } from './join.ts';
import { runIdOf, type RunRecord } from './record.ts';
import { brokenRun, nightOf, runOfNight } from './test-records.ts';

const night = 'smoke-1';
const whole = nightOf(night, { shards: [] });

/** Rows of few plans, so that machines meet: the same run made twice, in the same or another way, with and without a folder. */
const row: fc.Arbitrary<RunRecord> = fc.record({ nth: fc.integer({ min: 1, max: 4 }), verdict: fc.constantFrom('held', 'broken', 'unknown', 'harness'), durationMs: fc.constantFrom(1, 2), isKept: fc.boolean() }).map(({ nth, verdict, durationMs, isKept }) => {
  const id = runIdOf(night, { target: 'reference', participants: 2, schedule: 'leader-follower/middle/1' }, nth);
  const made = verdict === 'broken' ? brokenRun(night, nth, { nth, durationMs }) : runOfNight(night, nth, { nth, durationMs, verdict });
  return { ...made, folder: isKept ? `runs/${night}/${id}` : null };
});
const shard = fc.record({ index: fc.integer({ min: 1, max: 3 }), done: fc.integer({ min: 0, max: 2 }), isOpen: fc.boolean(), busyMs: fc.constantFrom(1, 2) })
  .map(({ index, done, isOpen, busyMs }) => ({ ...nightOf(night).shards[0]!, index, count: 3, done, busyMs, state: isOpen ? ('open' as const) : ('ended' as const) }));
const data: fc.Arbitrary<NightData> = fc.record({ rows: fc.array(row, { maxLength: 5 }), shard, planned: fc.constantFrom(3, 4), startedAt: fc.constantFrom('2026-11-27T02:00:00.000Z', '2026-11-27T01:59:00.000Z') })
  .map(({ rows, shard: one, ...rest }) => ({ night: { ...whole, ...rest, shards: [one] }, runs: new Map(rows.map((each) => [each.id, each])) }));

/** As a value: the order in which rows came is nothing. */
function plain({ night: record, runs }: NightData): unknown {
  return { record, runs: [...runs.values()].sort((one, other) => (one.id < other.id ? -1 : 1)) };
}

describe('joining', () => {
  it('does not depend on the order, on groups, or on how often', () => {
    fc.assert(fc.property(data, data, data, (a, b, c) => {
      expect(plain(joinNights(a, b))).toEqual(plain(joinNights(b, a)));
      expect(plain(joinNights(joinNights(a, b), c))).toEqual(plain(joinNights(a, joinNights(b, c))));
      expect(plain(joinNights(a, a))).toEqual(plain(a));
      expect(plain(joinNights(joinNights(a, b), b))).toEqual(plain(joinNights(a, b)));
    }), { numRuns: 2000 });
  });

  it('loses no run', () => {
    fc.assert(fc.property(data, data, (a, b) => {
      const { runs } = joinNights(a, b);
      expect([...runs.keys()].sort()).toEqual([...new Set([...a.runs.keys(), ...b.runs.keys()])].sort());
      for (const one of [...a.runs.values(), ...b.runs.values()]) if (one.verdict === 'broken') expect(runs.get(one.id)?.verdict).toBe('broken');
    }));
  });

  it('a run that failed for the harness is replaced by one that did not', () => {
    const [failed, held] = [runOfNight(night, 0, { verdict: 'harness' }), runOfNight(night, 0)];
    const of = (run: RunRecord): NightData => ({ night: whole, runs: new Map([[run.id, run]]) });
    expect(joinNights(of(failed), of(held)).runs.get(held.id)).toEqual(held);
    expect(differ(failed, held)).toBe(true);
  });

  it('refuses two nights of one name', () => {
    for (const changes of [{ seed: 'x' }, { campaignDigest: 'c'.repeat(64) }, { targets: [{ name: 'reference', subject: 'reference', build: 'b2' }] }]) {
      expect(() => joinNights({ night: whole, runs: new Map() }, { night: { ...whole, ...changes }, runs: new Map() })).toThrow(/two nights are named smoke-1/);
    }
  });
});
