// SPDX-License-Identifier: Apache-2.0
import { relative } from 'node:path';
import type { Settings } from '../config.ts';
import type { Attempt, AttemptSettings } from '../explore/attempt.ts';
import { replaysOfFinding } from '../explore/confirm.ts';
import { leastChance } from '../explore/random-schedule.ts';
import { silenceMs, type Patience } from '../explore/patience.ts';
import type { WorkloadShape } from '../explore/workload.ts';
import type { StoredAttempt } from '../explore/stored-attempt.ts';
import type { Budget } from '../foundation/budget.ts';
import type { Shard } from '../foundation/command-words.ts';
import { ExitStatus } from '../foundation/errors.ts';
import { seconds, type TerminalReport } from '../report/terminal.ts';
import { counted } from '../report/timeline/text.ts';
import { pictureFor } from './draw-timeline.ts';

export interface ExploreOptions {
  readonly settings: Settings;
  readonly participants: number;
  /** Of schedules, or beginnings of names; none: all. */
  readonly names: readonly string[];
  readonly twoStops: boolean;
  /** How many random schedules; zero: none. */
  readonly random: number;
  readonly depth: number;
  readonly times: number;
  readonly stop: boolean;
  /** Undefined: all of it is for this machine. */
  readonly shard: Shard | undefined;
  readonly budget: Budget;
  readonly plantedBug: string | undefined;
  /** The attempt that is repeated, where it was stored. */
  readonly stored: StoredAttempt | undefined;
  /** Of the images; undefined: the usual. */
  readonly shape: WorkloadShape | undefined;
  /** True where nobody uses a cache. */
  readonly isWithoutCache: boolean;
  /** True where schedules are repeated that somebody has found before. */
  readonly isReplay: boolean;
}

/** Whether it came out as it did then. */
export function tellOfReplay({ verdict }: Attempt, stored: StoredAttempt | undefined, report: TerminalReport): void {
  if (stored?.verdict === undefined) return;
  const folder = relative(process.cwd(), stored.folder);
  report.line(verdict === stored.verdict ? `   as stored in ${folder}: ${verdict}` : `   not as stored in ${folder}: ${stored.verdict} then, ${verdict} now`);
}

/** How sure so many random schedules make. */
export function tellOfChance(done: number, { random, depth, participants }: ExploreOptions, { probe: { steps } }: AttemptSettings, report: TerminalReport): void {
  if (random === 0) return;
  const missed = (1 - leastChance({ participants, steps: steps * participants, depth })) ** done;
  const chance = missed > 0.9999 ? 'almost 1' : missed.toPrecision(2);
  report.line(`a bug that needs ${depth} orderings among ${steps * participants} steps is missed by ${done} such schedules with a probability of ${chance} at most`);
}

/** What showed nothing is no part of what was tried. */
export function tellOfDraws(drawnBefore: number, report: TerminalReport): void {
  if (drawnBefore > 0) report.line(`in ${counted(drawnBefore, 'draw')} each ran from its beginning to its end: others were made instead`);
}

/** Where a process can be held, and where it can't and why. */
export function tellOfProbe({ probe: { requests, layers, calls, trouble } }: AttemptSettings, report: TerminalReport): void {
  const places = calls === undefined ? `file calls are left alone: ${trouble}` : `${calls.cold.length} places after its file calls on a cold cache, ${calls.warm.length} on a warm one`;
  report.line(`a process alone makes ${requests} requests, ${layers} of them for layers; ${places}`);
}

/** What its own time-outs are, as far as schedules could meet them. */
export function tellOfPatience({ answer, body }: Patience, report: TerminalReport): void {
  report.line(`it waits ${lengthOf(answer)} for an answer and ${lengthOf(body)} for the rest of a layer`);
}

function lengthOf(gaveUp: number | undefined): string {
  if (gaveUp === undefined) return 'nobody knows how long';
  return gaveUp === Infinity ? `${seconds(silenceMs)} and more` : `only ${seconds(gaveUp)}`;
}

/** One line for what happened, one for each verdict, one for what to look at, one for what to type. */
export async function tell({ schedule, verdict, verdicts, folder, durationMs }: Attempt, again: number | undefined, options: ExploreOptions, report: TerminalReport): Promise<void> {
  report.line(`${verdict === 'broken' ? '✘ broken ' : '? unknown'}  ${schedule}  ${seconds(durationMs)}`);
  for (const one of verdicts) {
    if (one.verdict.verdict === 'broken') report.line(`     ${one.checker} (${one.run} run): ${one.verdict.sentence.split('\n').slice(0, 12).join('\n       ')}`);
    else if (one.verdict.verdict === 'unknown' && verdict === 'unknown') report.line(`     ${one.checker} (${one.run} run): ${one.verdict.reason}`);
  }
  if (again !== undefined) report.line(`   replayed   broken in ${again} of ${replaysOfFinding} replays`);
  report.line(`   stored     ${relative(process.cwd(), folder)}`);
  const line = againLine(options, schedule);
  report.line(`   picture    ${await pictureFor(folder, { again: line, failure: undefined })}`);
  report.line(`   again      ${line}`);
}

export function againLine({ settings, participants, plantedBug, isWithoutCache }: ExploreOptions, schedule?: string): string {
  const words = [
    settings.subject === 'reference' ? '' : `--subject ${settings.subject}`,
    settings.binary === undefined ? '' : `--binary ${settings.binary}`,
    participants === 2 ? '' : `--participants ${participants}`,
    isWithoutCache ? '--without-cache' : '',
    plantedBug === undefined ? '' : `--planted-bug ${plantedBug === '' ? "''" : plantedBug}`,
    schedule === undefined ? '' : `--replay ${schedule}`,
  ].filter((word) => word !== '');
  return `npm run explore -- ${words.join(' ')}`;
}

interface Conclusion {
  readonly report: TerminalReport;
  /** Names of schedules that the budget left no time for. */
  readonly notBegun: readonly string[];
  /** True where so many were to be tried as there is time for, and no whole was promised. */
  readonly isSample: boolean;
  readonly durationMs: number;
  readonly seed: string;
  readonly isWithoutCache: boolean;
}

export function conclude(attempts: readonly Attempt[], possible: number, { report, durationMs, seed, isWithoutCache, notBegun, isSample }: Conclusion): number {
  const count = (verdict: Attempt['verdict']): number => attempts.filter((one) => one.verdict === verdict).length;
  if (!isWithoutCache) tellOfDisk(attempts, report);
  const told = attempts.filter(({ isTold }) => isTold).length;
  if (told > 0) report.line(`in ${counted(told, 'schedule')} a process whose disk failed ended with an error and said so: no finding, as its subject promises no more (isStrict)`);
  report.line(`${attempts.length} of ${possible} schedules: ${count('held')} held, ${count('broken')} broken, ${count('unknown')} unknown  ${seconds(durationMs)} · seed ${seed}`);
  if (count('broken') > 0) return ExitStatus.broken;
  const isPartial = notBegun.length > 0 && (!isSample || attempts.length === 0);
  return count('unknown') > 0 || isPartial ? ExitStatus.unknown : ExitStatus.held;
}

/** What there was no time for, as counts of strategies: what was not looked at has not held. */
export function tellOfBudget(notBegun: readonly string[], { words }: Budget, report: TerminalReport): void {
  if (notBegun.length === 0) return;
  const counts = new Map<string, number>();
  for (const name of notBegun) counts.set(name.split('/')[0] ?? name, (counts.get(name.split('/')[0] ?? name) ?? 0) + 1);
  report.line(`${words ?? ''} is used up, not begun: ${[...counts].map(([strategy, number]) => `${number} ${strategy}`).join(', ')}`);
}

/** Whether what was held half-way was half-way on disk, too: a subject that writes elsewhere, or late, can hide nothing and show nothing there. */
function tellOfDisk(attempts: readonly Attempt[], report: TerminalReport): void {
  const inBodies = attempts.filter(({ isOnDisk }) => isOnDisk !== undefined);
  if (inBodies.length === 0) return;
  const seen = inBodies.filter(({ isOnDisk }) => isOnDisk).length;
  report.line(`something of the held layer was in the cache in ${seen} of ${counted(inBodies.length, 'schedule')} that held a body`);
}
