// SPDX-License-Identifier: Apache-2.0
import { parseArgs } from 'node:util';
import { readSettings } from '../config.ts';
import { requireWithin } from '../explore/meeting-under.ts';
import { attempt, type Attempt, type AttemptSettings } from '../explore/attempt.ts';
import { brokenAgain, replaysOfFinding } from '../explore/confirm.ts';
import { drawnAttempt, type DrawnAttempt } from '../explore/drawn-attempt.ts';
import { inTurns } from '../explore/order.ts';
import { patienceOf } from '../explore/patience.ts';
import { nameForShards } from '../explore/random-schedule.ts';
import { enumerate, enumerateTwoStops, idOf, isOfCalls, isOfEntries, isOfValidators, schedulesNamed, type Schedule } from '../explore/schedule.ts';
import type { StoredAttempt } from '../explore/stored-attempt.ts';
import { Budget } from '../foundation/budget.ts';
import { monotonicMs } from '../foundation/clock.ts';
import { isOfShard, shardOf, type Shard } from '../foundation/command-words.ts';
import { ExitStatus, StampedeError } from '../foundation/errors.ts';
import { seededRandom } from '../foundation/seed.ts';
import type { ResourceStack } from '../foundation/resources.ts';
import { root } from '../foundation/root.ts';
import { TerminalReport } from '../report/terminal.ts';
import { counted } from '../report/timeline/text.ts';
import { attemptToReplay, optionsIn, requireSchedules } from './explore-input.ts';
import { againLine, conclude, tell, tellOfBudget, tellOfChance, tellOfDraws, tellOfPatience, tellOfProbe, tellOfReplay, type ExploreOptions } from './explore-words.ts';
import { withResources } from './interrupt.ts';
import { openExploration } from './open-exploration.ts';

const usage = `npm run explore -- [options]

Forces every schedule in turn: strategy x place x leader, where a place is one in the layer's body, or after a file call on the
cache (where strace is there; which calls there are, calm runs tell first). Each begins with a cold cache and ends with a calm run on
what is left; all of it is judged. What is found is printed with what to type to see it again.

  --subject NAME|FILE    reference (default), or one that speaks its language
  --binary PATH          the validator's program, where the subject needs one
  --participants N       processes at a time, each with an image of its own and one shared layer; default: 2
  --runs N               instead of all, N random schedules: who goes on at each step is drawn by chance, and at some steps changes
  --depth D              how many orderings a bug may need that these look for; default: 3
  --without-cache        nobody uses a cache: what is found then is no race in one
  --two-stops            besides, every pair of file calls after which two processes stand at the same time
  --schedule NAME        one schedule, or all of a strategy; repeatable
  --replay NAME|FOLDER   the same, for a schedule that was found; or an attempt that is stored in a folder, with all its settings
  --times N              each schedule so often; default: 1
  --stop                 at the first that is not held
  --shard I/N            the I-th of N parts: all parts together are the whole, and no schedule is in two
  --budget TIME          such as 20m: after it no schedule is begun, and what was not is told; status 3 then, unless something is broken.
                         With --runs that many are only the most: what was tried is what is judged
  --list                 only the names of the schedules
  --planted-bug NAME     a known bug in the reference validator (npm run reference -- --list-planted-bugs)
  --store DIR  --deadline MS  --gate-timeout MS  --seed SEED

exit status: 0 held, 1 broken, 3 unknown, 2 usage, 4 harness
`;

/** `explore`: enumerates schedules, forces each, says what was found. */
export async function exploreCommand(argv: readonly string[]): Promise<number> {
  const { values } = parse(argv);
  if (values.help === true) return print(usage);
  const stored = await attemptToReplay(values.replay ?? [], values.schedule ?? []);
  const options = optionsOf(stored === undefined ? values : { ...optionsIn(stored), ...values, replay: [] }, stored);
  await requireSchedules(options.names, options);
  const report = new TerminalReport({ out: process.stdout, root, again: againLine(options) });
  return await withResources(report, async (resources) => await explore({ ...options, isListing: values.list === true }, report, resources));
}

async function explore(options: ExploreOptions & { readonly isListing: boolean }, report: TerminalReport, resources: ResourceStack): Promise<number> {
  const startedAt = monotonicMs();
  const settings = await openExploration(options, report, resources);
  const { workload, scenario: { context } } = settings;
  const all = select(options, settings);
  const { shard } = options;
  const schedules = shard === undefined ? all : all.filter((schedule) => isOfShard(nameForShards(idOf(schedule)), shard));
  if (options.isListing) return print(schedules.map((schedule) => `${idOf(schedule)}\n`).join(''));
  if (shard !== undefined) report.line(`shard ${shard.index}/${shard.count}: ${schedules.length} of ${counted(all.length, 'schedule')} fall to it`);
  report.line(`${counted(schedules.length, 'schedule')} of ${options.participants} processes, the shared layer is ${workload.shared.digest.slice(0, 19)}… of ${workload.shared.compressed.length} bytes`);
  tellOfProbe(settings, report);
  if (options.names.length === 0) {
    report.live('  … how long a process waits for bytes');
    tellOfPatience(await patienceOf({ ...settings, name: 'patience' }), report);
  }
  const attempts: Attempt[] = [];
  // In rounds: where time is short, each is tried once before any is tried again.
  const queue = Array.from({ length: options.times }, () => schedules).flat();
  let isStopped = false;
  let drawnBefore = 0;
  for (const planned of queue) {
    if (options.budget.isUsedUp) break;
    report.live(`  … ${attempts.length} of ${queue.length} done, ${idOf(planned)}`);
    const { done, schedule, before } = await forced(planned, settings, options);
    drawnBefore += before.length;
    attempts.push(done);
    const isFinding = done.verdict === 'broken' && !options.isReplay;
    if (isFinding) report.live(`  … ${idOf(schedule)} is broken: ${replaysOfFinding} replays`);
    if (done.verdict !== 'held') await tell(done, isFinding ? await brokenAgain(schedule, settings) : undefined, options, report);
    tellOfReplay(done, options.stored, report);
    isStopped = done.verdict !== 'held' && options.stop;
    if (isStopped) break;
  }
  const notBegun = isStopped ? [] : queue.slice(attempts.length).map(idOf);
  tellOfBudget(notBegun, options.budget, report);
  tellOfDraws(drawnBefore, report);
  tellOfChance(attempts.length, options, settings, report);
  return conclude(attempts, queue.length, { report, durationMs: monotonicMs() - startedAt, seed: context.seed, isWithoutCache: options.isWithoutCache, notBegun, isSample: options.random > 0 });
}

function select({ names, participants, twoStops, isWithoutCache, random, depth, settings }: ExploreOptions, { scenario, workload, probe: { calls, steps, trouble } }: AttemptSettings): readonly Schedule[] {
  if (random > 0) {
    const first = seededRandom(scenario.context.seed).below(1_000_000);
    return Array.from({ length: random }, (_, nth) => ({ strategy: 'random', depth, steps: steps * participants, seed: first + nth }) as const);
  }
  const all = names.length > 0 ? names.flatMap((name) => schedulesNamed(name, participants, calls)) : [...inTurns(enumerate(participants, calls)), ...(twoStops && calls !== undefined ? enumerateTwoStops(participants, calls) : [])];
  all.forEach((schedule) => requireWithin(schedule, workload.shared.compressed.length));
  const possible = all.filter((schedule) => workload.together !== undefined || !isOfValidators(schedule));
  const schedules = possible.filter((schedule) => !isWithoutCache || !isOfEntries(schedule.strategy));
  if (schedules.length === 0) throw new StampedeError('NOTHING_SELECTED', `${settings.subject} takes one image, so it has no components to meet`);
  const untraceable = trouble === undefined ? undefined : schedules.find(isOfCalls);
  if (untraceable === undefined) return schedules;
  throw new StampedeError('TOOL_MISSING', `${idOf(untraceable)} can't be forced: ${trouble}`, { hint: 'apt-get install strace, and a system that allows ptrace: npm run doctor tells' });
}

/** As planned; but where chance has drawn one in which nobody meets, another one. */
async function forced(schedule: Schedule, settings: AttemptSettings, { random, stored }: ExploreOptions): Promise<Omit<DrawnAttempt, 'schedule'> & { readonly schedule: Schedule }> {
  if (random > 0 && schedule.strategy === 'random') return await drawnAttempt(schedule, settings);
  return { done: await attempt(schedule, { ...settings, ...forcedBy(stored) }), schedule, before: [] };
}

/** As the plan says; a plan that holds nobody is of a schedule without gates, or of the calm run after it. */
function forcedBy(stored: StoredAttempt | undefined): Pick<AttemptSettings, 'forced'> {
  if (stored === undefined) return {};
  const { gates, turns } = stored.plan;
  return gates.length === 0 && turns === undefined ? {} : { forced: { gates, ...(turns === undefined ? {} : { turns }) } };
}

function optionsOf(values: ReturnType<typeof parse>['values'], stored: StoredAttempt | undefined): ExploreOptions {
  const participants = countOf('participants', values.participants ?? '2', 2);
  const names = [...(values.schedule ?? []), ...(values.replay ?? [])];
  return {
    settings: readSettings(given({ subject: values.subject, binary: values.binary, runs: values.store, deadline: values.deadline, gateTimeout: values['gate-timeout'], seed: values.seed })),
    participants,
    names,
    twoStops: values['two-stops'] === true,
    random: values.runs === undefined ? 0 : countOf('runs', values.runs, 1),
    depth: countOf('depth', values.depth ?? '3', 2),
    times: countOf('times', values.times ?? '1', 1),
    stop: values.stop === true,
    shard: shardGiven(values),
    budget: new Budget(values.budget),
    plantedBug: values['planted-bug'],
    stored,
    shape: stored?.exploration.workload,
    isWithoutCache: values['without-cache'] === true,
    isReplay: stored !== undefined || values.replay !== undefined,
  };
}

/** Schedules of chance come from the seed: machines with seeds of their own would share nothing. */
function shardGiven({ shard, runs, seed }: { readonly shard?: string; readonly runs?: string; readonly seed?: string }): Shard | undefined {
  if (shard === undefined) return undefined;
  if (runs !== undefined && seed === undefined) throw new StampedeError('CONFIG_INVALID', '--shard of random schedules needs a seed, the same on all machines', { hint: 'such as --seed 7' });
  return shardOf(shard);
}

function given(values: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function countOf(name: string, value: string, least: number): number {
  const count = Number(value);
  if (Number.isInteger(count) && count >= least && count <= 100_000) return count;
  throw new StampedeError('CONFIG_INVALID', `--${name} ${value} is not a count from ${least}`, { hint: 'npm run explore -- --help' });
}

function print(text: string): number {
  process.stdout.write(text);
  return ExitStatus.held;
}

function parse(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  const toggle = { type: 'boolean' } as const;
  const several = { type: 'string', multiple: true } as const;
  try {
    return parseArgs({
      args: [...argv],
      options: {
        subject: text, binary: text, participants: text, schedule: several, replay: several, times: text, stop: toggle, list: toggle, 'two-stops': toggle, 'without-cache': toggle,
        'planted-bug': text, runs: text, depth: text, shard: text, budget: text, store: text, deadline: text, 'gate-timeout': text, seed: text, help: { ...toggle, short: 'h' },
      },
    });
  } catch (cause) {
    throw new StampedeError('CONFIG_INVALID', cause instanceof Error ? cause.message : String(cause), { hint: 'npm run explore -- --help' });
  }
}
