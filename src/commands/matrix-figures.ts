// SPDX-License-Identifier: Apache-2.0
import type { AttemptSettings } from '../explore/attempt.ts';
import { knownSchedules } from '../explore/known-schedules.ts';
import { blindPass, knowing, naiveRate, type BlindPass, type Build } from '../explore/rates.ts';
import type { Budget } from '../foundation/budget.ts';
import { ExitStatus } from '../foundation/errors.ts';
import { seconds, type TerminalReport } from '../report/terminal.ts';

export interface Measuring {
  readonly exploration: AttemptSettings;
  readonly report: TerminalReport;
  readonly bugs: readonly Build[];
  readonly budget: Budget;
}

/** What there was no time for, by name; true where there is any. */
export function tellOfBudget(report: TerminalReport, { words }: Budget, notBegun: readonly string[]): boolean {
  if (notBegun.length > 0) report.line(`${words ?? ''} is used up, not begun: ${notBegun.join(', ')}`);
  return notBegun.length > 0;
}

/** Discovery: what passes find that are not told where to look, and what that costs. Never mixed with replays. */
export async function tellOfDiscovery({ exploration, report, bugs, budget }: Measuring, { passes, jobs }: { readonly passes: number; readonly jobs: number }): Promise<number> {
  const width = Math.max(...bugs.map(({ name }) => name.length));
  let [looked, always] = [0, 0];
  const notBegun: string[] = [];
  for (const bug of within(bugs)) {
    if (budget.isUsedUp) {
      notBegun.push(bug.name);
      continue;
    }
    const done: BlindPass[] = [];
    const known = await knowing(bug, exploration);
    const queue = Array.from({ length: passes }, (_, index) => index + 1).values();
    const work = async (): Promise<void> => {
      for (const pass of queue) {
        if (budget.isUsedUp) return;
        report.live(`  … ${bug.name}, ${done.length} of ${passes} passes done`);
        done.push(await blindPass(`${bug.name}/${pass}`, known));
      }
    };
    await Promise.all(Array.from({ length: jobs }, work));
    const found = done.filter((pass) => pass.found !== undefined);
    looked += 1;
    if (done.length < passes) notBegun.push(`${passes - done.length} of ${passes} passes of ${bug.name}`);
    const isAlways = found.length === done.length && done.length > 0;
    always += isAlways ? 1 : 0;
    report.line(`  ${bug.name.padEnd(width)}  ${isAlways ? '✔' : '✘'} found in ${found.length} of ${done.length} passes  ${costOf(done)}  ${whereOf(done)}`);
  }
  const isPartial = tellOfBudget(report, budget, notBegun);
  report.line(`${looked} planted bugs, ${always} found in each of ${isPartial ? 'their' : passes} blind passes; of ${bugs.length} planted bugs ${bugs.length - within(bugs).length} are out of reach`);
  if (always < looked) return ExitStatus.broken;
  return isPartial ? ExitStatus.unknown : ExitStatus.held;
}

/** Plain stress, for comparison: nothing is held. */
export async function tellOfNaive({ exploration, report, bugs, budget }: Measuring, runs: number): Promise<number> {
  const width = Math.max(...bugs.map(({ name }) => name.length));
  const notBegun: string[] = [];
  for (const bug of within(bugs)) {
    if (budget.isUsedUp) {
      notBegun.push(bug.name);
      continue;
    }
    report.live(`  … ${bug.name}`);
    const { hits, firstMs } = await naiveRate({ ...(await knowing(bug, exploration)), runs });
    report.line(`  ${bug.name.padEnd(width)}  broken in ${hits} of ${runs} runs${firstMs === undefined ? '' : `, first after ${seconds(firstMs)}`}`);
  }
  tellOfBudget(report, budget, notBegun);
  return ExitStatus.held;
}

function within(bugs: readonly Build[]): readonly Build[] {
  return bugs.filter(({ name }) => 'schedule' in (knownSchedules[name] ?? {}));
}

/** `5 schedules (2 to 19), 2.1 s (0.9 s to 8.0 s); 12 of 40 places broken` */
function costOf(passes: readonly BlindPass[]): string {
  const tried = spread(passes.map((pass) => pass.tried.length));
  const took = spread(passes.map((pass) => pass.durationMs));
  const places = new Map(passes.flatMap((pass) => pass.tried).map(({ schedule, verdict }) => [schedule, verdict] as const));
  const broken = [...places.values()].filter((verdict) => verdict === 'broken').length;
  return `${tried.median} schedules (${tried.least} to ${tried.most}), ${seconds(took.median)} (${seconds(took.least)} to ${seconds(took.most)}); broken at ${broken} of ${places.size} places tried`;
}

/** Strategies and checkers that found it, the most frequent first. */
function whereOf(passes: readonly BlindPass[]): string {
  const found = passes.flatMap((pass) => (pass.found === undefined ? [] : [pass.found]));
  const strategies = ranked(found.map(({ schedule }) => schedule.split('/')[0] ?? ''));
  const checkers = ranked(found.flatMap(({ verdicts }) => [...new Set(verdicts.filter(({ verdict }) => verdict.verdict === 'broken').map(({ checker }) => checker))]));
  return `${strategies.join(', ')}; ${checkers.join(', ')}${passes.some(({ isTwoStops }) => isTwoStops) ? '; two stops' : ''}`;
}

function ranked(words: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].sort(([, one], [, other]) => other - one).map(([word]) => word);
}

function spread(numbers: readonly number[]): { readonly least: number; readonly median: number; readonly most: number } {
  const sorted = [...numbers].sort((one, other) => one - other);
  return { least: sorted[0] ?? 0, median: sorted[Math.floor(sorted.length / 2)] ?? 0, most: sorted.at(-1) ?? 0 };
}
