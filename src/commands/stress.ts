// SPDX-License-Identifier: Apache-2.0
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { monotonicMs } from '../foundation/clock.ts';
import { ExitStatus, StampedeError } from '../foundation/errors.ts';
import type { ResourceStack } from '../foundation/resources.ts';
import { findTool } from '../foundation/tools.ts';
import { root } from '../foundation/root.ts';
import { seconds, TerminalReport } from '../report/terminal.ts';
import { counted } from '../report/timeline/text.ts';
import { openSession, sweepSessions } from '../stage/session.ts';
import { boundAfterCleanRuns, wilsonInterval } from '../statistics/proportion.ts';
import { repeat, ways, type Repeated } from '../stress/repeated.ts';
import { endLeftovers } from '../validator/leftovers.ts';
import { requireProgram } from '../validator/program.ts';
import { withResources } from './interrupt.ts';
import { requireWritable } from './preflight.ts';
import { msOf } from './reproduce-words.ts';
import { openRunFolder } from './run-folder.ts';

const usage = `npm run stress -- [options] -- COMMAND

Runs a command again and again, several at a time, and says how often it fails. What a run that failed has said is kept in a file of its own. Each run gets its
number as STAMPEDE_RUN; what else it finds is for COMMAND to prepare.

  --jobs N         how many at a time; default: as many as there are processors
  --runs N         how many in all; default: 100, with --budget: without end
  --budget TIME    begin none when it is over: 90s, 5m, 1h
  --failures N     begin none when so many have failed
  --deadline TIME  who takes longer hangs: it is ended, and counts as failed
  --keep-hung      it is left as it is instead, and its number told
  --store DIR      default: runs

exit status: 0 none failed, 1 some did, 2 usage, 4 harness
`;

interface StressOptions {
  readonly command: readonly string[];
  readonly jobs: number;
  readonly runs: number;
  readonly budgetMs: number;
  readonly mostFailures: number;
  readonly deadlineMs: number | undefined;
  readonly areHungKept: boolean;
  readonly store: string;
}

/** `stress`: a command many times in parallel. */
export async function stressCommand(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parse(argv);
  if (values.help === true) {
    process.stdout.write(usage);
    return ExitStatus.held;
  }
  const options = optionsOf(values, positionals);
  await requireWritable(options.store, 'store');
  const terminal = new TerminalReport({ out: process.stdout, root, again: 'npm run stress' });
  return await withResources(terminal, async (resources, signal) => await stress(options, signal, { terminal, resources }));
}

async function stress(options: StressOptions, signal: AbortSignal, { terminal, resources }: { readonly terminal: TerminalReport; readonly resources: ResourceStack }): Promise<number> {
  const startedAt = monotonicMs();
  for (const { id } of await sweepSessions({ endLeftovers })) terminal.line(`cleaned up after an earlier run that was killed: ${id}`);
  const { folder } = await openRunFolder(options.store, 'stress');
  terminal.storedIn(folder);
  const session = resources.own('session', await openSession());
  const ending = new AbortController();
  const ended: { at?: Promise<unknown> } = {};
  // Whoever is under way is ended, and waited for, before the folder of the session goes.
  resources.defer('runs', async () => {
    ending.abort();
    await ended.at?.catch(() => undefined);
  });
  const work = repeat({ ...options, folder, ledgerFile: session.ledgerFile, signal: AbortSignal.any([signal, ending.signal]), onDone: (so) => terminal.live(`  … ${counted(so.runs, 'run')}, ${so.failures.length} failed`) });
  ended.at = work;
  return tell(await work, { terminal, ms: monotonicMs() - startedAt });
}

function tell({ runs, failures }: Repeated, { terminal, ms }: { readonly terminal: TerminalReport; readonly ms: number }): number {
  for (const [way, those] of ways(failures)) {
    const [first] = those;
    terminal.line(`  ${those.length} × ${way}, such as run ${first?.run ?? 0} after ${seconds(first?.durationMs ?? 0)}: ${terminal.short(first?.file ?? '')}`);
  }
  for (const { run, keptPid } of failures) if (keptPid !== undefined) terminal.line(`  run ${run} still hangs: process ${keptPid}; kill -KILL -- -${keptPid} ends it`);
  terminal.line(`${counted(runs, 'run')}, ${failures.length} failed: ${rateWords(runs, failures.length)}; ${seconds(ms)}`);
  return failures.length === 0 ? ExitStatus.held : ExitStatus.broken;
}

/** `1.5 % (0.5 % to 4.3 %)`; of none that failed, what that leaves possible. */
function rateWords(runs: number, failed: number): string {
  const percent = (rate: number): string => `${(rate * 100).toFixed(1)} %`;
  if (failed === 0) return `the rate is below ${percent(boundAfterCleanRuns(runs))}, with 95 % confidence`;
  const { low, high } = wilsonInterval({ hits: failed, runs });
  return `${percent(failed / runs)} (${percent(low)} to ${percent(high)}, with 95 % confidence)`;
}

function optionsOf(values: ReturnType<typeof parse>['values'], positionals: readonly string[]): StressOptions {
  const [program, ...rest] = positionals;
  if (program === undefined) throw refused('no command is given');
  const { jobs, runs, budget, failures, deadline, store } = values;
  if (values['keep-hung'] === true && deadline === undefined) throw refused('--keep-hung needs to know what hangs: --deadline TIME');
  return {
    command: [programOf(program), ...rest],
    jobs: jobs === undefined ? availableParallelism() : countOf('jobs', jobs),
    runs: runs === undefined ? (budget === undefined ? 100 : Infinity) : countOf('runs', runs),
    budgetMs: budget === undefined ? Infinity : msOf(budget),
    mostFailures: failures === undefined ? Infinity : countOf('failures', failures),
    deadlineMs: deadline === undefined ? undefined : msOf(deadline, 'deadline'),
    areHungKept: values['keep-hung'] === true,
    store: store === undefined ? resolve(root, 'runs') : resolve(store),
  };
}

/** Looked for before anything starts. */
function programOf(program: string): string {
  if (program.includes('/')) {
    requireProgram(program);
    return program;
  }
  const found = findTool(program);
  if (found === undefined) throw refused(`there is no program ${JSON.stringify(program)} on the PATH`, 'a command is a program and its arguments; for what a shell has to read: -- sh -c "..."');
  return found;
}

function countOf(name: string, value: string): number {
  if (/^[1-9]\d{0,6}$/.test(value)) return Number(value);
  throw refused(`--${name} ${value} is not a count from 1`);
}

function refused(message: string, hint = 'npm run stress -- --help'): StampedeError {
  return new StampedeError('CONFIG_INVALID', message, { hint });
}

function parse(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  const toggle = { type: 'boolean' } as const;
  // What comes after the first -- is the command's own.
  const at = argv.indexOf('--');
  const [own, command] = at === -1 ? [argv, []] : [argv.slice(0, at), argv.slice(at + 1)];
  try {
    const { values } = parseArgs({ args: [...own], options: { jobs: text, runs: text, budget: text, failures: text, deadline: text, store: text, 'keep-hung': toggle, help: { ...toggle, short: 'h' } } });
    return { values, positionals: command };
  } catch (cause) {
    throw refused(cause instanceof Error ? cause.message : String(cause));
  }
}
