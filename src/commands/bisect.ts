// SPDX-License-Identifier: Apache-2.0
import { parseArgs } from 'node:util';
import { idOf } from '../explore/schedule.ts';
import { monotonicMs } from '../foundation/clock.ts';
import { ExitStatus, StampedeError } from '../foundation/errors.ts';
import { ResourceStack } from '../foundation/resources.ts';
import { root } from '../foundation/root.ts';
import { TerminalReport } from '../report/terminal.ts';
import { counted } from '../report/timeline/text.ts';
import { firstBad, runsForGood, type Judged } from '../reproduce/bisect.ts';
import { buildWords, NoBuild, programOf, readBuilds, readRevisions, type Build, type BuildCommand } from '../reproduce/builds.ts';
import type { Bench, Case } from '../reproduce/case.ts';
import { benchOf, judgeBuild } from '../reproduce/judge-build.ts';
import { pursue } from '../reproduce/pursue.ts';
import { readReport, type Report } from '../reproduce/report.ts';
import type { Count } from '../statistics/proportion.ts';
import { tellOfBisected, tellOfBuild } from './bisect-words.ts';
import { withResources } from './interrupt.ts';
import { openBench } from './reproduce-bench.ts';
import { msOf, rateOf, tellOfReport } from './reproduce-words.ts';

const usage = `npm run bisect -- --report FILE --builds LIST | --build-command CMD --revisions A..B|FILE [options]

Finds the first build that shows what a report tells of. The last build has to show it and the first one must not; how many runs make a build good comes from how often
the last one shows it. Builds that don't start, fail alone, or fail in another way are skipped.

  --report FILE         as for npm run reproduce; a planted bug in it is left out, as builds are what they are
  --builds LIST         a file: a line for each build, NAME PATH or PATH, the oldest first
  --build-command CMD   builds the revision that is put in place of {}, and prints the program's path last; words are split at spaces
  --revisions A..B      numbers; or a file with one revision a line, the oldest first
  --budget TIME         how long to look for it in the last build; default: 5m
  --store DIR  --deadline MS  --gate-timeout MS  --seed SEED

exit status: 0 the first bad build is named; 3 it is one of several, or the ends are not one good and one bad; 2 usage; 4 harness
`;

interface BisectOptions {
  readonly report: Report;
  readonly file: string;
  readonly builds: readonly Build[];
  readonly command: BuildCommand | undefined;
  readonly budgetMs: number;
  readonly values: ReturnType<typeof parse>['values'];
}

interface Working {
  readonly options: BisectOptions;
  readonly terminal: TerminalReport;
  readonly resources: ResourceStack;
}

/** `bisect`: from a report and many builds to the first bad one. */
export async function bisectCommand(argv: readonly string[]): Promise<number> {
  const { values } = parse(argv);
  if (values.help === true) {
    process.stdout.write(usage);
    return ExitStatus.held;
  }
  const ending = new AbortController();
  const options = await optionsOf(values, ending.signal);
  const terminal = new TerminalReport({ out: process.stdout, root, again: 'npm run bisect' });
  return await withResources(terminal, async (resources) => await bisect({ options, terminal, resources }), ending);
}

async function bisect(working: Working): Promise<number> {
  const { options: { report, file, builds, command, values }, terminal, resources } = working;
  const [first, last] = [builds[0], builds.at(-1)] as [Build, Build];
  // Before anything is started: without its ends there is nothing to look for.
  const [firstProgram, lastProgram] = [await endOf(first, command), await endOf(last, command)];
  const bench = await openBench({ subject: report.subject, binary: lastProgram, plantedBug: undefined, deadlineMs: report.deadlineMs, given: values }, terminal, resources);
  tellOfReport(report, file, terminal);
  terminal.line(`builds     ${builds.length}, from ${first.name} to ${last.name}`);
  const atBadEnd = await badEnd({ ...last, program: lastProgram }, bench, working);
  if (atBadEnd === undefined) {
    terminal.line(`bad end    ${last.name} does not show it: there is nothing to look for`);
    return ExitStatus.unknown;
  }
  terminal.line(`bad end    ${last.name}: ${atBadEnd.found.schedule} of ${atBadEnd.found.participants} processes, ${rateOf(atBadEnd.rate)}`);
  const runs = runsForGood(atBadEnd.rate, builds.length);
  terminal.line(`needed     ${counted(runs, 'run')} without it to call a build good`);
  const judged = new Map<number, Judged>([[builds.length - 1, { kind: 'bad', runs: 1 }]]);
  const judge = async (build: number): Promise<Judged> => {
    const one = await judgeOne(builds[build] as Build, { ...working, bench, found: atBadEnd.found, runs });
    judged.set(build, one);
    tellOfBuild(builds[build]?.name ?? '', one, terminal);
    return one;
  };
  const start = await judge(0);
  if (start.kind !== 'good') {
    terminal.line(start.kind === 'bad' ? `good end   ${first.name} shows it already: take an older one` : `good end   nothing can be said of ${first.name} (${firstProgram}): take another one`);
    return ExitStatus.unknown;
  }
  const bisected = await firstBad(builds.length, judge);
  tellOfBisected({ report, builds, found: atBadEnd.found, atBadEnd: atBadEnd.rate, judged, bisected }, terminal);
  return bisected.between.length === 0 ? ExitStatus.held : ExitStatus.unknown;
}

/** @throws StampedeError VALIDATOR_MISSING: without its ends nothing can be bisected */
async function endOf(build: Build, command: BuildCommand | undefined): Promise<string> {
  try {
    return await programOf(build, command);
  } catch (cause) {
    if (!(cause instanceof NoBuild)) throw cause;
    throw new StampedeError('VALIDATOR_MISSING', `${build.name}, an end of what is to be bisected, can't be run: ${cause.message}`, { hint: 'begin and end with builds that work' });
  }
}

/** Looks for a schedule that shows it there, and how often that does. */
async function badEnd(build: Build & { readonly program: string }, bench: Bench, { options: { report, budgetMs }, terminal, resources }: Working): Promise<{ readonly found: Case; readonly rate: Count } | undefined> {
  await using own = resources.own('build', new ResourceStack());
  const ignored = (): void => undefined;
  const { reproduction, rate, size } = await pursue(report, benchOf(build, bench, own), {
    naiveRuns: 0, budgetMs, isShrunk: false, startedAt: monotonicMs(),
    onTry: (what, done) => terminal.live(`  … ${build.name}: ${typeof what === 'string' ? what : `${done} tried, ${idOf(what.schedule)}`}`),
    onOther: ignored, onFound: ignored, onRate: ignored, onStep: ignored,
  });
  if (reproduction === undefined || rate === undefined || rate.hits === 0) return undefined;
  return { found: { ...size, schedule: idOf(reproduction.schedule), forced: undefined }, rate };
}

interface Judging extends Working {
  readonly bench: Bench;
  readonly found: Case;
  readonly runs: number;
}

async function judgeOne(build: Build, { options: { report, command }, terminal, resources, bench, found, runs }: Judging): Promise<Judged> {
  terminal.live(`  … ${build.name}`);
  await using own = resources.own('build', new ResourceStack());
  try {
    const program = await programOf(build, command);
    return await judgeBuild({ report, found, bench: benchOf({ ...build, program }, bench, own), runs });
  } catch (error) {
    if (error instanceof NoBuild) return { kind: 'skipped', why: error.message };
    throw error;
  }
}

async function optionsOf(values: BisectOptions['values'], signal: AbortSignal): Promise<BisectOptions> {
  const { report: file, builds: list, 'build-command': text, revisions, budget = '5m' } = values;
  if (file === undefined) throw refused('no report is named: --report FILE');
  if ((list === undefined) === (text === undefined)) throw refused('builds are named by --builds LIST, or made by --build-command CMD; one of the two');
  if ((text === undefined) !== (revisions === undefined)) throw refused('--build-command and --revisions belong together');
  const { plantedBug: _, ...report } = await readReport(file);
  return {
    report, file, values,
    builds: list === undefined ? await readRevisions(revisions ?? '') : await readBuilds(list),
    command: text === undefined ? undefined : { words: buildWords(text), signal },
    budgetMs: msOf(budget),
  };
}

function refused(message: string): StampedeError {
  return new StampedeError('CONFIG_INVALID', message, { hint: 'npm run bisect -- --help' });
}

function parse(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({ args: [...argv], options: { report: text, builds: text, 'build-command': text, revisions: text, budget: text, store: text, deadline: text, 'gate-timeout': text, seed: text, help: { type: 'boolean', short: 'h' } } });
  } catch (cause) {
    throw refused(cause instanceof Error ? cause.message : String(cause));
  }
}
