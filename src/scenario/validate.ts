// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StampedeError } from '../foundation/errors.ts';
import type { GateRule } from '../faults/gate.ts';
import { splitCommand } from '../validator/words.ts';
import { shellScript } from './command-line.ts';
import { layersMetAt, layersOf, namedImages } from './meeting-layers.ts';
import { gatesFor, type Meeting, type Plan } from './plan.ts';
import { performRun, type Participant, type PerformedRun } from './run.ts';
import type { ScenarioRun } from './scenario-run.ts';
import { expand } from './variables.ts';

/** In the stored run: how the last validator was started. */
export const lastValidatorFile = 'last-validator.sh';

/** Which validators to run, and how they meet. */
export interface Gathering {
  /** As written in the feature, after the program's name. */
  readonly line: string;
  readonly processes: number;
  readonly meeting: Meeting;
}

/** Runs the validator once or several times at once, and keeps what happened as the scenario's last run. */
export async function validate(scenario: ScenarioRun, gathering: Gathering): Promise<void> {
  const participants = await participantsOf(scenario, gathering);
  const plan: Plan = {
    version: 1,
    scenario: scenario.identity.id,
    subject: scenario.context.subject,
    seed: scenario.context.seed,
    participants: participants.map(({ name }) => ({ name, arguments: splitCommand(gathering.line) })),
    gates: gatesOf(scenario, gathering, participants),
    meeting: gathering.meeting,
  };
  const run = await performRun(plan, participants, {
    context: scenario.context,
    subject: scenario.subject,
    folders: scenario.folders,
    environment: { ...scenario.usualEnvironment, ...Object.fromEntries(scenario.environment) },
    cacheFolder: cacheFolder(scenario),
    knownLayers: layersOf(scenario.images, participants),
    cacheLayers: scenario.images.knownLayers(),
    logDoor: scenario.log.door,
    folder: join(scenario.storedFolder, `run-${scenario.runs.length + 1}`),
  });
  scenario.runs.push(run);
  await storeScript(scenario, run);
}

/** @throws StampedeError STEP_OUT_OF_ORDER when nothing has run. */
export function lastRun(scenario: ScenarioRun): PerformedRun {
  const run = scenario.runs.at(-1);
  if (run !== undefined) return run;
  throw new StampedeError('STEP_OUT_OF_ORDER', 'no validator has run yet', { hint: 'write before: When ec command is run with "..."' });
}

/** The commands of a run as a person can paste them. */
export function commandsOf({ participants, settings }: PerformedRun): readonly (readonly string[])[] {
  return participants.map((participant) => [...settings.context.validator, ...participant.arguments]);
}

async function participantsOf(scenario: ScenarioRun, { line, processes }: Gathering): Promise<readonly Participant[]> {
  const { values, context } = scenario;
  const numbers = Array.from({ length: processes }, (_, index) => String(index + 1));
  return await Promise.all(
    numbers.map(async (number) => {
      const own = expand(line, new Map([['PARTICIPANT', number]]), 'keep');
      return { name: `validator-${number}`, arguments: splitCommand(await values.expand(own, context.unknownVariables)) };
    }),
  );
}

function gatesOf(scenario: ScenarioRun, { processes, meeting }: Gathering, participants: readonly Participant[]): readonly GateRule[] {
  const layers = layersMetAt(scenario.images, meeting, participants);
  const repositories = namedImages(scenario.images, participants).map((name) => scenario.images.repositoryOf(name));
  const parties = meeting === 'components' ? repositories.length : processes;
  return gatesFor({ meeting, parties, participants: participants.map(({ name }) => name), layers, repositories, timeoutMs: scenario.context.gateTimeoutMs });
}

function cacheFolder({ subject, folders, environment }: ScenarioRun): string {
  const values = new Map([
    ['HOME', folders.home],
    ['XDG_CACHE_HOME', environment.get('XDG_CACHE_HOME') ?? folders.cache],
  ]);
  return expand(subject.cacheDirectory, values, 'error');
}

async function storeScript({ context, storedFolder }: ScenarioRun, run: PerformedRun): Promise<void> {
  const command = commandsOf(run).at(-1) ?? [];
  const script = shellScript({ directory: run.settings.folders.work, environment: run.settings.environment, command });
  for (const folder of [storedFolder, context.runFolder]) await writeFile(join(folder, lastValidatorFile), script, { mode: 0o700 });
}
