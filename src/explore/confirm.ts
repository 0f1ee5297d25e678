// SPDX-License-Identifier: Apache-2.0
import { attempt, type AttemptSettings } from './attempt.ts';
import type { Schedule } from './schedule.ts';

/** Before anybody is told of a finding, it is forced so often again. */
export const replaysOfFinding = 3;

/** In how many of these it is broken again. */
export async function brokenAgain(schedule: Schedule, settings: AttemptSettings): Promise<number> {
  let broken = 0;
  for (let run = 0; run < replaysOfFinding; run += 1) broken += (await attempt(schedule, settings)).verdict === 'broken' ? 1 : 0;
  return broken;
}
