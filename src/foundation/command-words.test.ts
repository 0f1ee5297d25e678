// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { durationOf, shardOf } from './command-words.ts';

describe('a length of time', () => {
  it.each([['20m', 1_200_000], ['90s', 90_000], ['1h30m', 5_400_000], ['1.5h', 5_400_000], ['500ms', 500], ['168h', 604_800_000]])('%s', (text, ms) => expect(durationOf(text)).toBe(ms));
  it.each(['', '20', 'm', '-5m', '5 m', '0s', '0.1ms', '20m!', '!20m', '169h', '1e3s', '20m 5', '999999999999h'])('not %j', (text) => expect(() => durationOf(text)).toThrow(/is no length of time/));
});

describe('a shard', () => {
  it.each([['1/1', { index: 1, count: 1 }], ['2/4', { index: 2, count: 4 }]])('%s', (text, shard) => expect(shardOf(text)).toEqual(shard));
  it.each(['', '0/4', '5/4', '1', '1/0', '1/2/3', '-1/4', '1/99999', ' 1/4', '1.5/4'])('not %j', (text) => expect(() => shardOf(text)).toThrow(/is not one part of a whole/));
});
