// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { plantedBugs } from '../reference/planted/planted-bugs.ts';
import { knownSchedules } from './known-schedules.ts';
import { idOf, schedulesNamed } from './schedule.ts';

it('tells of every planted bug how it is forced, or why not', () => {
  expect(Object.keys(knownSchedules).sort()).toEqual(plantedBugs.map(({ name }) => name).sort());
});

it('names schedules that there are', () => {
  for (const how of Object.values(knownSchedules)) {
    if ('schedule' in how) expect(schedulesNamed(how.schedule, 2).map(idOf)).toEqual([how.schedule]);
  }
});
