// SPDX-License-Identifier: Apache-2.0

/** What has been counted: how often something happened in so many independent runs. */
export interface Count {
  readonly hits: number;
  readonly runs: number;
}

/** Ends of an interval of probabilities, both within 0 and 1. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** The quantile of the standard normal distribution for 95 % on both sides. */
const z95 = 1.959963984540054;

/**
 * Where the true rate lies, at 95 %. The Wilson score interval: right for few runs and for rates of 0 and 1, where the usual one says nothing.
 * Without runs: all of 0 to 1.
 * https://en.wikipedia.org/wiki/Binomial_proportion_confidence_interval#Wilson_score_interval
 */
export function wilsonInterval({ hits, runs }: Count): Interval {
  if (runs === 0) return { low: 0, high: 1 };
  const rate = hits / runs;
  const share = z95 ** 2 / runs;
  const middle = (rate + share / 2) / (1 + share);
  const half = (z95 / (1 + share)) * Math.sqrt((rate * (1 - rate)) / runs + share / (4 * runs));
  // Exactly at the ends, where rounding would miss them by a hair.
  return { low: hits === 0 ? 0 : Math.max(0, middle - half), high: hits === runs ? 1 : Math.min(1, middle + half) };
}

/** The highest rate that so many runs without a hit leave possible: below it with the given confidence. Exact; 3 / runs is the rule of thumb for 95 %. */
export function boundAfterCleanRuns(runs: number, confidence = 0.95): number {
  return runs === 0 ? 1 : 1 - (1 - confidence) ** (1 / runs);
}

/** How many runs without a hit it takes to say that the rate is below this one; Infinity for a rate of 0. */
export function cleanRunsNeeded(rate: number, confidence = 0.95): number {
  if (rate <= 0) return Infinity;
  return rate >= 1 ? 1 : Math.ceil(Math.log(1 - confidence) / Math.log(1 - rate));
}
