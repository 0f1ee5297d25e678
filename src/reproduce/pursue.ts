// SPDX-License-Identifier: Apache-2.0
import { attempt } from '../explore/attempt.ts';
import { idOf } from '../explore/schedule.ts';
import { monotonicMs } from '../foundation/clock.ts';
import type { Count } from '../statistics/proportion.ts';
import { again, type Again, type Wanted } from './again.ts';
import { openCase, sizeOf, type Bench, type OpenCase, type Size } from './case.ts';
import type { Report } from './report.ts';
import { search, type Finding, type Reproduction, type Searched } from './search.ts';
import type { Candidate } from './search-order.ts';
import { requireQuietAlone } from './serial-check.ts';
import { sightingOf } from './symptom.ts';
import { shrink, type Shrunk, type Step } from './shrink.ts';

/** Before anybody is told that it was reproduced, it is forced so often again. */
const replays = 5;
/** So often it must not show without the bug. */
const controls = 3;

/** What came of a report. */
export interface Pursuit {
  readonly report: Report;
  readonly reproduction: Reproduction | undefined;
  /** Failures that are not the reported one, each by its cause. */
  readonly others: readonly Finding[];
  /** Of each search: with as few participants as can meet, and then as reported. */
  readonly searches: readonly Searched[];
  /** In how many of some replays it came again. */
  readonly rate: Again | undefined;
  readonly naive: Naive | undefined;
  readonly shrunk: Shrunk | undefined;
  /** The smallest without the planted bug, where one is planted: what shows there, too, is not of it. */
  readonly control: Again | undefined;
  /** From the beginning of the search to the first attempt that showed it, and until it was as small as it gets. */
  readonly first: Cost | undefined;
  readonly small: Cost | undefined;
  /** What it was found with. */
  readonly size: Size;
  readonly open: OpenCase;
}

export interface Cost {
  readonly runs: number;
  readonly ms: number;
}

/** The same workload with nothing held: what shows there is luck. */
export interface Naive extends Count {
  readonly firstMs: number | undefined;
  readonly ms: number;
}

export interface PursuitSettings {
  readonly budgetMs: number;
  /** How often everything is started at once with nothing held, for comparison; zero: not. */
  readonly naiveRuns: number;
  readonly isShrunk: boolean;
  /** When whoever waits for it began to wait. */
  readonly startedAt: number;
  readonly onTry: (what: Candidate | string, done: number) => void;
  readonly onOther: (finding: Finding) => void;
  readonly onFound: (reproduction: Reproduction, cost: Cost, size: Size) => void;
  readonly onRate: (rate: Again, naive: Naive | undefined) => void;
  readonly onStep: (step: Step) => void;
}

/**
 * From a report to the smallest case that shows it: looked for, forced again, made smaller.
 * @throws StampedeError SUBJECT_FAILS where the symptom needs no race
 */
export async function pursue(report: Report, bench: Bench, settings: PursuitSettings): Promise<Pursuit> {
  const { size, open, searches } = await look(report, bench, settings);
  const { reproduction } = searches.at(-1) as Searched;
  const others = searches.flatMap((one) => one.others);
  const none = { report, reproduction, others, searches, rate: undefined, naive: undefined, shrunk: undefined, control: undefined, first: undefined, small: undefined, size, open };
  if (reproduction === undefined) return none;
  const runs = searches.reduce((sum, { tried }) => sum + tried.attempts, 0);
  const first = { runs, ms: monotonicMs() - settings.startedAt };
  settings.onFound(reproduction, first, size);
  const schedule = idOf(reproduction.schedule);
  const wanted = { symptom: report.symptom, cause: reproduction.cause };
  const rate = await again({ schedule, forced: undefined }, wanted, open.settings, { runs: replays });
  const compared = await naiveRuns(report, open, settings);
  settings.onRate(rate, compared);
  if (!settings.isShrunk || rate.hits === 0) return { ...none, rate, naive: compared, first };
  const since = monotonicMs();
  const shrunk = await shrink({ bench, report, found: { ...size, schedule, forced: undefined }, attempt: reproduction.attempt, open, wanted, onStep: settings.onStep, onTry: (words) => settings.onTry(words, 0) });
  // Comparing costs whoever waits nothing that would be needed.
  const small = { runs: runs + replays + shrunk.runs, ms: first.ms + (shrunk.smallAt - since) };
  return { ...none, rate, naive: compared, shrunk, control: await withoutBug(report, shrunk, wanted), first, small, open: shrunk.open };
}

async function withoutBug({ plantedBug }: Report, { smallest, open: { settings } }: Shrunk, wanted: Wanted): Promise<Again | undefined> {
  if (plantedBug === undefined) return undefined;
  return await again(smallest, wanted, { ...settings, environment: { ...settings.environment, STAMPEDE_PLANTED_BUG: '' } }, { runs: controls });
}

interface Looked {
  readonly size: Size;
  readonly open: OpenCase;
  readonly searches: readonly Searched[];
}

/** Two that meet are enough for most: the likely strategies are tried with them first, and everything with as many as the report says. */
async function look(report: Report, bench: Bench, { budgetMs, onTry, onOther }: PursuitSettings): Promise<Looked> {
  const reported = sizeOf(report);
  const few = Math.min(2, reported.participants);
  const sizes = few === reported.participants ? [reported] : [{ ...reported, participants: few }, reported];
  const searches: Searched[] = [];
  for (const size of sizes) {
    const isLast = size === reported;
    const known = searches.at(-1)?.settings.probe;
    const open = await openCase(bench, size, { look: async (alone) => await requireQuietAlone(report, alone), ...(known === undefined ? {} : { known }) });
    const done = searches.reduce((sum, { tried }) => sum + tried.attempts, 0);
    const searched = await search({ report, settings: open.settings, budgetMs, phases: isLast ? 'all' : 'strategies', onTry: (candidate, tried) => onTry(candidate, done + tried), onOther });
    searches.push(searched);
    if (isLast || searched.reproduction !== undefined) return { size, open: { ...open, settings: searched.settings }, searches };
    await open.close();
  }
  throw new TypeError('the reported size is the last one');
}

async function naiveRuns({ symptom }: Report, { settings }: OpenCase, { naiveRuns: runs, onTry }: PursuitSettings): Promise<Naive | undefined> {
  if (runs === 0) return undefined;
  const startedAt = monotonicMs();
  let hits = 0;
  let firstMs: number | undefined;
  for (let run = 0; run < runs; run += 1) {
    onTry(`nothing held, ${run + 1} of ${runs}`, run);
    const made = await attempt({ strategy: 'naive' }, settings);
    if ((await sightingOf(symptom, made)) === undefined) continue;
    hits += 1;
    firstMs ??= monotonicMs() - startedAt;
  }
  return { hits, runs, firstMs, ms: monotonicMs() - startedAt };
}
