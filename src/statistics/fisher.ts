// SPDX-License-Identifier: Apache-2.0
import type { Count } from './proportion.ts';

/** Tables as improbable as the one that was seen count, too, however rounding has it. As R does. */
const slack = 1 + 1e-7;

/**
 * How probable it is that two counts differ so much, or more, although both have the same rate: Fisher's exact test, two-sided, which is right for
 * few runs, too. 1 where there is nothing to compare.
 * https://en.wikipedia.org/wiki/Fisher%27s_exact_test
 */
export function fisherExact(one: Count, other: Count): number {
  const hits = one.hits + other.hits;
  const runs = one.runs + other.runs;
  const logs = logFactorials(runs);
  const choose = (n: number, k: number): number => logAt(logs, n) - logAt(logs, k) - logAt(logs, n - k);
  const probability = (first: number): number => Math.exp(choose(one.runs, first) + choose(other.runs, hits - first) - choose(runs, hits));
  const seen = probability(one.hits);
  let sum = 0;
  for (let first = Math.max(0, hits - other.runs); first <= Math.min(hits, one.runs); first += 1) {
    const each = probability(first);
    if (each <= seen * slack) sum += each;
  }
  return Math.min(1, sum);
}

function logFactorials(most: number): Float64Array {
  const logs = new Float64Array(most + 1);
  for (let n = 1; n <= most; n += 1) logs[n] = logAt(logs, n - 1) + Math.log(n);
  return logs;
}

function logAt(logs: Float64Array, n: number): number {
  return logs[n] ?? NaN;
}
