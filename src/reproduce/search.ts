// SPDX-License-Identifier: Apache-2.0
import { attempt, type Attempt, type AttemptSettings } from '../explore/attempt.ts';
import { causeKey, causeOf, type Cause } from '../explore/cause.ts';
import { leastChance } from '../explore/random-schedule.ts';
import type { Schedule } from '../explore/schedule.ts';
import { monotonicMs } from '../foundation/clock.ts';
import { isProbed, probed } from './case.ts';
import { likelyFor } from './likelihood.ts';
import type { Report } from './report.ts';
import { candidates, depth, type Candidate, type Phase } from './search-order.ts';
import { sightingOf, type Sighting } from './symptom.ts';

/** An attempt that is broken. */
export interface Finding {
  readonly schedule: Schedule;
  readonly attempt: Attempt;
  readonly cause: Cause;
}

/** One that shows what is looked for. */
export interface Reproduction extends Finding {
  readonly sighting: Sighting;
}

/** What has been tried, and what that says. */
export interface Tried {
  readonly attempts: number;
  readonly held: number;
  readonly unknown: number;
  /** By phase. */
  readonly phases: Readonly<Record<Phase, number>>;
  /** Of random schedules. */
  readonly random: number;
  /** A bug that needs `depth` orderings is missed by these with that probability at most; undefined without any. */
  readonly missedByChance: number | undefined;
  /** Why no file call could be held; undefined where they could, or nobody had to look. */
  readonly untraced: string | undefined;
  /** False where the budget came first. */
  readonly isWhole: boolean;
  readonly durationMs: number;
}

export interface Searched {
  readonly reproduction: Reproduction | undefined;
  /** Each by its cause, in the order in which they were found. */
  readonly others: readonly Finding[];
  readonly tried: Tried;
  /** With the places that were learned on the way. */
  readonly settings: AttemptSettings;
}

export interface SearchRequest {
  readonly report: Report;
  readonly settings: AttemptSettings;
  readonly budgetMs: number;
  /** All, or the first schedules of the strategies alone. */
  readonly phases: 'all' | 'strategies';
  /** Told before each attempt, and of each that is broken. */
  readonly onTry: (candidate: Candidate, done: number) => void;
  readonly onOther: (finding: Finding) => void;
}

/** Forces one schedule after the other until one shows the symptom, all are through, or the budget is used up. */
export async function search({ report, settings: unprobed, budgetMs, phases, onTry, onOther }: SearchRequest): Promise<Searched> {
  const startedAt = monotonicMs();
  let settings = unprobed;
  const { workload, scenario } = settings;
  const others = new Map<string, Finding>();
  const done: { readonly phase: Phase; readonly schedule: Schedule; readonly attempt: Attempt }[] = [];
  const end = (isWhole: boolean, reproduction?: Reproduction): Searched => ({ reproduction, others: [...others.values()], tried: triedBy(done, { settings, isWhole, startedAt }), settings });
  const places = async () => {
    if (!isProbed(settings)) settings = await probed(settings);
    return settings.probe;
  };
  const space = { participants: workload.participants.length, likely: likelyFor(report), isOfValidators: workload.together !== undefined, isUntouched: report.workload.untouched === true, seed: scenario.context.seed, places };
  for await (const candidate of candidates(space)) {
    if (monotonicMs() - startedAt > budgetMs || (phases === 'strategies' && candidate.phase !== 'strategies')) return end(false);
    onTry(candidate, done.length);
    const made = await attempt(candidate.schedule, settings);
    done.push({ ...candidate, attempt: made });
    const cause = causeOf(made.schedule, made.verdicts);
    if (cause === undefined) continue;
    const finding = { schedule: candidate.schedule, attempt: made, cause };
    const sighting = await sightingOf(report.symptom, made);
    if (sighting !== undefined) return end(true, { ...finding, sighting });
    if (others.has(causeKey(cause))) continue;
    others.set(causeKey(cause), finding);
    onOther(finding);
  }
  return end(true);
}

function triedBy(done: readonly { readonly phase: Phase; readonly schedule: Schedule; readonly attempt: Attempt }[], { settings: { probe, workload }, isWhole, startedAt }: { readonly settings: AttemptSettings; readonly isWhole: boolean; readonly startedAt: number }): Tried {
  const count = (is: (one: (typeof done)[number]) => boolean): number => done.filter(is).length;
  const ofPhase = (name: Phase): number => count(({ phase }) => phase === name);
  const random = count(({ schedule }) => schedule.strategy === 'random');
  const participants = workload.participants.length;
  return {
    attempts: done.length,
    held: count(({ attempt: { verdict } }) => verdict === 'held'),
    unknown: count(({ attempt: { verdict } }) => verdict === 'unknown'),
    phases: { strategies: ofPhase('strategies'), places: ofPhase('places'), 'pairs and chance': ofPhase('pairs and chance') },
    random,
    missedByChance: random === 0 ? undefined : (1 - leastChance({ participants, steps: probe.steps * participants, depth })) ** random,
    untraced: probe.trouble,
    isWhole,
    durationMs: monotonicMs() - startedAt,
  };
}
