// SPDX-License-Identifier: Apache-2.0
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Event } from '../history/event.ts';
import type { SerialRun } from './expectation.ts';
import { learning, runningMs } from './spent.ts';

const at = (kind: string, at: number): Event => ({ kind, at, index: 0 }) as unknown as Event;

it.each([
  ['nobody', [], 0],
  ['one after the other', [at('validator-started', 5), at('validator-exited', 15), at('validator-started', 20), at('validator-exited', 21)], 11],
  ['two at once', [at('validator-started', 5), at('validator-started', 7), at('validator-exited', 9), at('request', 10), at('validator-exited', 25)], 20],
  ['one that has no end', [at('validator-started', 5), at('request', 10)], 5],
])('time of validators: %s', (_what, history, ms) => expect(runningMs(history)).toBe(ms));

describe('who is run alone', () => {
  const ran = (participant: string, moment: string, durationMs: number): SerialRun => ({ participant, moment, result: { durationMs }, broken: [] }) as unknown as SerialRun;
  const serialRuns = [ran('other', 'without-cache', 3), ran('one', 'cold-1', 5), ran('one', 'without-cache', 10)];
  const one = { name: 'one', arguments: [] };

  it('takes the time that its process ran, not what was made before that', async () => {
    expect(await learning({ serialRuns, learn: async () => await setTimeout(40) }, one)).toBe(10);
  });

  it('takes none when it was known', async () => {
    const known = [ran('one', 'without-cache', 60_000)];
    expect(await learning({ serialRuns: known, learn: async () => await Promise.resolve() }, one)).toBeLessThan(30_000);
  });
});
