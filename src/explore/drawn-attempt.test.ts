// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { interleaved } from '../checkers/interleaved.ts';
import type { Verdict } from '../checkers/checker.ts';
import type { Attempt, AttemptSettings } from './attempt.ts';
import { drawnAttempt } from './drawn-attempt.ts';
import { idOf } from './schedule.ts';
import type { RandomSchedule } from './random-schedule.ts';

const draw: RandomSchedule = { strategy: 'random', depth: 3, steps: 300, seed: 7 };
const held: Verdict = { verdict: 'held' };
const stamp = { at: 0, time: '' };
/** As the checker itself says it of a run in which each had all its turns in a row. */
const serial = interleaved.check([
  { ...stamp, index: 0, kind: 'turn-taken', participant: 'a', step: 1, standing: [] },
  { ...stamp, index: 1, kind: 'turn-taken', participant: 'b', step: 9, standing: [] },
  { ...stamp, index: 2, kind: 'turns-over', reason: 'closed', steps: 20 },
]);

/** Runs that end as told, one after the other; the last one again and again. */
async function drawn(...ends: readonly (readonly Verdict[])[]) {
  const forced: RandomSchedule[] = [];
  const force = async (schedule: RandomSchedule): Promise<Attempt> => {
    const verdicts = ends[Math.min(forced.length, ends.length - 1)] ?? [];
    forced.push(schedule);
    return await Promise.resolve({ schedule: idOf(schedule), verdicts: verdicts.map((verdict) => ({ checker: 'interleaved', run: 'scheduled', verdict })) } as unknown as Attempt);
  };
  const { done, schedule, before } = await drawnAttempt(draw, {} as AttemptSettings, force);
  expect(done.schedule).toBe(idOf(schedule));
  return { schedule: done.schedule, before, seeds: new Set(forced.map(({ seed }) => seed)).size };
}

describe('a draw in which nobody was interrupted', () => {
  it('is made again, as another one, the same one each time', async () => {
    const once = await drawn([held, serial], [held]);
    expect(once).toMatchObject({ before: [idOf(draw)], seeds: 2 });
    expect(once.schedule).not.toBe(idOf(draw));
    expect(await drawn([held, serial], [held])).toEqual(once);
  });

  it('is unknown in the end, where it happens again and again', async () => {
    expect(await drawn([serial])).toMatchObject({ before: { length: 4 }, seeds: 5 });
  });

  it.each([
    ['something is broken', { verdict: 'broken', sentence: 'x', events: [] }],
    ['something else is unknown', { verdict: 'unknown', reason: 'no look at the cache' }],
  ] as const)('is what it is where %s', async (_, other) => {
    expect(await drawn([serial, other], [held])).toMatchObject({ schedule: idOf(draw), before: [] });
  });

  it('is none where all held', async () => {
    expect(await drawn([held])).toMatchObject({ schedule: idOf(draw), before: [] });
  });
});
