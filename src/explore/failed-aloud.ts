// SPDX-License-Identifier: Apache-2.0
import { statSync } from 'node:fs';
import { outcomeText } from '../scenario/reference-run.ts';
import type { RunResult } from '../scenario/run.ts';

export interface Alone {
  /** Exit status and standard output of the same command alone, without a cache. */
  readonly alone: string;
  /** Names for what differs from run to run. */
  readonly known: ReadonlyMap<string, string>;
}

/**
 * True for a process that ended with a status of its own other than 0 and that of the run alone, said something on standard error, and
 * on standard output no line that it does not say alone: it told of a failure, and did not pass it off as a finding.
 */
export function failedAloud(result: RunResult, { alone, known }: Alone): boolean {
  if (result.exitCode === null || result.exitCode === 0) return false;
  if (statSync(result.stderrFile).size === 0) return false;
  const [status, ...lines] = outcomeText(result, known).split('\n');
  const [statusAlone, ...linesAlone] = alone.split('\n');
  return status !== statusAlone && lines.every((line) => linesAlone.includes(line));
}
