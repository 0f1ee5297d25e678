// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readSettings } from '../config.ts';
import { idOf } from '../explore/schedule.ts';
import { monotonicMs } from '../foundation/clock.ts';
import { describeError, ExitStatus, StampedeError } from '../foundation/errors.ts';
import { ResourceStack } from '../foundation/resources.ts';
import { TerminalReport } from '../report/terminal.ts';
import { again } from '../reproduce/again.ts';
import { openCase, sizeOf, type Bench } from '../reproduce/case.ts';
import { readReport, type Report } from '../reproduce/report.ts';
import { search } from '../reproduce/search.ts';
import { requireQuietAlone } from '../reproduce/serial-check.ts';
import { interruptible, type Interruption } from './interrupt.ts';
import { withBug } from './open-exploration.ts';
import { requireKnownBug } from './planted-bug.ts';
import { prepareContext } from './prepare-context.ts';
import { msOf, tellOfAgain, tellOfOther, tellOfReport, tellOfSearch } from './reproduce-words.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const usage = `npm run reproduce -- --report FILE [options]

Looks for what an issue report tells of, by forcing schedules in the order in which they are likely to show it, until one does.

  --report FILE          JSON or YAML: docs/reproduce.md says what it has; --new writes one
  --budget TIME          how long to look: 90s, 5m, 1h; default: 5m
  --binary PATH          the validator's program, in place of the report's
  --store DIR  --deadline MS  --gate-timeout MS  --seed SEED

exit status: 1 reproduced, or another failure found; 0 all was forced, and all held; 3 not all was, and nothing was found; 2 usage; 4 harness
`;

/** Before anybody is told that it was reproduced, it is forced so often again. */
const replays = 5;
/** Who does not hang comes to an end long before. */
const deadlineMs = 10_000;

interface Options {
  readonly report: Report;
  readonly file: string;
  readonly budgetMs: number;
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
  const bench = await openBench(options, terminal, resources);
  tellOfReport(options.report, options.file, terminal);
  const open = await openCase(bench, sizeOf(options.report));
  await requireQuietAlone(options.report, open.settings.expectation);
  const searched = await search({
    report: options.report,
    settings: open.settings,
    budgetMs: options.budgetMs,
    onTry: ({ schedule, phase }, done) => terminal.live(`  … ${done} tried, ${phase}: ${idOf(schedule)}`),
    onOther: (finding) => tellOfOther(finding, terminal),
  });
  const { reproduction } = searched;
  if (reproduction === undefined) return tellOfSearch(searched, terminal);
  terminal.line(`found      ${idOf(reproduction.schedule)} after ${searched.tried.attempts} schedules, ${((monotonicMs() - startedAt) / 1000).toFixed(1)} s`);
  const count = await again({ schedule: idOf(reproduction.schedule), forced: undefined }, { symptom: options.report.symptom, cause: reproduction.cause }, searched.settings, { runs: replays });
  tellOfAgain(count, terminal);
  return ExitStatus.broken;
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
  return { report, file: values.report, budgetMs: msOf(values.budget ?? '5m'), values };
}

function given(values: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function parse(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({ args: [...argv], options: { report: text, budget: text, binary: text, store: text, deadline: text, 'gate-timeout': text, seed: text, help: { type: 'boolean', short: 'h' } } });
  } catch (cause) {
    throw new StampedeError('CONFIG_INVALID', cause instanceof Error ? cause.message : String(cause), { hint: 'npm run reproduce -- --help' });
  }
}
