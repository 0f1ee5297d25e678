// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { copyTree } from '../foundation/copy-tree.ts';
import { difference } from './difference.ts';
import { normalise } from './normalise.ts';
import { underUsualName } from './door-route.ts';
import { performRun, type Participant, type PerformedRun, type RunResult, type RunSettings } from './run.ts';
import { isCacheBelowHome, serialArgumentsOf } from '../validator/subject.ts';
import { excused } from '../checkers/excuses.ts';

/**
 * Repeats each participant's command alone, serial and without any cache, and records whether the outcome was the
 * same. Equal commands are repeated once. Who was struck by what the plan does is left out: it can't say what it would have said.
 */
export async function compareWithReference(run: PerformedRun, known: ReadonlyMap<string, string>): Promise<void> {
  const references = new Map<string, Promise<string>>();
  const struck = excused(run.recorder.events());
  for (const [index, participant] of run.participants.entries()) {
    const result = run.results[index];
    if (result === undefined || struck.includes(participant.name)) continue;
    const command = JSON.stringify(participant.arguments);
    const expected = await (references.get(command) ?? remember(references, command, referenceOutcome(run, participant, known)));
    const actual = outcomeText(result, known);
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
  const { subject, folders } = settings;
  const alone: Participant = { name: `alone-${participant.name}`, arguments: [...participant.arguments, ...serialArgumentsOf(subject, participant.arguments)] };
  const spare = join(folders.root, 'alone');
  const setting: RunSettings = { ...settings, ...withoutCache(settings, spare), folder: join(settings.folder, alone.name) };
  return await inCopyOf(folders.work, spare, async () => {
    const reference = await performRun({ ...plan, meeting: 'alone', gates: [], participants: [alone] }, [alone], setting);
    reference.recorder.close();
    const [result] = reference.results;
    return result === undefined ? '' : outcomeText(result, known);
  });
}

/** Wherever the subject keeps its cache, there is an empty one, should it not be told to do without. */
function withoutCache({ environment, subject }: RunSettings, spare: string): Pick<RunSettings, 'environment' | 'cacheFolder'> {
  const cacheFolder = join(spare, 'cache');
  const home = isCacheBelowHome(subject) ? { HOME: join(spare, 'home') } : {};
  return { environment: { ...environment, ...home, XDG_CACHE_HOME: cacheFolder, ...subject.noCacheEnvironment }, cacheFolder };
}

/** For a command whose files must not replace what another one wrote, and whose paths must be the same; `spare` is a folder of nobody else's. */
export async function inCopyOf<T>(work: string, spare: string, action: () => Promise<T>): Promise<T> {
  const aside = join(spare, 'work');
  await mkdir(join(spare, 'home'), { recursive: true });
  await rename(work, aside);
  try {
    await copyTree(aside, work);
    return await action();
  } finally {
    await rm(work, { recursive: true, force: true });
    await rename(aside, work);
    await rm(spare, { recursive: true, force: true });
  }
}

/** Exit status and standard output, normalised: what must not depend on company. */
export function outcomeText(result: RunResult, known: ReadonlyMap<string, string>): string {
  const output = underUsualName(readFileSync(result.stdoutFile, 'utf8'), result);
  const ending = result.exitCode === null ? `${result.ending} ${result.signal ?? ''}` : `exit status ${result.exitCode}`;
  return `${ending}\n${normalise(output, known)}`;
}
