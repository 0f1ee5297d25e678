// SPDX-License-Identifier: Apache-2.0
import type { Event } from '../history/event.ts';
import type { Participant, PerformedRun } from '../scenario/run.ts';
import { withoutCache, type Expectation } from './expectation.ts';

/** What validators took of the runs of one attempt; the rest is the harness's. */
export interface Spent {
  readonly validatorMs: number;
  readonly peakRssBytes: number | undefined;
}

/** The time in which at least one validator was running, and the most memory that one of them had. */
export function spent(runs: readonly PerformedRun[]): Spent {
  const histories = runs.map(({ recorder }) => recorder.events());
  const peaks = runs.flatMap(({ results }) => results.flatMap(({ peakRssBytes }) => peakRssBytes ?? []));
  return { validatorMs: histories.reduce((sum, history) => sum + runningMs(history), 0), peakRssBytes: peaks.length === 0 ? undefined : Math.max(...peaks) };
}

/** Learns what a process says alone. Resolves with the milliseconds, of those that passed, in which it was running: none to speak of where it was known before. */
export async function learning(expectation: Pick<Expectation, 'learn' | 'serialRuns'>, participant: Participant): Promise<number> {
  const startedAt = performance.now();
  await expectation.learn(participant);
  const run = expectation.serialRuns.find((one) => one.participant === participant.name && one.moment === withoutCache);
  return Math.min(run?.result.durationMs ?? 0, performance.now() - startedAt);
}

/** Of one history. A process that has no end was running to the last event. */
export function runningMs(history: readonly Event[]): number {
  let [running, since, sum] = [0, 0, 0];
  for (const { kind, at } of history) {
    if (kind === 'validator-started' && (running += 1) === 1) since = at;
    if (kind === 'validator-exited' && running > 0 && (running -= 1) === 0) sum += at - since;
  }
  return running === 0 ? sum : sum + (history.at(-1)?.at ?? since) - since;
}
