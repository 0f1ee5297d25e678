// SPDX-License-Identifier: Apache-2.0
import { ExitStatus } from '../foundation/errors.ts';

/** What came of a judgement. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** What was asked, and why it is not so; a judge that counts groups, too, has fewer of them than have failed. */
  readonly failures: readonly string[];
}

/** `852 passed, 0 failed, 6 skipped` */
export function tallyLine({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

export function addTallies(parts: readonly Tally[]): Tally {
  const sum = (name: 'passed' | 'failed' | 'skipped'): number => parts.reduce((total, part) => total + part[name], 0);
  return { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped'), failures: parts.flatMap(({ failures }) => failures) };
}

/** A judge that has let nothing pass and nothing fail has judged nothing. */
export function statusOfTally({ passed, failed }: Tally): number {
  if (failed > 0) return ExitStatus.broken;
  return passed > 0 ? ExitStatus.held : ExitStatus.unknown;
}
