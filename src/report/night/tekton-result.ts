// SPDX-License-Identifier: Apache-2.0
import type { NightSummary } from '../../nightly/summary.ts';
import { failing } from '../../nightly/verdict.ts';
import { cut } from '../timeline/text.ts';

/**
 * What a Tekton task says of a test in its result TEST_OUTPUT, as policies of Conforma read it; the counts are of runs.
 * https://github.com/konflux-ci/architecture/blob/main/ADR/0030-tekton-results-naming-convention.md
 */
export interface TestOutput {
  readonly result: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'ERROR';
  /** RFC 3339, in UTC. */
  readonly timestamp: string;
  readonly note: string;
  readonly namespace: 'default';
  readonly successes: number;
  readonly failures: number;
  readonly warnings: number;
}

/** All results of a task share the 4096 bytes of a container's last message. */
const longestNote = 400;

/**
 * Of what a command told, by its exit status. `FAILURE` is broken and not excused; `ERROR` is that it can't be said, so that no policy takes it for
 * good; `WARNING` held, but something is known to be broken, or unknown in some runs. Runs that are broken and excused are warnings.
 */
export function testOutput(summaries: readonly NightSummary[], exitStatus: number, at: Date): TestOutput {
  const sum = (of: (summary: NightSummary) => number): number => summaries.reduce((total, one) => total + of(one), 0);
  const failures = sum(({ findings }) => findings.filter(({ status }) => failing.includes(status)).reduce((hits, { rate }) => hits + rate.hits, 0));
  const warnings = sum(({ counts }) => counts.broken + counts.unknown + counts.harness) - failures;
  const result = exitStatus === 1 ? 'FAILURE' : exitStatus !== 0 || summaries.length === 0 ? 'ERROR' : warnings > 0 ? 'WARNING' : 'SUCCESS';
  const note = summaries.map(({ night, verdict, reasons }) => `night ${night.id} ${verdict}: ${reasons.slice(0, 5).join('; ')}`).join('; ');
  return noted({ result, timestamp: timeOf(at), successes: sum(({ counts }) => counts.held), failures, warnings }, note);
}

/** Of a command that did not come to a verdict. */
export function erredOutput(why: string, at: Date): TestOutput {
  return noted({ result: 'ERROR', timestamp: timeOf(at), successes: 0, failures: 0, warnings: 0 }, why);
}

function noted(rest: Omit<TestOutput, 'note' | 'namespace'>, note: string): TestOutput {
  return { ...rest, namespace: 'default', note: cut(note.replaceAll(/\s+/g, ' '), longestNote) };
}

function timeOf(at: Date): string {
  return at.toISOString().replace(/\.\d+Z$/, '+00:00');
}
