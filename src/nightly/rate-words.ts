// SPDX-License-Identifier: Apache-2.0
import { boundAfterCleanRuns } from '../statistics/proportion.ts';
import type { Rate } from './summary.ts';

/** What so many runs without anything broken allow to be said: `0 in 3000: below 0.1 % at 95 %`. */
export function cleanWords(runs: number): string {
  return runs === 0 ? '0 in 0: nothing is known' : `0 in ${runs}: below ${boundWords(boundAfterCleanRuns(runs))} at 95 %`;
}

/** `3 of 40, 2.6 % to 20 %`, or what a count of zero says. */
export function rateWords({ hits, runs, interval }: Rate): string {
  return hits === 0 ? cleanWords(runs) : `${hits} of ${runs}, ${percent(interval.low)} to ${percent(interval.high)}`;
}

/** Two digits, or as many as it takes not to say 100 % of what is less. */
export function percent(share: number): string {
  const value = share * 100;
  if (value >= 99.5 && value < 100) return `${Math.floor(value * 1000) / 1000} %`;
  return `${plain(Number(value.toPrecision(2)))} %`;
}

/** An upper bound is rounded up. */
function boundWords(share: number): string {
  const value = share * 100;
  const unit = 10 ** (Math.floor(Math.log10(value)) - 1);
  return `${plain(Number((Math.ceil(value / unit - 1e-9) * unit).toPrecision(2)))} %`;
}

/** Without an exponent. */
function plain(value: number): string {
  return value !== 0 && value < 1e-6 ? value.toFixed(12).replace(/0+$/, '') : String(value);
}

/** Of a test: below a thousandth nobody wants digits. */
export function pWords(pValue: number): string {
  return pValue < 0.001 ? 'p < 0.001' : `p = ${pValue.toPrecision(2)}`;
}
