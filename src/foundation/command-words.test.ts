// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { durationOf, isOfShard, shardOf } from './command-words.ts';

describe('a length of time', () => {
  it.each([['20m', 1_200_000], ['90s', 90_000], ['1h30m', 5_400_000], ['1.5h', 5_400_000], ['500ms', 500], ['168h', 604_800_000]])('%s', (text, ms) => expect(durationOf(text)).toBe(ms));
  it.each(['', '20', 'm', '-5m', '5 m', '0s', '0.1ms', '20m!', '!20m', '169h', '1e3s', '20m 5', '999999999999h'])('not %j', (text) => expect(() => durationOf(text)).toThrow(/is no length of time/));
});

describe('a shard', () => {
  it.each([['1/1', { index: 1, count: 1 }], ['2/4', { index: 2, count: 4 }]])('%s', (text, shard) => expect(shardOf(text)).toEqual(shard));
  it.each(['', '0/4', '5/4', '1', '1/0', '1/2/3', '-1/4', '1/99999', ' 1/4', '1.5/4'])('not %j', (text) => expect(() => shardOf(text)).toThrow(/is not one part of a whole/));

  it('is what falls to no other, and all of them are the whole, whatever else there is', () => {
    fc.assert(fc.property(fc.uniqueArray(fc.string()), fc.array(fc.string()), fc.integer({ min: 1, max: 40 }), (names, others, count) => {
      const shards = Array.from({ length: count }, (_, at) => ({ index: at + 1, count }));
      const parts = shards.map((shard) => names.filter((name) => isOfShard(name, shard)));
      expect(parts.flat().sort()).toEqual([...names].sort());
      shards.forEach((shard, at) => expect([...others, ...names].filter((name) => isOfShard(name, shard))).toEqual(expect.arrayContaining(parts[at] ?? [])));
    }));
  });

  it('is of about the size of any other', () => {
    const names = Array.from({ length: 4000 }, (_, number) => `leader-follower/byte-${number}/1`);
    for (const index of [1, 2, 3, 4]) expect(Math.abs(names.filter((name) => isOfShard(name, { index, count: 4 })).length - 1000)).toBeLessThan(120);
  });
});
