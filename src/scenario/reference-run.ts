// SPDX-License-Identifier: Apache-2.0
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { difference } from './difference.ts';
import { normalise } from './normalise.ts';
import { performRun, type Participant, type PerformedRun, type RunSettings } from './run.ts';
import type { ValidatorResult } from '../validator/process.ts';

/**
 * Repeats each participant's command alone, serial and without any cache, and records whether the outcome was the
 * same. Equal commands are repeated once.
 */
export async function compareWithReference(run: PerformedRun, known: ReadonlyMap<string, string>): Promise<void> {
  const references = new Map<string, Promise<string>>();
  for (const [index, participant] of run.participants.entries()) {
    const result = run.results[index];
    if (result === undefined) continue;
    const command = JSON.stringify(participant.arguments);
    const expected = await (references.get(command) ?? remember(references, command, referenceOutcome(run, participant, known)));
    const actual = await outcomeText(result, known);
    const equal = expected === actual;
    const parting = difference({ name: 'Alone, without cache', text: expected }, { name: participant.name, text: actual });
    run.recorder.record({ kind: 'outcome-compared', participant: participant.name, against: 'serial run without cache', equal, difference: parting });
  }
}

function remember<T>(map: Map<string, T>, key: string, value: T): T {
  map.set(key, value);
  return value;
}

async function referenceOutcome(run: PerformedRun, participant: Participant, known: ReadonlyMap<string, string>): Promise<string> {
  const { settings, plan } = run;
  const { subject } = settings;
  const alone: Participant = { name: `alone-${participant.name}`, arguments: [...participant.arguments, ...subject.serialArguments] };
  const emptyCache = join(settings.folders.root, 'no-cache');
  const setting: RunSettings = {
    ...settings,
    environment: { ...settings.environment, XDG_CACHE_HOME: emptyCache, ...subject.noCacheEnvironment },
    cacheFolder: emptyCache,
    folder: join(settings.folder, alone.name),
  };
  const reference = await performRun({ ...plan, meeting: 'alone', gates: [], participants: [alone] }, [alone], setting);
  reference.recorder.close();
  await rm(emptyCache, { recursive: true, force: true });
  const [result] = reference.results;
  return result === undefined ? '' : await outcomeText(result, known);
}

/** Exit status and standard output, normalised: what must not depend on company. */
async function outcomeText(result: ValidatorResult, known: ReadonlyMap<string, string>): Promise<string> {
  const output = await readFile(result.stdoutFile, 'utf8');
  const ending = result.exitCode === null ? `${result.ending} ${result.signal ?? ''}` : `exit status ${result.exitCode}`;
  return `${ending}\n${normalise(output, known)}`;
}
