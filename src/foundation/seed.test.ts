// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { freshSeed, seededRandom } from './seed.ts';

describe('seededRandom', () => {
  it('gives the same stream for the same seed, however it is cut, on every machine', () => {
    const whole = seededRandom('seed').bytes(100);
    const cut = seededRandom('seed');
    expect(Buffer.concat([cut.bytes(1), cut.bytes(0), cut.bytes(33), cut.bytes(66)])).toEqual(whole);
    // Written down: what is made from a seed must be the same in every release and on every platform.
    expect(whole.subarray(0, 8).toString('hex')).toBe('1024e03ef1672193');
  });

  it('gives another stream for another seed', () => {
    expect(seededRandom('a').bytes(16)).not.toEqual(seededRandom('b').bytes(16));
  });

  it('stays below its bound and reaches every number under it', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 2 ** 32 }), (seed, bound) => {
        const value = seededRandom(seed).below(bound);
        expect(Number.isInteger(value) && value >= 0 && value < bound).toBe(true);
      }),
    );
    const random = seededRandom('dice');
    expect(new Set(Array.from({ length: 200 }, () => random.below(6)))).toEqual(new Set([0, 1, 2, 3, 4, 5]));
    expect(seededRandom('one').below(1)).toBe(0);
  });

  it('forks streams that depend on names alone, not on what was drawn before', () => {
    const untouched = seededRandom('seed').fork('images').bytes(16);
    const used = seededRandom('seed');
    used.bytes(1000);
    used.fork('other').bytes(10);
    expect(used.fork('images').bytes(16)).toEqual(untouched);
  });

  it('does not touch its own stream by forking', () => {
    const plain = seededRandom('seed');
    const forked = seededRandom('seed');
    forked.fork('a').bytes(16);
    expect(forked.bytes(16)).toEqual(plain.bytes(16));
  });

  it('forks streams apart, whatever their names hold', () => {
    const root = seededRandom('seed');
    const streams = [root, root.fork('a'), root.fork('b'), root.fork('a/b'), root.fork('a').fork('b'), root.fork(''), root.fork('').fork('a'), root.fork('/a')];
    const starts = streams.map((stream) => stream.bytes(16).toString('hex'));
    expect(new Set(starts).size).toBe(streams.length);
  });
});

describe('freshSeed', () => {
  it('is another one each time, and can be typed', () => {
    const seeds = Array.from({ length: 50 }, freshSeed);
    expect(new Set(seeds).size).toBe(50);
    for (const seed of seeds) expect(seed).toMatch(/^[0-9a-f]{8}$/);
  });
});
