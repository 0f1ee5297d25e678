// SPDX-License-Identifier: Apache-2.0
import { nobodyInterrupted } from '../checkers/interleaved.ts';
import { attempt, type Attempt, type AttemptSettings } from './attempt.ts';
import { drawnAgain, type RandomSchedule } from './random-schedule.ts';

/** More in a row are no accident: then the last one is the answer. */
const mostDraws = 5;

export interface DrawnAttempt {
  readonly done: Attempt;
  readonly schedule: RandomSchedule;
  /** Draws before it in which each ran from its beginning to its end. */
  readonly before: readonly string[];
}

/**
 * Processes take a few steps more or fewer from run to run: when the first one has ended before the step at which it was to be interrupted,
 * the draw shows nothing of a race, and another one is made.
 */
export async function drawnAttempt(schedule: RandomSchedule, settings: AttemptSettings, force: (drawn: RandomSchedule, settings: AttemptSettings) => Promise<Attempt> = attempt): Promise<DrawnAttempt> {
  const before: string[] = [];
  let drawn = schedule;
  let done = await force(drawn, settings);
  while (isSerial(done) && before.length + 1 < mostDraws) {
    before.push(done.schedule);
    drawn = drawnAgain(drawn);
    done = await force(drawn, settings);
  }
  return { done, schedule: drawn, before };
}

/** Nothing else is unknown, and nothing is broken. */
function isSerial({ verdicts }: Pick<Attempt, 'verdicts'>): boolean {
  const others = verdicts.filter(({ verdict }) => verdict.verdict !== 'held');
  return others.length > 0 && others.every(({ verdict }) => verdict.verdict === 'unknown' && verdict.reason === nobodyInterrupted);
}
