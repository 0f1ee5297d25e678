// SPDX-License-Identifier: Apache-2.0
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { readSettings } from '../config.ts';
import { attempt, type Attempt, type AttemptSettings } from '../explore/attempt.ts';
import { knownSchedules, type KnownSchedule } from '../explore/known-schedules.ts';
import { enumerate, schedulesNamed } from '../explore/schedule.ts';
import { monotonicMs } from '../foundation/clock.ts';
import { describeError, ExitStatus, StampedeError } from '../foundation/errors.ts';
import { ResourceStack } from '../foundation/resources.ts';
import { seconds, TerminalReport } from '../report/terminal.ts';
import { onInterruption } from './interrupt.ts';
import { openExploration, withBug } from './open-exploration.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const participants = 2;
const usage = `npm run matrix -- [--repeat N] [--store DIR]

The suite tested against itself: each planted bug of the reference validator is forced by the schedule that is known for it, N times
(default: 1), and has to be broken for its own reason each time; the safe cache has to hold under every schedule. Bugs that no
schedule of requests can force are named, with what they need.

exit status: 0 when all of that is so, else 1
`;

/** `matrix`: planted bug x schedule x checker, and the safe cache under all schedules. */
export async function matrixCommand(argv: readonly string[]): Promise<number> {
  const { help, repeat, runs } = parse(argv);
  if (help) {
    process.stdout.write(usage);
    return ExitStatus.held;
  }
  const report = new TerminalReport({ out: process.stdout, root, again: 'npm run matrix' });
  const resources = new ResourceStack();
  const stopListening = onInterruption(async (signal) => {
    report.interrupted(signal);
    await resources[Symbol.asyncDispose]().catch((error: unknown) => process.stderr.write(`${describeError(error)}\n`));
  });
  try {
    // A hang is a finding here, and nothing that does not hang takes seconds.
    const settings = readSettings({ deadline: '5000', ...(runs === undefined ? {} : { runs }) });
    const exploration = await openExploration({ settings, participants, plantedBug: '' }, report, resources);
    return await fill(exploration, repeat, report);
  } finally {
    await resources[Symbol.asyncDispose]();
    stopListening();
  }
}

async function fill(exploration: AttemptSettings, repeat: number, report: TerminalReport): Promise<number> {
  const startedAt = monotonicMs();
  const known = Object.entries(knownSchedules);
  const width = Math.max(...known.map(([name]) => name.length));
  let [caught, forced, missed] = [0, 0, 0];
  for (const [name, how] of known) {
    if ('needs' in how) {
      report.line(`  ${name.padEnd(width)}  not by requests: needs ${how.needs}`);
      continue;
    }
    report.live(`  … ${name}, ${how.schedule}`);
    const { hits, firstMs } = await replay(name, how, { exploration, repeat });
    forced += 1;
    caught += hits === repeat ? 1 : 0;
    missed += repeat - hits;
    report.line(`  ${name.padEnd(width)}  ${hits === repeat ? '✔' : '✘'} ${hits} of ${repeat}  ${how.schedule}  ${how.checker}  ${seconds(firstMs)}`);
  }
  const safe = await holds(exploration, report);
  report.line(`${seconds(monotonicMs() - startedAt)}, ${known.length} planted bugs: ${known.length - forced} are not forced by requests`);
  report.line(`${forced} planted bugs, ${caught} caught; safe cache: ${safe.length} schedules, ${count(safe, 'held')} held, ${count(safe, 'broken')} broken, ${count(safe, 'unknown')} unknown`);
  return missed === 0 && count(safe, 'held') === safe.length ? ExitStatus.held : ExitStatus.broken;
}

interface Replaying {
  readonly exploration: AttemptSettings;
  readonly repeat: number;
}

/** How often the checker that the bug is about said broken. */
async function replay(bug: string, { schedule, checker }: KnownSchedule, { exploration, repeat }: Replaying): Promise<{ readonly hits: number; readonly firstMs: number }> {
  const [known] = schedulesNamed(schedule, participants);
  if (known === undefined) throw new TypeError(`${schedule} is a schedule`);
  let [hits, firstMs] = [0, 0];
  for (let round = 0; round < repeat; round += 1) {
    const { verdicts, durationMs } = await attempt(known, { ...exploration, environment: withBug(bug) });
    if (round === 0) firstMs = durationMs;
    if (verdicts.some((one) => one.checker === checker && one.verdict.verdict === 'broken')) hits += 1;
  }
  return { hits, firstMs };
}

async function holds(exploration: AttemptSettings, report: TerminalReport): Promise<readonly Attempt[]> {
  const attempts: Attempt[] = [];
  const all = enumerate(participants);
  for (const schedule of all) {
    report.live(`  … the safe cache, ${attempts.length} of ${all.length}`);
    const done = await attempt(schedule, exploration);
    attempts.push(done);
    if (done.verdict !== 'held') report.line(`  the safe cache is ${done.verdict} under ${done.schedule}: ${done.folder}`);
  }
  return attempts;
}

function count(attempts: readonly Attempt[], verdict: Attempt['verdict']): number {
  return attempts.filter((one) => one.verdict === verdict).length;
}

function parse(argv: readonly string[]) {
  try {
    const { values } = parseArgs({ args: [...argv], options: { repeat: { type: 'string' }, store: { type: 'string' }, help: { type: 'boolean', short: 'h' } } });
    const repeat = Number(values.repeat ?? '1');
    if (!Number.isInteger(repeat) || repeat < 1) throw new Error(`--repeat ${values.repeat} is not a count`);
    return { help: values.help === true, repeat, runs: values.store };
  } catch (cause) {
    throw new StampedeError('CONFIG_INVALID', cause instanceof Error ? cause.message : String(cause), { hint: 'npm run matrix -- --help' });
  }
}
