// SPDX-License-Identifier: Apache-2.0
import type { History } from '../history/event.ts';

/**
 * What a checker found. `unknown` is for histories that prove nothing: a gate that opened by time-out,
 * an overlap that never happened, a cache never read.
 */
export type Verdict =
  | { readonly verdict: 'held' }
  | {
      readonly verdict: 'broken';
      readonly sentence: string;
      /** Indexes of the events that show it. */
      readonly events: readonly number[];
    }
  | { readonly verdict: 'unknown'; readonly reason: string };

/** A property of a run, judged from its history alone: no files, no network, no clock. */
export interface Checker {
  readonly name: string;
  readonly check: (history: History) => Verdict;
}

export interface NamedVerdict {
  readonly checker: string;
  readonly verdict: Verdict;
}

export const held: Verdict = { verdict: 'held' };

/** Runs one checker; one that throws says nothing about the validator. */
export function judge(checker: Checker, history: History): NamedVerdict {
  try {
    return { checker: checker.name, verdict: checker.check(history) };
  } catch (error) {
    const reason = `the checker failed: ${error instanceof Error ? error.message : String(error)}`;
    return { checker: checker.name, verdict: { verdict: 'unknown', reason } };
  }
}

/** broken beats unknown beats held. */
export function worst(verdicts: readonly NamedVerdict[]): Verdict['verdict'] {
  const found = new Set(verdicts.map(({ verdict }) => verdict.verdict));
  if (found.has('broken')) return 'broken';
  return found.has('unknown') ? 'unknown' : 'held';
}
