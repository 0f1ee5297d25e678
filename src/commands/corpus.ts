// SPDX-License-Identifier: Apache-2.0
import { readdir } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readSettings } from '../config.ts';
import { monotonicMs } from '../foundation/clock.ts';
import { ExitStatus, hasCode, StampedeError } from '../foundation/errors.ts';
import { ResourceStack } from '../foundation/resources.ts';
import { findTool } from '../foundation/tools.ts';
import { root } from '../foundation/root.ts';
import { TerminalReport } from '../report/terminal.ts';
import type { Bench } from '../reproduce/case.ts';
import { readNotShown } from '../reproduce/not-shown.ts';
import { pursue } from '../reproduce/pursue.ts';
import { readReport, type Report } from '../reproduce/report.ts';
import { keepNotShown, keepRows, wordsOf, type CorpusRow } from './corpus-table.ts';
import { withResources } from './interrupt.ts';
import { withBug } from './open-exploration.ts';
import { requireKnownBug } from './planted-bug.ts';
import { prepareContext } from './prepare-context.ts';
import { msOf } from './reproduce-words.ts';

const folder = join(root, 'reports');
const defaultDeadlineMs = 10_000;
const usage = `npm run corpus -- [options]

Public reports of bugs of shared caches, one after the other from the report to a schedule that shows it, and to the smallest case. What came of each is a row of the
table in docs/corpus.md; rows of others stay as they are. Subjects that are not made here are looked for in STAMPEDE_TOOLS and on the PATH.

  --name NAME     only this one, by the name of its file in reports/; repeatable
  --naive N       besides, start all at once N times with nothing held
  --budget TIME   how long to look for each: 90s, 5m; default: 2m
  --no-shrink     stop when it is reproduced
  --out FILE      keep the table in this page
  --list          name the reports, and run nothing
  --store DIR  --seed SEED

exit status: 0 each was reproduced; 3 one was not, or its program is not here; 2 usage; 4 harness
`;

interface Entry {
  readonly name: string;
  readonly report: Report;
}

interface CorpusOptions {
  readonly entries: readonly Entry[];
  /** Of all reports, whether they are looked for or not. */
  readonly names: readonly string[];
  readonly naiveRuns: number;
  readonly budgetMs: number;
  readonly isShrunk: boolean;
  readonly out: string;
  readonly settings: Readonly<Record<string, string>>;
}

/** `corpus`: every public report of the project, reproduced. */
export async function corpusCommand(argv: readonly string[]): Promise<number> {
  const { values } = parse(argv);
  if (values.help === true) {
    process.stdout.write(usage);
    return ExitStatus.held;
  }
  const options = await optionsOf(values);
  const terminal = new TerminalReport({ out: process.stdout, root, again: 'npm run corpus' });
  if (values.list === true) {
    for (const { name, report } of options.entries) terminal.line(`${name.padEnd(32)}  ${(report.class ?? '').padEnd(4)} ${report.plantedBug ?? report.subject}`);
    return ExitStatus.held;
  }
  await keepNotShown(options.out, await readNotShown(join(folder, 'not-shown.yaml')));
  return await withResources(terminal, async (resources) => await runAll(options, terminal, resources));
}

async function runAll(options: CorpusOptions, terminal: TerminalReport, resources: ResourceStack): Promise<number> {
  const startedAt = monotonicMs();
  const rows: CorpusRow[] = [];
  for (const [program, entries] of byProgram(options.entries)) {
    const own = new ResourceStack();
    resources.own('stage', own);
    const prepared = program === undefined ? undefined : await openFor(entries[0] as Entry, program, { options, terminal, stage: own });
    for (const entry of entries) {
      const outcome = prepared === undefined ? `${entry.report.subject} is not on this machine` : await outcomeOf(entry, prepared, { options, terminal, stage: own });
      const row = { ...entry, outcome, load: loadavg()[0] ?? 0 };
      rows.push(row);
      terminal.line(`  ${isShown(row) ? '✔' : '✘'} ${wordsOf(row).map((word) => word || '-').join('  ')}`);
      await keepRows(options.out, [row], options.names);
    }
    await own[Symbol.asyncDispose]();
  }
  const shown = rows.filter(isShown).length;
  terminal.line(`${rows.length} reports, ${shown} reproduced, ${Math.round((monotonicMs() - startedAt) / 1000)} s; kept in ${terminal.short(options.out)}`);
  return shown === rows.length ? ExitStatus.held : ExitStatus.unknown;
}

function isShown({ outcome }: CorpusRow): boolean {
  return typeof outcome !== 'string' && outcome.reproduction !== undefined;
}

type Prepared = Pick<Bench, 'context' | 'subject'>;

interface Around {
  readonly options: CorpusOptions;
  readonly terminal: TerminalReport;
  /** What is released before the stage is. */
  readonly stage: ResourceStack;
}

/** Which program: that of a bug is a test build, and one that is not made here has to be found; undefined: it is not here. */
function byProgram(entries: readonly Entry[]): ReadonlyMap<string | undefined, readonly Entry[]> {
  const groups = new Map<string | undefined, Entry[]>();
  for (const entry of entries) {
    const { subject, binary, plantedBug } = entry.report;
    const program = subject === 'reference' ? (plantedBug === undefined ? 'release' : 'test') : (binary ?? findTool(subject));
    groups.set(program, [...(groups.get(program) ?? []), entry]);
  }
  return groups;
}

async function openFor({ report }: Entry, program: string, { options, terminal, stage }: Around): Promise<Prepared> {
  const isBuilt = program === 'release' || program === 'test';
  const settings = readSettings({ subject: report.subject, ...(isBuilt ? {} : { binary: program }), ...options.settings });
  return await prepareContext({ ...settings, plantedBug: undefined }, terminal, stage, program === 'test' ? 'test' : 'release');
}

/** A report whose symptom needs no race is a row that says so; whatever else goes wrong ends the command. */
async function outcomeOf({ name, report }: Entry, { context, subject }: Prepared, { options, terminal, stage }: Around): Promise<CorpusRow['outcome']> {
  await using resources = stage.own('report', new ResourceStack());
  // What is stored for one is beside what is stored for the others.
  const bench = { context: { ...context, runFolder: join(context.runFolder, name), deadlineMs: report.deadlineMs ?? defaultDeadlineMs }, subject, environment: withBug(report.plantedBug), resources };
  const { naiveRuns, budgetMs, isShrunk } = options;
  const ignored = (): void => undefined;
  try {
    return await pursue(report, bench, {
      naiveRuns, budgetMs, isShrunk, startedAt: monotonicMs(),
      onTry: (what, done) => terminal.live(`  … ${name}: ${typeof what === 'string' ? what : `${done} tried`}`),
      onOther: ignored, onFound: ignored, onRate: ignored, onStep: ignored,
    });
  } catch (error) {
    if (hasCode(error, 'SUBJECT_FAILS')) return error.message;
    throw error;
  }
}

async function optionsOf(values: ReturnType<typeof parse>['values']): Promise<CorpusOptions> {
  const { name: names = [], naive = '0', budget = '2m', out, store, seed } = values;
  if (!/^\d{1,5}$/.test(naive)) throw refused(`--naive ${naive} is not a count`);
  const all = (await readdir(folder)).filter((file) => file.endsWith('.json')).sort();
  const stranger = names.find((name) => !all.includes(`${name}.json`));
  if (stranger !== undefined) throw refused(`no report is named ${JSON.stringify(stranger)}`, 'npm run corpus -- --list');
  const files = all.filter((file) => names.length === 0 || names.includes(file.slice(0, -'.json'.length)));
  const entries = await Promise.all(files.map(async (file) => ({ name: file.slice(0, -'.json'.length), report: await readReport(join(folder, file)) })));
  for (const { report } of entries) if (report.plantedBug !== undefined) requireKnownBug(report.plantedBug);
  return {
    entries, names: all.map((file) => file.slice(0, -'.json'.length)), naiveRuns: Number(naive), budgetMs: msOf(budget), isShrunk: values['no-shrink'] !== true,
    out: out === undefined ? join(root, 'docs', 'corpus.md') : resolve(out),
    settings: { ...(store === undefined ? {} : { runs: store }), ...(seed === undefined ? {} : { seed }) },
  };
}

function refused(message: string, hint = 'npm run corpus -- --help'): StampedeError {
  return new StampedeError('CONFIG_INVALID', message, { hint });
}

function parse(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  const toggle = { type: 'boolean' } as const;
  try {
    return parseArgs({ args: [...argv], options: { name: { ...text, multiple: true }, naive: text, budget: text, out: text, store: text, seed: text, 'no-shrink': toggle, list: toggle, help: { ...toggle, short: 'h' } } });
  } catch (cause) {
    throw refused(cause instanceof Error ? cause.message : String(cause));
  }
}
