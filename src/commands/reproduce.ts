// SPDX-License-Identifier: Apache-2.0
import { basename, extname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { idOf } from '../explore/schedule.ts';
import { monotonicMs } from '../foundation/clock.ts';
import { ExitStatus, StampedeError } from '../foundation/errors.ts';
import type { ResourceStack } from '../foundation/resources.ts';
import { root } from '../foundation/root.ts';
import { TerminalReport } from '../report/terminal.ts';
import { pursue } from '../reproduce/pursue.ts';
import { readReport, type Report } from '../reproduce/report.ts';
import { withResources } from './interrupt.ts';
import { requireKnownBug } from './planted-bug.ts';
import { openBench } from './reproduce-bench.ts';
import { replayBundle } from './reproduce-bundle.ts';
import { tellOfEvidence } from './reproduce-evidence.ts';
import { keepRegression, requireName } from './reproduce-keep.ts';
import { newReport } from './reproduce-new.ts';
import { msOf, tellOfFound, tellOfOther, tellOfRate, tellOfReport, tellOfSearches, tellOfShrunk, tellOfStep } from './reproduce-words.ts';

const usage = `npm run reproduce -- --report FILE [options]

Looks for what an issue report tells of, by forcing schedules in the order in which they are likely to show it, until one does.

  --bundle FILE          in place of a report, what was reproduced elsewhere: FAILED where it shows here, too, FIXED where it does not
  --without-bug          that, and without the bug that was planted there
  --report FILE          JSON or YAML: docs/reproduce.md says what it has; --new writes one
  --new                  write a report: asks at a terminal, else a template; --report FILE says where, default: report.yaml
  --budget TIME          how long to look: 90s, 5m, 1h; default: 5m
  --binary PATH          the validator's program, in place of the report's
  --bundle-to FILE       where the file to attach goes; default: in the folder of the run
  --keep NAME            write features/regressions/NAME/, a feature that fails while it is there; --features DIR puts it elsewhere
  --no-shrink            stop when it is reproduced, and don't make it smaller
  --naive N              for comparison, start all at once N times with nothing held
  --store DIR  --deadline MS  --gate-timeout MS  --seed SEED

exit status: 1 reproduced, or another failure found, or FAILED; 0 all was forced and all held, or FIXED; 3 not all was forced, and nothing found; 2 usage; 4 harness
`;

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
  if (values.new === true) return await newReport(values.report ?? 'report.yaml', { input: process.stdin, output: process.stdout });
  const bundle = values.bundle;
  const options = bundle === undefined ? await optionsOf(values) : undefined;
  const report = new TerminalReport({ out: process.stdout, root, again: `npm run reproduce -- ${bundle === undefined ? `--report ${options?.file ?? ''}` : `--bundle ${bundle}`}` });
  return await withResources(report, async (resources) => {
    if (options !== undefined) return await reproduce(options, report, resources);
    return await replayBundle({ file: bundle ?? '', subject: values.subject, binary: values.binary, isFixed: values['without-bug'] === true, given: values }, report, resources);
  });
}

async function reproduce(options: Options, terminal: TerminalReport, resources: ResourceStack): Promise<number> {
  const startedAt = monotonicMs();
  const { report, file: named, budgetMs, naiveRuns, isShrunk } = options;
  const bench = await openBench({ subject: report.subject, binary: options.values.binary ?? report.binary, plantedBug: report.plantedBug, deadlineMs: report.deadlineMs, given: options.values }, terminal, resources);
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
    tellOfShrunk(pursuit.shrunk, pursuit, terminal);
    const file = options.values['bundle-to'] ?? join(bench.context.runFolder, `${basename(named, extname(named))}.tar.gz`);
    const { keep } = options.values;
    await tellOfEvidence({ pursuit, bench, file, binary: options.values.binary ?? report.binary, terminal });
    if (keep !== undefined) await keepRegression({ pursuit, bench, binary: options.values.binary ?? report.binary, name: keep, features: bench.context.featuresFolder, terminal });
  }
  return pursuit.reproduction === undefined ? tellOfSearches(pursuit, terminal) : ExitStatus.broken;
}

async function optionsOf(values: Options['values']): Promise<Options> {
  if (values.report === undefined) throw new StampedeError('CONFIG_INVALID', 'no report is named', { hint: 'npm run reproduce -- --report FILE, or --help' });
  const report = await readReport(values.report);
  if (values.keep !== undefined) requireName(values.keep);
  if (report.plantedBug !== undefined) requireKnownBug(report.plantedBug);
  return { report, file: values.report, budgetMs: msOf(values.budget ?? '5m'), naiveRuns: countOf('naive', values.naive ?? '0'), isShrunk: values['no-shrink'] !== true, values };
}

function countOf(name: string, value: string): number {
  const count = Number(value);
  if (/^\d{1,5}$/.test(value)) return count;
  throw new StampedeError('CONFIG_INVALID', `--${name} ${value} is not a count`, { hint: 'npm run reproduce -- --help' });
}

function parse(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  const toggle = { type: 'boolean' } as const;
  try {
    return parseArgs({ args: [...argv], options: { report: text, budget: text, binary: text, store: text, deadline: text, 'gate-timeout': text, seed: text, naive: text, 'no-shrink': toggle, bundle: text, 'without-bug': toggle, 'bundle-to': text, keep: text, new: toggle, features: text, subject: text, help: { ...toggle, short: 'h' } } });
  } catch (cause) {
    throw new StampedeError('CONFIG_INVALID', cause instanceof Error ? cause.message : String(cause), { hint: 'npm run reproduce -- --help' });
  }
}
