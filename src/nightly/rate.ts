// SPDX-License-Identifier: Apache-2.0
import { boundAfterCleanRuns, wilsonInterval, type Count } from '../statistics/proportion.ts';
import type { Rate } from './summary.ts';

export function rateOf({ hits, runs }: Count): Rate {
  return { hits, runs, interval: wilsonInterval({ hits, runs }), below: hits === 0 && runs > 0 ? boundAfterCleanRuns(runs) : undefined };
}

export function sumOf(counts: readonly Count[]): Count {
  return counts.reduce<Count>((sum, { hits, runs }) => ({ hits: sum.hits + hits, runs: sum.runs + runs }), { hits: 0, runs: 0 });
}
