// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { rateOf } from './rate.ts';
import { cleanWords, percent, pWords, rateWords } from './rate-words.ts';

it('clean runs leave a bound, rounded up', () => {
  expect(cleanWords(3000)).toBe('0 in 3000: below 0.1 % at 95 %');
  expect(cleanWords(2990)).toBe('0 in 2990: below 0.11 % at 95 %');
  expect(cleanWords(59)).toBe('0 in 59: below 5 % at 95 %');
  expect(cleanWords(58)).toBe('0 in 58: below 5.1 % at 95 %');
  expect(cleanWords(1)).toBe('0 in 1: below 95 % at 95 %');
  expect(cleanWords(100_000_000)).toBe('0 in 100000000: below 0.000003 % at 95 %');
  expect(cleanWords(0)).toBe('0 in 0: nothing is known');
});

it('rates have an interval, and are never rounded to all', () => {
  expect(rateWords(rateOf({ hits: 3, runs: 40 }))).toBe('3 of 40, 2.6 % to 20 %');
  expect(rateWords(rateOf({ hits: 0, runs: 59 }))).toBe('0 in 59: below 5 % at 95 %');
  expect(percent(0.99999)).toBe('99.999 %');
  expect(percent(1)).toBe('100 %');
  expect(percent(0)).toBe('0 %');
  expect([pWords(0.00001), pWords(0.0437)]).toEqual(['p < 0.001', 'p = 0.044']);
});
