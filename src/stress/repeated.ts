// SPDX-License-Identifier: Apache-2.0
import { monotonicMs } from '../foundation/clock.ts';
import { runOnce, type Failure, type RunSettings } from './one-run.ts';

export interface RepeatSettings extends RunSettings {
  /** At a time. */
  readonly jobs: number;
  /** In all; no run begins when the time is over or so many have failed. */
  readonly runs: number;
  readonly budgetMs: number;
  readonly mostFailures: number;
  readonly onDone: (done: Repeated) => void;
}

/** So far, or in the end. */
export interface Repeated {
  /** That came to an end, or hung. */
  readonly runs: number;
  readonly failures: readonly Failure[];
}

/** Runs a command again and again, so many at a time. */
export async function repeat(settings: RepeatSettings): Promise<Repeated> {
  const startedAt = monotonicMs();
  const failures: Failure[] = [];
  let [begun, ended] = [0, 0];
  const isOver = (): boolean => settings.signal.aborted || begun >= settings.runs || failures.length >= settings.mostFailures || monotonicMs() - startedAt >= settings.budgetMs;
  const work = async (): Promise<void> => {
    while (!isOver()) {
      const failure = await runOnce((begun += 1), settings);
      if (settings.signal.aborted) return;
      ended += 1;
      if (failure !== undefined) failures.push(failure);
      settings.onDone({ runs: ended, failures });
    }
  };
  await Promise.all(Array.from({ length: Math.min(settings.jobs, settings.runs) }, work));
  return { runs: ended, failures };
}

/** How many have failed in which way, the most frequent first. */
export function ways(failures: readonly Failure[]): readonly (readonly [way: string, failures: readonly Failure[]])[] {
  const found = new Map<string, Failure[]>();
  for (const failure of failures) found.set(failure.way, [...(found.get(failure.way) ?? []), failure]);
  return [...found].sort(([, one], [, other]) => other.length - one.length);
}
