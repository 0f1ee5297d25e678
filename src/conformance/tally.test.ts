// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { addTallies, statusOfTally, tallyLine } from './tally.ts';

const tally = (passed: number, failed: number, skipped: number) => ({ passed, failed, skipped, failures: [] });

it.each([
  ['held', 5, 0, 2, 0],
  ['broken, whatever passed', 5, 1, 0, 1],
  ['unknown where all was skipped', 0, 0, 9, 3],
  ['unknown where there was nothing', 0, 0, 0, 3],
])('is %s', (_name, passed, failed, skipped, status) => {
  expect(statusOfTally(tally(passed, failed, skipped))).toBe(status);
});

it('adds up', () => {
  expect(tallyLine(addTallies([tally(1, 2, 3), tally(10, 20, 30)]))).toBe('11 passed, 22 failed, 33 skipped');
});
