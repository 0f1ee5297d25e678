// SPDX-License-Identifier: Apache-2.0
import { cleanRunsNeeded, wilsonInterval, type Count } from '../statistics/proportion.ts';

/** What is known of a build. */
export type Judged =
  | { readonly kind: 'bad'; readonly runs: number }
  /** So many runs in which it was forced and did not show. */
  | { readonly kind: 'good'; readonly runs: number }
  /** It does not start, fails alone, fails in another way, or can't be forced. */
  | { readonly kind: 'skipped'; readonly why: string };

export interface Bisected {
  readonly lastGood: number;
  readonly firstBad: number;
  /** Between them, where nothing can be told: any of these may be the first. */
  readonly between: readonly number[];
}

/**
 * Finds the first bad one of builds in their order, of which the first is good and the last is bad: each time the one nearest to the middle of those
 * that are left. Those that are skipped are passed by.
 */
export async function firstBad(count: number, judge: (build: number) => Promise<Judged>): Promise<Bisected> {
  let [lastGood, bad] = [0, count - 1];
  const skipped = new Set<number>();
  for (;;) {
    const left = Array.from({ length: bad - lastGood - 1 }, (_, index) => lastGood + 1 + index).filter((build) => !skipped.has(build));
    const middle = (lastGood + bad) / 2;
    const [next] = left.sort((one, other) => Math.abs(one - middle) - Math.abs(other - middle) || one - other);
    if (next === undefined) break;
    const { kind } = await judge(next);
    if (kind === 'bad') bad = next;
    else if (kind === 'good') lastGood = next;
    else skipped.add(next);
  }
  return { lastGood, firstBad: bad, between: [...skipped].filter((build) => build > lastGood && build < bad).sort((one, other) => one - other) };
}

/** How sure all that is said shall be. */
const confidence = 0.95;

/**
 * How many runs without it make a build good. From the lowest rate that the runs at the bad end leave possible, and so that all that are called good are so at once.
 * @param atBadEnd - at least one of its runs showed it
 */
export function runsForGood(atBadEnd: Count, builds: number): number {
  return cleanRunsNeeded(wilsonInterval(atBadEnd).low, 1 - (1 - confidence) / mostGood(builds));
}

/** The good end, and at each halving one more. */
function mostGood(builds: number): number {
  return 1 + Math.ceil(Math.log2(Math.max(2, builds)));
}

/** The probability, at most, that a build was called good which is not. */
export function doubt(atBadEnd: Count, good: readonly number[]): number {
  const missed = 1 - wilsonInterval(atBadEnd).low;
  return Math.min(1, good.reduce((sum, runs) => sum + missed ** runs, 0));
}
