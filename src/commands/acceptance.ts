// SPDX-License-Identifier: Apache-2.0
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publishRunContext, type RunContext, type Settings } from '../config.ts';
import { describeError, ExitStatus } from '../foundation/errors.ts';
import { monotonicMs } from '../foundation/clock.ts';
import { ResourceStack } from '../foundation/resources.ts';
import { freshSeed } from '../foundation/seed.ts';
import { seconds, TerminalReport } from '../report/terminal.ts';
import { openSession, sweepSessions } from '../stage/session.ts';
import { ownStage } from '../stage/stage.ts';
import { endLeftovers } from '../validator/leftovers.ts';
import { loadSubject } from '../validator/subject.ts';
import { acceptanceUsage, againCommand, parseAcceptance, type AcceptanceOptions } from './acceptance-options.ts';
import { runFeatures } from './features.ts';
import { onInterruption } from './interrupt.ts';
import { keepStage } from './keep.ts';
import { requireFeatures, requireFolder, requireWritable } from './preflight.ts';
import { openRunFolder, storeServiceLogs } from './run-folder.ts';
import { settleSnapshots } from './snapshots.ts';
import { conclude } from './conclude.ts';
import { provideValidator } from './provide-validator.ts';
import { openLauncher } from './stage-launcher.ts';
import { endOnLoss } from './stage-loss.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Starts the stage, runs the features, writes snapshots, says how it went. */
export async function acceptanceCommand(argv: readonly string[]): Promise<number> {
  const options = parseAcceptance(argv, process.env);
  if (options.help) {
    process.stdout.write(acceptanceUsage);
    return ExitStatus.held;
  }
  const report = new TerminalReport({ out: process.stdout, root, again: againCommand(options.settings, process.cwd()) });
  const resources = new ResourceStack();
  const startedAt = monotonicMs();
  const stopListening = onInterruption(async (signal) => {
    report.interrupted(signal);
    await resources[Symbol.asyncDispose]().catch((error: unknown) => process.stderr.write(`${describeError(error)}\n`));
  });
  try {
    const { context, plan } = await prepare(options, report, resources);
    const result = await runFeatures(plan, {
      started: (title) => report.live(`  … ${title}`),
      finished: (outcome) => report.scenario(outcome),
    });
    const { dryRun } = options.selection;
    const settlements = dryRun ? [] : await settleSnapshots({ root, ...context, mode: context.snapshotMode }, result);
    const tail = `${seconds(monotonicMs() - startedAt)} · seed ${context.seed} · ${report.short(context.runFolder)}`;
    const status = conclude(report, { result, settlements, dryRun, tail, runFolder: context.runFolder });
    if (options.settings.keep) await keepStage(context, report);
    return status;
  } finally {
    await resources[Symbol.asyncDispose]();
    stopListening();
  }
}

interface Prepared {
  readonly context: RunContext;
  readonly plan: Parameters<typeof runFeatures>[0];
}

async function prepare({ settings, selection }: AcceptanceOptions, report: TerminalReport, resources: ResourceStack): Promise<Prepared> {
  requireFeatures(selection.paths);
  const folders = await checkFolders(settings);
  const subject = await loadSubject(settings.subject, join(root, 'subjects'));
  const validator = await provideValidator(subject, settings.binary, root);
  await reportSwept(report);
  const seed = settings.seed ?? freshSeed();
  const run = await openRunFolder(folders.runs, seed);
  report.storedIn(run.folder);
  const session = resources.own('session', await openSession());
  const launcher = await openLauncher({ settings, root, resources, say: (line) => report.line(line) });
  const stage = await ownStage(resources, {
    launcher,
    onLost: endOnLoss(report, resources),
    directory: join(session.directory, 'stage'),
    onProgress: ({ service, durationMs }) => report.live(`  stage: ${service} is up (${seconds(durationMs)})`),
  });
  resources.defer('service logs', async () => await storeServiceLogs(stage.services, run.folder));
  resources.defer('validators', () => void endLeftovers(session.ledgerFile));
  const context: RunContext = {
    ...folders,
    runId: run.id,
    seed,
    subject: settings.subject,
    validator,
    runFolder: run.folder,
    sessionFolder: session.directory,
    ledgerFile: session.ledgerFile,
    addresses: stage.addresses,
    snapshotMode: settings.updateSnapshots ? 'all' : settings.ci ? 'none' : 'new',
    deadlineMs: settings.deadline,
    outputLimitBytes: settings.outputLimit,
    gateTimeoutMs: settings.gateTimeout,
    unknownVariables: settings.unknownVariables,
    keep: settings.keep,
  };
  publishRunContext(context);
  report.line(`stage ${stage.addresses.launcher} · subject ${subject.name} · seed ${seed}`);
  return { context, plan: { root, featuresFolder: folders.featuresFolder, reportFolder: run.folder, selection } };
}

async function checkFolders(settings: Settings) {
  const folders = {
    featuresFolder: settings.features ?? join(root, 'features'),
    examplesFolder: settings.examples ?? join(root, 'examples'),
    snapshotsFolder: settings.snapshots ?? join(root, 'snapshots'),
    workFolder: settings.cwd,
    runs: settings.runs ?? resolve(root, 'runs'),
  };
  await requireFolder(folders.featuresFolder, 'features');
  await requireFolder(folders.examplesFolder, 'examples');
  if (folders.workFolder !== undefined) await requireFolder(folders.workFolder, 'cwd');
  await requireWritable(folders.runs, 'runs');
  if (settings.ci === false) await requireWritable(folders.snapshotsFolder, 'snapshots');
  return folders;
}

async function reportSwept(report: TerminalReport): Promise<void> {
  for (const { id } of await sweepSessions({ endLeftovers })) report.line(`cleaned up after an earlier run that was killed: ${id}`);
}
