// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { barred, timeLeft } from './nightly-progress.ts';

const usual = '119 of 472 done, 0 broken, 0 unknown, 72 a minute, 9 s left';
const long = '9119 of 10000 done, 1000 broken, 1000 unknown, 12 failed, 1072 a minute, 2 h 10 min left';

it.each([
  [usual, 0.25, 80, ` [===            ] ${usual}`],
  [usual, 0.25, 120, ` [======                  ] ${usual}`],
  [usual, 0, 120, ` [                        ] ${usual}`],
  [usual, 1.2, 120, ` [========================] ${usual}`],
  [usual, 0.5, 40, ` ${usual}`],
  [long, 0.9, 80, ` ${long}`],
  [long, 0.5, 100, ` [===   ] ${long}`],
] as const)('%j at %d in %i columns', (words, share, columns, expected) => {
  const line = barred(words, share, columns);
  expect(line).toBe(expected);
  if (line.includes('[')) expect(line.length).toBeLessThan(columns);
});

it.each([[0, '0 s'], [-5, '0 s'], [59_400, '59 s'], [59_600, '1 min'], [3_599_999, '1 h 0 min'], [3_660_000, '1 h 1 min']])('%i ms are %s', (ms, words) => expect(timeLeft(ms)).toBe(words));
