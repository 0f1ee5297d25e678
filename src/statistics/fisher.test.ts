// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fisherExact } from './fisher.ts';

describe("Fisher's exact test", () => {
  it.each([
    // The lady tasting tea: Fisher, The Design of Experiments, 1935; 34/70 on both sides.
    ['tea', { hits: 3, runs: 4 }, { hits: 1, runs: 4 }, 34 / 70],
    // Convictions of twins: Fisher, 1962; R's fisher.test gives 0.0005367241.
    ['twins', { hits: 2, runs: 12 }, { hits: 15, runs: 18 }, 0.0005367241],
    // By hand: (1 + 100 + 100 + 1) of the 184756 ways to choose 10 of 20.
    ['clear', { hits: 1, runs: 10 }, { hits: 9, runs: 10 }, 202 / 184_756],
    ['the same', { hits: 5, runs: 10 }, { hits: 5, runs: 10 }, 1],
    ['nothing', { hits: 0, runs: 0 }, { hits: 3, runs: 7 }, 1],
    ['no hits', { hits: 0, runs: 100 }, { hits: 0, runs: 7 }, 1],
  ])('%s', (_what, one, other, p) => expect(fisherExact(one, other)).toBeCloseTo(p, 9));

  it('has no favourite, and stays within 0 and 1', () => {
    const count = fc.integer({ min: 0, max: 300 }).chain((runs) => fc.integer({ min: 0, max: runs }).map((hits) => ({ hits, runs })));
    fc.assert(fc.property(count, count, (one, other) => {
      const p = fisherExact(one, other);
      expect(p).toBeGreaterThan(0);
      expect(p).toBeLessThanOrEqual(1);
      expect(fisherExact(other, one)).toBeCloseTo(p, 9);
      expect(fisherExact({ hits: one.runs - one.hits, runs: one.runs }, { hits: other.runs - other.hits, runs: other.runs })).toBeCloseTo(p, 9);
    }));
  });

  it('copes with the counts of many nights', () => {
    expect(fisherExact({ hits: 10, runs: 100_000 }, { hits: 10, runs: 100_000 })).toBeCloseTo(1, 6);
    expect(fisherExact({ hits: 0, runs: 100_000 }, { hits: 30, runs: 100_000 })).toBeLessThan(1e-8);
  });
});
