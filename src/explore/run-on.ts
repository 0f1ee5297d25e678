// SPDX-License-Identifier: Apache-2.0
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { StampedeError } from '../foundation/errors.ts';
import type { GateRule } from '../faults/gate.ts';
import type { TurnRule } from '../faults/turns.ts';
import type { Plan, PlannedExploration } from '../scenario/plan.ts';
import { performRun, type Participant, type PerformedRun } from '../scenario/run.ts';
import type { ScenarioRun } from '../scenario/scenario-run.ts';
import { isCacheBelowHome } from '../validator/subject.ts';
import { expand } from '../scenario/variables.ts';

export interface RunRequest {
  readonly scenario: ScenarioRun;
  readonly participants: readonly Participant[];
  readonly gates: readonly GateRule[];
  readonly meeting: Plan['meeting'];
  readonly turns?: TurnRule;
  /** The attempt that the run belongs to. */
  readonly exploration?: PlannedExploration;
  /** Set besides the usual. */
  readonly environment: Readonly<Record<string, string>>;
  /** True: every file call on the cache is recorded. */
  readonly isTraced?: boolean;
  /** Where it is stored. */
  readonly folder: string;
}

/** Runs the participants at once, on the cache below `home`, which stands for XDG_CACHE_HOME; where the subject's lies below HOME, another one is in it. */
export async function runOn(home: string, { scenario, participants, gates, meeting, environment, folder, turns, exploration, isTraced = false }: RunRequest): Promise<PerformedRun> {
  const { context, identity, subject, folders, images } = scenario;
  const ownHome = isCacheBelowHome(subject) ? { HOME: homeBelow(home) } : {};
  // Its folders are being removed: a new one would stay for ever.
  if (scenario.resources.isReleased) throw new StampedeError('INTERRUPTED', 'the exploration has been ended');
  const cacheFolder = cacheFolderBelow(home, scenario);
  mkdirSync(ownHome.HOME ?? home, { recursive: true });
  const commands = participants.map(({ name, arguments: words }) => ({ name, arguments: words.map((word) => word.replaceAll('${CACHE}', cacheFolder).replaceAll('${OUT}', join(home, outputName(name)))) }));
  const plan: Plan = { version: 1, scenario: identity.id, subject: context.subject, seed: context.seed, participants, gates, meeting, isTraced, ...(turns === undefined ? {} : { turns }), ...(exploration === undefined ? {} : { exploration }) };
  return await performRun(plan, commands, {
    context,
    subject,
    folders,
    environment: { ...scenario.usualEnvironment, XDG_CACHE_HOME: home, ...ownHome, ...environment },
    cacheFolder,
    knownLayers: images.readLayers().filter((layer) => layer.images.some((image) => participants.some((one) => namesImage(one, images.referenceOf(image))))),
    cacheLayers: images.knownLayers(),
    logDoor: undefined,
    folder,
    hider: scenario.secrets.hider,
  });
}

/** Where the subject keeps its cache when it runs on `home`. */
export function cacheFolderBelow(home: string, { subject }: Pick<ScenarioRun, 'subject'>): string {
  return expand(subject.cacheDirectory, new Map([['HOME', homeBelow(home)], ['XDG_CACHE_HOME', home]]), 'error');
}

function homeBelow(home: string): string {
  return join(home, 'home');
}

/** What a process writes besides its standard output; it need not be there. */
export function outputFile({ settings: { environment } }: PerformedRun, participant: string): string {
  return join(environment['XDG_CACHE_HOME'] ?? '', outputName(participant));
}

function outputName(participant: string): string {
  return `${participant}.out`;
}

/** As a word of its own, or quoted in a document. */
function namesImage({ arguments: words }: Participant, reference: string): boolean {
  return words.some((word) => word === reference || word === `${reference}:latest` || word.includes(`"${reference}"`));
}
