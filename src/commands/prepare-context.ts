// SPDX-License-Identifier: Apache-2.0
import { join, resolve } from 'node:path';
import { publishRunContext, type RunContext, type Settings } from '../config.ts';
import type { ResourceStack } from '../foundation/resources.ts';
import { freshSeed } from '../foundation/seed.ts';
import { root } from '../foundation/root.ts';
import type { ReferenceVariant } from '../reference-build.ts';
import { seconds, type TerminalReport } from '../report/terminal.ts';
import { hiderOfSession } from '../scenario/secrets.ts';
import { openSession, sweepSessions } from '../stage/session.ts';
import { ownStage } from '../stage/stage.ts';
import { endLeftovers } from '../validator/leftovers.ts';
import { loadSubject, type Subject } from '../validator/subject.ts';
import { requirePlantable, variantFor } from './planted-bug.ts';
import { requireFolder, requireWritable } from './preflight.ts';
import { chooseWorkFolder } from './work-folder.ts';
import { provideValidator } from './provide-validator.ts';
import { openRunFolder, storeServiceLogs } from './run-folder.ts';
import { openLauncher } from './stage-launcher.ts';
import { mannersOf } from './registry-manners.ts';
import { endOnLoss } from './stage-loss.ts';

interface Prepared {
  readonly context: RunContext;
  readonly subject: Subject;
}

/** Checks everything that can be checked before anything starts, then starts the stage; `resources` takes all of it down. */
export async function prepareContext(settings: Settings, report: TerminalReport, resources: ResourceStack, variant: ReferenceVariant = variantFor(settings)): Promise<Prepared> {
  const folders = await checkFolders(settings);
  const work = await chooseWorkFolder({ ...settings, runs: folders.runs }, (line) => report.line(line));
  const subject = await loadSubject(settings.subject, join(root, 'subjects'));
  requirePlantable(settings, subject);
  const validator = await provideValidator(subject, { binary: settings.binary, root, variant });
  await reportSwept(report);
  const seed = settings.seed ?? freshSeed();
  const run = await openRunFolder(folders.runs, seed);
  report.storedIn(run.folder);
  const session = resources.own('session', await openSession());
  const launcher = await openLauncher({ settings, root, resources, say: (line) => report.line(line) });
  const stage = await ownStage(resources, {
    launcher,
    onLost: endOnLoss(report, resources),
    ...mannersOf(subject, launcher.name),
    directory: join(session.directory, 'stage'),
    onProgress: ({ service, durationMs }) => report.live(`  stage: ${service} is up (${seconds(durationMs)})`),
  });
  resources.defer('service logs', async () => await storeServiceLogs(stage.services, run.folder, await hiderOfSession(stage.addresses, session.directory)));
  resources.defer('validators', () => void endLeftovers(session.ledgerFile));
  const context: RunContext = {
    ...folders,
    workFolder: work,
    runId: run.id,
    seed,
    validator,
    runFolder: run.folder,
    sessionFolder: session.directory,
    ledgerFile: session.ledgerFile,
    addresses: stage.addresses,
    ...asSet(settings, subject),
  };
  publishRunContext(context);
  report.line(['stage', stage.addresses.launcher, '· subject', subject.name, ...(settings.plantedBug === undefined ? [] : ['· planted bug', settings.plantedBug]), '· seed', seed].join(' '));
  return { context, subject };
}

function asSet(settings: Settings, subject: Subject) {
  return {
    subject: settings.subject,
    snapshotMode: settings.updateSnapshots ? 'all' : settings.ci ? 'none' : 'new',
    deadlineMs: settings.deadline,
    outputLimitBytes: settings.outputLimit,
    gateTimeoutMs: settings.gateTimeout,
    unknownVariables: settings.unknownVariables ?? subject.unknownVariables,
    keep: settings.keep,
    conftest: settings.conftest,
    amplify: settings.amplify,
    plantedBug: settings.plantedBug,
  } as const;
}

async function checkFolders(settings: Settings) {
  const folders = {
    featuresFolder: settings.features ?? join(root, 'features'),
    examplesFolder: settings.examples ?? join(root, 'examples'),
    snapshotsFolder: settings.snapshots ?? join(root, 'snapshots'),
    runs: settings.runs ?? resolve(root, 'runs'),
  };
  await requireFolder(folders.featuresFolder, 'features');
  await requireFolder(folders.examplesFolder, 'examples');
  if (settings.cwd !== undefined) await requireFolder(settings.cwd, 'cwd');
  await requireWritable(folders.runs, 'runs');
  if (settings.ci === false) await requireWritable(folders.snapshotsFolder, 'snapshots');
  return folders;
}

async function reportSwept(report: TerminalReport): Promise<void> {
  for (const { id } of await sweepSessions({ endLeftovers })) report.line(`cleaned up after an earlier run that was killed: ${id}`);
}
