// SPDX-License-Identifier: Apache-2.0
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { readSettings } from '../config.ts';
import { attempt, type Attempt } from '../explore/attempt.ts';
import { brokenAgain, replaysOfFinding } from '../explore/confirm.ts';
import { knownSchedules } from '../explore/known-schedules.ts';
import { replayRate } from '../explore/rates.ts';
import { enumerate, idOf, type Schedule } from '../explore/schedule.ts';
import { Budget } from '../foundation/budget.ts';
import { monotonicMs } from '../foundation/clock.ts';
import { isOfShard, shardOf, type Shard } from '../foundation/command-words.ts';
import { ExitStatus, StampedeError } from '../foundation/errors.ts';
import type { ResourceStack } from '../foundation/resources.ts';
import { root } from '../foundation/root.ts';
import { seconds, TerminalReport } from '../report/terminal.ts';
import { withResources } from './interrupt.ts';
import { tellOfBudget, tellOfDiscovery, tellOfNaive, type Measuring } from './matrix-figures.ts';
import { openExploration, withBug } from './open-exploration.ts';

const participants = 2;
/** A hang is a finding here, and nothing that does not hang takes seconds. */
const defaultDeadline = '5000';
/** One more than there are processors, as part of a schedule is waiting; above four they would wait for this process, which takes a quarter of the work. */
const defaultJobs = String(Math.min(4, availableParallelism() + 1));
const usage = `npm run matrix -- [options]

The suite tested against itself: each planted bug of the reference validator is forced by the schedule that is known for it, and has to
be broken for its own reason each time; the safe cache has to hold under every schedule. Bugs that no schedule can force are
named, with the reason. How fast an unknown bug is found is another figure, with a table of its own.

  --repeat N     how often each bug is forced; default: 1
  --discover N   instead: N blind passes for each bug, each until something is found, by who does not know where
  --naive N      instead: N runs for each bug in which nothing is held
  --bug NAME     only this one; repeatable
  --jobs N       schedules of the safe cache, or blind passes, at a time; default: one more than processors, 4 at most
  --shard I/N    the I-th of N parts of the bugs, and of the safe cache's schedules: all parts together are the whole
  --budget TIME  such as 20m: after it no bug, schedule or pass is begun, and what was not is told
  --store DIR  --deadline MS  --seed SEED

exit status: 0 when each bug was caught each time and the safe cache held, else 1; 3 when only the budget left something out. Figures
of --naive are no verdict, and never end in 3.
`;

interface MatrixOptions {
  readonly repeat: number;
  readonly discover: number;
  readonly naive: number;
  readonly jobs: number;
  readonly bugs: readonly string[];
  readonly shard: Shard;
  readonly budget: Budget;
  readonly settings: Readonly<Record<string, string>>;
}

/** `matrix`: planted bug x schedule x checker, and the safe cache under all schedules. */
export async function matrixCommand(argv: readonly string[]): Promise<number> {
  const { values } = parse(argv);
  if (values.help === true) {
    process.stdout.write(usage);
    return ExitStatus.held;
  }
  const options = optionsOf(values);
  const report = new TerminalReport({ out: process.stdout, root, again: 'npm run matrix' });
  return await withResources(report, async (resources) => await measure(options, report, resources));
}

async function measure(options: MatrixOptions, report: TerminalReport, resources: ResourceStack): Promise<number> {
  const exploration = await openExploration({ settings: readSettings(options.settings), participants, plantedBug: '' }, report, resources);
  const { shard, budget } = options;
  const mine = options.bugs.filter((name) => isOfShard(name, shard));
  if (shard.count > 1) report.line(`shard ${shard.index}/${shard.count}: ${mine.length} of ${options.bugs.length} planted bugs fall to it`);
  const measuring: Measuring = { exploration, report, budget, bugs: mine.map((name) => ({ name, environment: withBug(name) })) };
  if (options.discover > 0) return await tellOfDiscovery(measuring, { passes: options.discover, jobs: options.jobs });
  if (options.naive > 0) return await tellOfNaive(measuring, options.naive);
  return await fill(measuring, options);
}

async function fill(measuring: Measuring, options: MatrixOptions): Promise<number> {
  const { exploration, report, bugs, budget } = measuring;
  const startedAt = monotonicMs();
  const all = enumerate(participants, exploration.probe.calls).filter((schedule) => isOfShard(idOf(schedule), options.shard));
  const forcing = force(measuring, options.repeat);
  const [{ forced, caught, notBegun }, safe] = await Promise.all([forcing, holds(all, measuring, { jobs: options.jobs, forcing })]);
  const isPartial = tellOfBudget(report, budget, [...notBegun, ...(safe.length === all.length ? [] : [`${all.length - safe.length} of ${all.length} schedules of the safe cache`])]);
  report.line(`${seconds(monotonicMs() - startedAt)}, of ${bugs.length} planted bugs ${bugs.length - forced - notBegun.length} are out of reach`);
  report.line(`${forced} planted bugs, ${caught} caught; safe cache: ${safe.length} schedules, ${count(safe, 'held')} held, ${count(safe, 'broken')} broken, ${count(safe, 'unknown')} unknown`);
  if (caught < forced || count(safe, 'held') < safe.length) return ExitStatus.broken;
  return isPartial ? ExitStatus.unknown : ExitStatus.held;
}

interface ForcedBugs {
  readonly forced: number;
  readonly caught: number;
  /** By name, what the budget left out. */
  readonly notBegun: readonly string[];
}

/** One after the other, as how long each takes is told. */
async function force({ exploration, report, bugs, budget }: Measuring, repeat: number): Promise<ForcedBugs> {
  const width = Math.max(...bugs.map(({ name }) => name.length));
  let [forced, caught] = [0, 0];
  const notBegun: string[] = [];
  for (const bug of bugs) {
    const how = knownSchedules[bug.name] ?? { needs: 'a schedule' };
    if ('needs' in how) {
      report.line(`  ${bug.name.padEnd(width)}  - out of reach  needs ${how.needs}`);
      continue;
    }
    if (budget.isUsedUp) {
      notBegun.push(bug.name);
      continue;
    }
    report.live(`  … ${bug.name}, ${how.schedule}`);
    const { hits, runs, firstMs } = await replayRate(how, bug, { ...exploration, runs: repeat });
    forced += 1;
    caught += hits === runs ? 1 : 0;
    report.line(`  ${bug.name.padEnd(width)}  ${hits === runs ? '✔' : '✘'} ${hits} of ${runs}  ${how.schedule}  ${how.checker}  ${seconds(firstMs)}`);
  }
  return { forced, caught, notBegun };
}

/** All of the same queue, so many at a time. While the bugs are forced, one at a time: there is a processor for each of the two. */
async function holds(all: readonly Schedule[], { exploration, report, budget }: Measuring, { jobs, forcing }: { readonly jobs: number; readonly forcing: Promise<unknown> }): Promise<readonly Attempt[]> {
  const attempts: Attempt[] = [];
  const queue = all.values();
  let areBugsForced = false;
  const work = async (): Promise<void> => {
    for (const schedule of queue) {
      if (budget.isUsedUp) return;
      if (areBugsForced) report.live(`  … the safe cache, ${attempts.length} of ${all.length}`);
      const done = await attempt(schedule, exploration);
      attempts.push(done);
      if (done.verdict === 'held') continue;
      const again = done.verdict === 'broken' ? `, broken in ${await brokenAgain(schedule, exploration)} of ${replaysOfFinding} replays` : '';
      report.line(`  the safe cache is ${done.verdict} under ${done.schedule}${again}: ${done.folder}`);
    }
  };
  const later = forcing.then(() => void (areBugsForced = true));
  await Promise.all(Array.from({ length: jobs }, async (_, job) => {
    if (job > 0 || jobs === 1) await later;
    await work();
  }));
  return attempts;
}

function count(attempts: readonly Attempt[], verdict: Attempt['verdict']): number {
  return attempts.filter((one) => one.verdict === verdict).length;
}

function optionsOf({ repeat = '1', discover = '0', naive = '0', jobs = defaultJobs, bug = [], shard = '1/1', budget, store, deadline = defaultDeadline, seed }: ReturnType<typeof parse>['values']): MatrixOptions {
  const known = Object.keys(knownSchedules);
  const stranger = bug.find((name) => !known.includes(name));
  if (stranger !== undefined) throw refused(`no planted bug is named ${JSON.stringify(stranger)}`, 'npm run reference -- --list-planted-bugs');
  return {
    repeat: countOf('repeat', repeat, 1),
    discover: countOf('discover', discover, 0),
    naive: countOf('naive', naive, 0),
    jobs: countOf('jobs', jobs, 1),
    bugs: bug.length > 0 ? bug : known,
    shard: shardOf(shard),
    budget: new Budget(budget),
    settings: { deadline, ...(store === undefined ? {} : { runs: store }), ...(seed === undefined ? {} : { seed }) },
  };
}

function countOf(name: string, value: string, least: number): number {
  const found = Number(value);
  if (Number.isInteger(found) && found >= least && found <= 100_000) return found;
  throw refused(`--${name} ${value} is not a count from ${least}`);
}

function refused(message: string, hint = 'npm run matrix -- --help'): StampedeError {
  return new StampedeError('CONFIG_INVALID', message, { hint });
}

function parse(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...argv],
      options: { repeat: text, discover: text, naive: text, jobs: text, bug: { ...text, multiple: true }, shard: text, budget: text, store: text, deadline: text, seed: text, help: { type: 'boolean', short: 'h' } },
    });
  } catch (cause) {
    throw refused(cause instanceof Error ? cause.message : String(cause));
  }
}
