// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { doubt, firstBad, runsForGood, type Judged } from './bisect.ts';

const good: Judged = { kind: 'good', runs: 3 };
const bad: Judged = { kind: 'bad', runs: 1 };
const skipped: Judged = { kind: 'skipped', why: 'it does not start' };

async function bisected(words: string) {
  const asked: number[] = [];
  const found = await firstBad(words.length, async (build) => {
    asked.push(build);
    return await Promise.resolve({ g: good, b: bad, s: skipped }[words[build] ?? ''] as Judged);
  });
  return { ...found, asked };
}

describe('the first bad one', () => {
  it.each([
    ['gb', { lastGood: 0, firstBad: 1, between: [], asked: [] }],
    ['gggggbbb', { lastGood: 4, firstBad: 5, between: [], asked: [3, 5, 4] }],
    ['ggsbbbbb', { lastGood: 1, firstBad: 3, between: [2], asked: [3, 1, 2] }],
    ['gsssb', { lastGood: 0, firstBad: 4, between: [1, 2, 3], asked: [2, 1, 3] }],
    ['gsgsbsb', { lastGood: 2, firstBad: 4, between: [3], asked: [3, 2, 4] }],
  ])('of %s', async (words, expected) => {
    expect(await bisected(words)).toEqual(expected);
  });

  it('is found wherever it is, with as many builds skipped as may be, and never asked for twice', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 2, max: 60 }), fc.nat(), fc.array(fc.nat(59)), async (count, where, unclear) => {
        const first = 1 + (where % (count - 1));
        const words = Array.from({ length: count }, (_, build) => (build > 0 && build < count - 1 && unclear.includes(build) ? 's' : build < first ? 'g' : 'b')).join('');
        const { lastGood, firstBad: found, between, asked } = await bisected(words);
        expect(new Set(asked).size).toBe(asked.length);
        expect([words[lastGood], words[found]]).toEqual(['g', 'b']);
        expect(between.map((build) => words[build])).toEqual(between.map(() => 's'));
        expect(between.length).toBe(found - lastGood - 1);
        if (!words.includes('s')) expect(asked.length).toBeLessThanOrEqual(Math.ceil(Math.log2(count)));
      }),
    );
  });
});

describe('how many runs make a build good', () => {
  it.each([
    [{ hits: 5, runs: 5 }, 8, 6],
    [{ hits: 20, runs: 20 }, 8, 3],
    [{ hits: 5, runs: 5 }, 2, 5],
    [{ hits: 1, runs: 5 }, 8, 119],
  ])('%j at the bad end, %i builds: %i', (atBadEnd, builds, runs) => {
    expect(runsForGood(atBadEnd, builds)).toBe(runs);
  });

  it('leaves a doubt of 5 % at most, however many are called good on the way', () => {
    for (const builds of [2, 3, 8, 100]) {
      for (const atBadEnd of [{ hits: 5, runs: 5 }, { hits: 3, runs: 5 }]) {
        const runs = runsForGood(atBadEnd, builds);
        expect(doubt(atBadEnd, Array.from({ length: 1 + Math.ceil(Math.log2(builds)) }, () => runs))).toBeLessThanOrEqual(0.05);
      }
    }
    expect(doubt({ hits: 5, runs: 5 }, [])).toBe(0);
    expect(doubt({ hits: 1, runs: 5 }, [1, 1])).toBe(1);
  });
});
