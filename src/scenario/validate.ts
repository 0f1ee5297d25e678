// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StampedeError } from '../foundation/errors.ts';
import { splitCommand } from '../validator/words.ts';
import { shellScript } from './command-line.ts';
import type { Meeting } from './meeting.ts';
import { layersOf } from './meeting-layers.ts';
import type { MeetingName, Plan } from './plan.ts';
import { performRun, type Participant, type PerformedRun, type RunSettings } from './run.ts';
import type { ScenarioRun } from './scenario-run.ts';
import { subjectEnvironment } from './subject-environment.ts';
import { learnVersion } from './subject-version.ts';
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

/**
 * Runs the validator once or several times at once, and keeps what happened as the scenario's last run.
 * @throws StampedeError SCHEDULE_INVALID, VARIABLE_UNKNOWN before anything starts
 */
export async function validate(scenario: ScenarioRun, gathering: Gathering): Promise<void> {
  await keepRun(scenario, await performGathering(scenario, gathering, join(scenario.storedFolder, `run-${scenario.runs.length + 1}`)));
}

/** From now on it is the scenario's last run. */
export async function keepRun(scenario: ScenarioRun, run: PerformedRun): Promise<void> {
  scenario.runs.push(run);
  await learnVersion(scenario.values, run);
  await storeScript(scenario, run);
}

/** A line of a feature as the words of a command, every `${NAME}` expanded. */
export async function wordsOf({ values, context }: ScenarioRun, line: string): Promise<readonly string[]> {
  return splitCommand(await values.expand(line, context.unknownVariables));
}

async function performGathering(scenario: ScenarioRun, gathering: Gathering, folder: string): Promise<PerformedRun> {
  const { meeting, line } = gathering;
  const participants = await participantsOf(scenario, gathering);
  const forced = meeting.force(participants);
  await meeting.cache?.prepare(participants, folder);
  const plan: Plan = {
    ...planOf(scenario, meeting.name),
    participants: participants.map(({ name }) => ({ name, arguments: splitCommand(line) })),
    ...forced,
    ...(meeting.cache === undefined ? {} : { cache: meeting.cache.state }),
  };
  return await performRun(plan, participants, settingsOf(scenario, participants, folder));
}

/** The beginning of a plan: nobody takes part yet, nobody is held. */
export function planOf({ identity, context: { subject, seed } }: ScenarioRun, meeting: MeetingName): Plan {
  return { version: 1, scenario: identity.id, subject, seed, participants: [], gates: [], meeting };
}

/** Environment, cache and layers of a run of these participants as the scenario is now; `folder`: where it is stored; `environment`: set besides. */
export function settingsOf(scenario: ScenarioRun, participants: readonly Participant[], folder: string, environment: Readonly<Record<string, string>> = {}): RunSettings {
  const { context, subject, folders, images, log } = scenario;
  return {
    context,
    subject,
    folders,
    environment: { ...scenario.usualEnvironment, ...Object.fromEntries(scenario.environment), ...environment },
    cacheFolder: cacheFolder(scenario, environment),
    knownLayers: layersOf(images, participants),
    cacheLayers: images.knownLayers(),
    logDoor: log.door,
    folder,
    hider: scenario.secrets.hider,
  };
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
  const numbers = Array.from({ length: processes }, (_, index) => String(index + 1));
  return await Promise.all(
    numbers.map(async (number) => {
      const own = expand(line, new Map([['PARTICIPANT', number]]), 'keep');
      return { name: `validator-${number}`, arguments: await wordsOf(scenario, own) };
    }),
  );
}

function cacheFolder({ subject, folders, environment }: ScenarioRun, { HOME, XDG_CACHE_HOME }: Readonly<Record<string, string>>): string {
  const values = new Map([
    ['HOME', HOME ?? folders.home],
    ['XDG_CACHE_HOME', XDG_CACHE_HOME ?? environment.get('XDG_CACHE_HOME') ?? folders.cache],
  ]);
  return expand(subject.cacheDirectory, values, 'error');
}

async function storeScript({ context, storedFolder, secrets }: ScenarioRun, run: PerformedRun): Promise<void> {
  const command = commandsOf(run).at(-1) ?? [];
  const script = shellScript({ directory: run.settings.folders.work, environment: subjectEnvironment(run.settings), command });
  const told = secrets.hider.hide(script);
  for (const folder of [storedFolder, context.runFolder]) await writeFile(join(folder, lastValidatorFile), told, { mode: 0o700 });
}
