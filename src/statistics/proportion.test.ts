// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundAfterCleanRuns, cleanRunsNeeded, wilsonInterval } from './proportion.ts';

describe('the Wilson interval', () => {
  // Values of Newcombe, Two-sided confidence intervals for the single proportion, 1998, table I, method 3.
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('%i of %i', (hits, runs, low, high) => {
    const interval = wilsonInterval({ hits, runs });
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });

  it('has the rate in it, and is all of it without runs', () => {
    expect(wilsonInterval({ hits: 0, runs: 0 })).toEqual({ low: 0, high: 1 });
    fc.assert(fc.property(fc.integer({ min: 1, max: 100_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (runs, share) => {
      const hits = Math.round(runs * share);
      const { low, high } = wilsonInterval({ hits, runs });
      expect(low).toBeGreaterThanOrEqual(0);
      expect(high).toBeLessThanOrEqual(1);
      expect(low).toBeLessThanOrEqual(hits / runs);
      expect(high).toBeGreaterThanOrEqual(hits / runs);
    }));
  });
});

describe('runs without a hit', () => {
  it('leave a rate of at most about three divided by their number', () => {
    expect(boundAfterCleanRuns(3000)).toBeCloseTo(0.000998, 6);
    expect(boundAfterCleanRuns(0)).toBe(1);
    expect(boundAfterCleanRuns(1)).toBeCloseTo(0.95, 10);
  });

  it('are as many as a bound needs', () => {
    expect(cleanRunsNeeded(0.01)).toBe(299);
    expect(cleanRunsNeeded(1)).toBe(1);
    expect(cleanRunsNeeded(0)).toBe(Infinity);
    fc.assert(fc.property(fc.double({ min: 1e-5, max: 0.99, noNaN: true }), (rate) => {
      const needed = cleanRunsNeeded(rate);
      expect(boundAfterCleanRuns(needed)).toBeLessThanOrEqual(rate + 1e-12);
      if (needed > 1) expect(boundAfterCleanRuns(needed - 1)).toBeGreaterThan(rate - 1e-12);
    }));
  });
});
