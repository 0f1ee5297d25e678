// SPDX-License-Identifier: Apache-2.0
import { attempt, type Attempt, type AttemptSettings } from '../explore/attempt.ts';
import { causeOf, type Cause } from '../explore/cause.ts';
import { schedulesNamed } from '../explore/schedule.ts';
import type { Count } from '../statistics/proportion.ts';
import type { Case } from './case.ts';
import type { Symptom } from './report.ts';
import { sightingOf } from './symptom.ts';

/** What has to come again. */
export interface Wanted {
  readonly symptom: Symptom;
  readonly cause: Cause;
}

/** Runs of one case. */
export interface Again extends Count {
  /** The last one that showed it. */
  readonly shown: Attempt | undefined;
  /** The first one that did not. */
  readonly missed: Attempt | undefined;
  /** How many did not come about as the schedule says. */
  readonly unforced: number;
}

/** Forces a case so often, on a workload of its size. `stopAtMiss`: one that does not show it is enough to know. */
export async function again({ schedule, forced }: Pick<Case, 'schedule' | 'forced'>, wanted: Wanted, settings: AttemptSettings, { runs, stopAtMiss = false }: { readonly runs: number; readonly stopAtMiss?: boolean }): Promise<Again> {
  const [named] = schedulesNamed(schedule, settings.workload.participants.length);
  if (named === undefined) throw new TypeError(`${schedule} is a schedule`);
  let [hits, done, unforced] = [0, 0, 0];
  let shown: Attempt | undefined;
  let missed: Attempt | undefined;
  while (done < runs && !(stopAtMiss && missed !== undefined)) {
    const made = await attempt(named, { ...settings, ...(forced === undefined ? {} : { forced }) });
    done += 1;
    if (made.verdict === 'unknown') unforced += 1;
    if (await isIt(made, wanted)) {
      hits += 1;
      shown = made;
    } else missed ??= made;
  }
  return { hits, runs: done, shown, missed, unforced };
}

/** The same symptom, of the same cause. */
export async function isIt(made: Attempt, { symptom, cause }: Wanted): Promise<boolean> {
  const found = causeOf(made.schedule, made.verdicts);
  return found !== undefined && isSameCause(found, cause) && (await sightingOf(symptom, made)) !== undefined;
}

/** The first thing that is wrong, under the same strategy. What else is wrong besides may differ from run to run, and who leads from size to size. */
export function isSameCause(one: Cause, other: Cause): boolean {
  return one.strategy === other.strategy && sentenceIn(one) === sentenceIn(other);
}

function sentenceIn({ symptom }: Cause): string {
  return symptom.slice(symptom.indexOf(': ') + 2);
}
