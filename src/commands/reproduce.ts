// SPDX-License-Identifier: Apache-2.0
import { basename, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readSettings } from '../config.ts';
import { idOf } from '../explore/schedule.ts';
import { monotonicMs } from '../foundation/clock.ts';
import { describeError, ExitStatus, StampedeError } from '../foundation/errors.ts';
import { ResourceStack } from '../foundation/resources.ts';
import { TerminalReport } from '../report/terminal.ts';
import type { Bench } from '../reproduce/case.ts';
import { pursue } from '../reproduce/pursue.ts';
import { readReport, type Report } from '../reproduce/report.ts';
import { interruptible, type Interruption } from './interrupt.ts';
import { withBug } from './open-exploration.ts';
import { requireKnownBug } from './planted-bug.ts';
import { prepareContext } from './prepare-context.ts';
import { tellOfEvidence } from './reproduce-evidence.ts';
import { msOf, tellOfFound, tellOfOther, tellOfRate, tellOfReport, tellOfSearches, tellOfShrunk, tellOfStep } from './reproduce-words.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const usage = `npm run reproduce -- --report FILE [options]

Looks for what an issue report tells of, by forcing schedules in the order in which they are likely to show it, until one does.

  --bundle FILE          in place of a report, what was reproduced elsewhere: is it here, too?
  --report FILE          JSON or YAML: docs/reproduce.md says what it has; --new writes one
  --budget TIME          how long to look: 90s, 5m, 1h; default: 5m
  --binary PATH          the validator's program, in place of the report's
  --bundle-to FILE       where the file to attach goes; default: in the folder of the run
  --no-shrink            stop when it is reproduced, and don't make it smaller
  --naive N              for comparison, start all at once N times with nothing held
  --store DIR  --deadline MS  --gate-timeout MS  --seed SEED

exit status: 1 reproduced, or another failure found; 0 all was forced, and all held; 3 not all was, and nothing was found; 2 usage; 4 harness
`;

/** Who does not hang comes to an end long before. */
const deadlineMs = 10_000;

interface Options {
  readonly report: Report;
  readonly file: string;
  readonly budgetMs: number;
  readonly naiveRuns: number;
  readonly isShrunk: boolean;
  readonly values: ReturnType<typeof parse>['values'];
}

/** `reproduce`: from an issue report to a schedule that shows it. */
export async function reproduceCommand(argv: readonly string[]): Promise<number> {
  const { values } = parse(argv);
  if (values.help === true) {
    process.stdout.write(usage);
    return ExitStatus.held;
  }
  const options = await optionsOf(values);
  const report = new TerminalReport({ out: process.stdout, root, again: `npm run reproduce -- --report ${options.file}` });
  const resources = new ResourceStack();
  const cleanUp = async (signal: Interruption): Promise<void> => {
    report.interrupted(signal);
    await resources[Symbol.asyncDispose]().catch((error: unknown) => process.stderr.write(`${describeError(error)}\n`));
  };
  return await interruptible(cleanUp, async () => {
    try {
      return await reproduce(options, report, resources);
    } finally {
      await resources[Symbol.asyncDispose]();
    }
  });
}

async function reproduce(options: Options, terminal: TerminalReport, resources: ResourceStack): Promise<number> {
  const startedAt = monotonicMs();
  const { report, file: named, budgetMs, naiveRuns, isShrunk } = options;
  const bench = await openBench(options, terminal, resources);
  tellOfReport(report, named, terminal);
  const pursuit = await pursue(report, bench, {
    budgetMs, naiveRuns, isShrunk, startedAt,
    onTry: (what, done) => terminal.live(typeof what === 'string' ? `  … ${what}` : `  … ${done} tried, ${what.phase}: ${idOf(what.schedule)}`),
    onOther: (finding) => tellOfOther(finding, terminal),
    onFound: (...found) => tellOfFound(...found, terminal),
    onRate: (rate, naive) => tellOfRate(rate, naive, terminal),
    onStep: (step) => tellOfStep(step, terminal),
  });
  if (pursuit.shrunk !== undefined) {
    tellOfShrunk(pursuit.shrunk, pursuit.small, terminal);
    const file = options.values['bundle-to'] ?? join(bench.context.runFolder, `${basename(named, extname(named))}.tar.gz`);
    await tellOfEvidence({ pursuit, bench, file, binary: options.values.binary ?? report.binary, terminal });
  }
  return pursuit.reproduction === undefined ? tellOfSearches(pursuit, terminal) : ExitStatus.broken;
}

async function openBench({ report, values }: Options, terminal: TerminalReport, resources: ResourceStack): Promise<Bench> {
  const { plantedBug, subject } = report;
  const settings = readSettings(
    given({ subject, binary: values.binary ?? report.binary, runs: values.store, deadline: values.deadline ?? String(report.deadlineMs ?? deadlineMs), gateTimeout: values['gate-timeout'], seed: values.seed }),
  );
  const prepared = await prepareContext({ ...settings, plantedBug: undefined }, terminal, resources, plantedBug === undefined ? 'release' : 'test');
  return { ...prepared, environment: withBug(plantedBug), resources };
}

async function optionsOf(values: Options['values']): Promise<Options> {
  if (values.report === undefined) throw new StampedeError('CONFIG_INVALID', 'no report is named', { hint: 'npm run reproduce -- --report FILE, or --help' });
  const report = await readReport(values.report);
  if (report.plantedBug !== undefined) requireKnownBug(report.plantedBug);
  return { report, file: values.report, budgetMs: msOf(values.budget ?? '5m'), naiveRuns: countOf('naive', values.naive ?? '0'), isShrunk: values['no-shrink'] !== true, values };
}

function countOf(name: string, value: string): number {
  const count = Number(value);
  if (/^\d{1,5}$/.test(value)) return count;
  throw new StampedeError('CONFIG_INVALID', `--${name} ${value} is not a count`, { hint: 'npm run reproduce -- --help' });
}

function given(values: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function parse(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  const toggle = { type: 'boolean' } as const;
  try {
    return parseArgs({ args: [...argv], options: { report: text, budget: text, binary: text, store: text, deadline: text, 'gate-timeout': text, seed: text, naive: text, 'no-shrink': toggle, bundle: text, 'bundle-to': text, subject: text, help: { ...toggle, short: 'h' } } });
  } catch (cause) {
    throw new StampedeError('CONFIG_INVALID', cause instanceof Error ? cause.message : String(cause), { hint: 'npm run reproduce -- --help' });
  }
}
