// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NamedVerdict } from '../checkers/checker.ts';
import type { RunContext } from '../config.ts';
import { ResourceStack } from '../foundation/resources.ts';
import type { Hider } from '../foundation/secrets.ts';
import { openDoor } from '../faults/door.ts';
import type { LogDoor } from '../faults/log-door.ts';
import { createGateKeeper, type GateKeeper } from '../faults/gate-keeper.ts';
import type { CacheMoment } from '../history/event.ts';
import { openRecorder, type Recorder } from '../history/recorder.ts';
import { runInParallel } from '../validator/parallel.ts';
import { runValidator, type ValidatorResult } from '../validator/process.ts';
import type { Subject } from '../validator/subject.ts';
import { readDoorCertificate } from '../stage/registry-security.ts';
import { routeThrough, type DoorRoute } from './door-route.ts';
import { registryHost, type ScenarioFolders } from './environment.ts';
import type { KnownLayer } from './images.ts';
import { openDiskFaults } from './disk-faults.ts';
import { registryLoginEnvironment } from './secrets.ts';
import { subjectEnvironment } from './subject-environment.ts';
import { traceParticipant } from './traced-run.ts';
import { lookAtCache } from './observe-cache.ts';
import type { Plan } from './plan.ts';

/** One participant's command, every `${NAME}` expanded. */
export interface Participant {
  readonly name: string;
  readonly arguments: readonly string[];
  /** Set besides what the run sets for all. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Absent: the scenario's working directory. */
  readonly directory?: string;
}

export interface RunSettings {
  readonly context: RunContext;
  readonly subject: Subject;
  readonly folders: ScenarioFolders;
  /** The validator's whole environment, the door's address excepted. */
  readonly environment: Readonly<Record<string, string>>;
  readonly cacheFolder: string;
  /** Those that the run's validators are to read. */
  readonly knownLayers: readonly KnownLayer[];
  /** Those that may lie in the cache, from earlier runs too. */
  readonly cacheLayers: readonly KnownLayer[];
  /** Where the log was told to fail. */
  readonly logDoor: LogDoor | undefined;
  /** Where plan, history and outputs are stored. */
  readonly folder: string;
  /** Takes secrets out of all that. */
  readonly hider: Hider;
}

/** What one participant did, and what it called the registry. */
export interface RunResult extends ValidatorResult, Pick<DoorRoute, 'registryName'> {}

/** What a run left; the recorder stays open, since later comparisons belong to the same history. */
export interface PerformedRun {
  readonly plan: Plan;
  readonly participants: readonly Participant[];
  readonly settings: RunSettings;
  readonly recorder: Recorder;
  readonly results: readonly RunResult[];
  /** Verdicts that steps have asked for. */
  readonly asked: NamedVerdict[];
}

/** Plan, run, history: the participants start together, each behind its own door, held by the plan's gates. */
export async function performRun(plan: Plan, participants: readonly Participant[], settings: RunSettings): Promise<PerformedRun> {
  storePlan(plan, settings);
  const recorder = openRecorder(join(settings.folder, 'history.ndjson'), settings.hider);
  const look = async (moment: CacheMoment): Promise<void> =>
    await lookAtCache({ directory: settings.cacheFolder, known: settings.cacheLayers, moment, recorder });
  recorder.record({
    kind: 'workload-known',
    layers: settings.knownLayers.map(({ digest, diffId, compressed }) => ({ digest, diffId, size: compressed.length })),
    ...(plan.sharedLayer === undefined ? {} : { shared: plan.sharedLayer }),
    ...(plan.cache === undefined ? {} : { cache: plan.cache }),
    ...(settings.subject.cacheEntries === 'opaque' ? { isOpaque: true } : {}),
  });
  settings.logDoor?.reportTo(recorder);
  await look('before');
  const results = await runTogether(plan, participants, { settings, recorder, look: async () => await look('held') });
  await look('after');
  return { plan, participants, settings, recorder, results, asked: [] };
}

interface Held {
  readonly settings: RunSettings;
  readonly recorder: Recorder;
}

async function runTogether(plan: Plan, participants: readonly Participant[], { settings, recorder, look }: Held & { readonly look: () => Promise<void> }): Promise<readonly RunResult[]> {
  const resources = new ResourceStack();
  const disks = resources.own('disk faults', openDiskFaults(settings, recorder));
  const gates = createGateKeeper(plan.gates, { participants: participants.map(({ name }) => name), recorder, look, ...(plan.turns === undefined ? {} : { turns: plan.turns }), failDisk: async (...how) => await disks.strike(...how) });
  resources.defer('gates', () => gates.close());
  try {
    const { registryUrl, registrySecrets } = settings.context.addresses;
    const certificate = await readDoorCertificate(registrySecrets);
    const doors = await Promise.all(
      participants.map(async ({ name }) =>
        resources.own(`door of ${name}`, await openDoor({ participant: name, upstream: registryUrl, hosts: [registryHost], form: settings.subject.door, recorder, gates, ...(certificate === undefined ? {} : { certificate }) })),
      ),
    );
    return await runInParallel(
      participants.map((participant, index) => async (signal: AbortSignal) => await runOne(participant, doors[index]?.url ?? '', { plan, settings, recorder, gates, signal })),
    );
  } finally {
    await resources[Symbol.asyncDispose]();
  }
}

interface RunningParts extends Held {
  readonly plan: Plan;
  readonly gates: GateKeeper;
  readonly signal: AbortSignal;
}

async function runOne(participant: Participant, door: string, { plan, settings, recorder, gates, signal }: RunningParts): Promise<RunResult> {
  const { context, subject, folders, folder } = settings;
  const [program = '', ...leading] = context.validator;
  const route = routeThrough(door, subject.door, { arguments: participant.arguments, environment: { ...subjectEnvironment(settings), ...participant.environment } });
  const login = subject.door === 'reverse' ? await registryLoginEnvironment(context.addresses, folders.root, route.registryName) : {};
  const tracing = await traceParticipant(participant.name, { plan, settings, recorder, gates });
  try {
    await gates.passStart(participant.name, signal);
    const result = await runValidator({
      participant: participant.name,
      ...(tracing === undefined ? {} : { starter: tracing.words }),
      program,
      arguments: [...leading, ...route.arguments],
      environment: { ...route.environment, ...login },
      directory: participant.directory ?? folders.work,
      deadlineMs: context.deadlineMs ?? subject.deadlineMs,
      outputLimitBytes: context.outputLimitBytes,
      outputFolder: folder,
      hider: settings.hider,
      ledgerFile: context.ledgerFile,
      recorder,
      onStart: (pid) => {
        gates.participantStarted(participant.name, pid);
        tracing?.started(pid);
      },
      isExcused: () => gates.isHolding(),
      signal,
    });
    return { ...result, registryName: route.registryName };
  } finally {
    gates.participantEnded(participant.name);
    await tracing?.close();
  }
}

/** Without giving way: these are two small files, and to wait for each call takes longer than the call. */
function storePlan(plan: Plan, { folder, context, hider }: RunSettings): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'plan.json'), `${hider.hide(JSON.stringify(plan, null, 2))}\n`);
  const versions = { node: process.versions.node, platform: `${process.platform} ${process.arch}`, stage: context.addresses.launcher };
  writeFileSync(join(folder, 'versions.json'), `${JSON.stringify(versions, null, 2)}\n`);
}
