// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { Script } from 'node:vm';
import type { NamedVerdict } from '../checkers/checker.ts';
import { excused } from '../checkers/excuses.ts';
import type { Attempt } from '../explore/attempt.ts';
import type { SerialRun } from '../explore/expectation.ts';
import { StampedeError } from '../foundation/errors.ts';
import { readUntrusted } from '../foundation/untrusted-file.ts';
import { eventsOf, type EventOf, type History } from '../history/event.ts';
import { readHistory } from '../history/store.ts';
import { laidOut } from '../scenario/json-layout.ts';
import type { Symptom } from './report.ts';

/** Where a symptom was seen. */
export interface Sighting {
  readonly run: 'scheduled' | 'calm';
  /** Whose it is; undefined where it is of the run as a whole. */
  readonly participant: string | undefined;
}

/** No output that is kept is larger. */
const limitBytes = 64 * 1024 * 1024;

/**
 * Where an attempt shows the symptom: an attempt that no checker calls broken shows none, and neither does a process that was struck by what the schedule
 * does, or that says what it says alone.
 */
export async function sightingOf(symptom: Symptom, { verdict, verdicts, folder }: Pick<Attempt, 'verdict' | 'verdicts' | 'folder'>): Promise<Sighting | undefined> {
  if (verdict !== 'broken') return undefined;
  for (const run of ['scheduled', 'calm'] as const) {
    const those = verdicts.filter((one) => one.run === run);
    if (those.length === 0) continue;
    const participant = await seenIn(symptom, join(folder, run), those);
    if (participant !== undefined) return { run, participant: participant === everybody ? undefined : participant };
  }
  return undefined;
}

const everybody = Symbol('everybody');

async function seenIn(symptom: Symptom, folder: string, verdicts: readonly NamedVerdict[]): Promise<string | typeof everybody | undefined> {
  const isBroken = (checker: string): boolean => verdicts.some((one) => one.checker === checker && one.verdict.verdict === 'broken');
  if (symptom.checker !== undefined && !isBroken(symptom.checker)) return undefined;
  const isOfProcess = Object.keys(symptom).some((key) => key !== 'checker');
  if (!isOfProcess) return everybody;
  const history = readHistory(join(folder, 'history.ndjson'));
  for (const exited of suspects(history, symptom)) if (await shows(symptom, exited, { folder, history })) return exited.participant;
  return undefined;
}

/** Who was struck can't be expected to say what it would have said, only to come to an end; and who says the same as alone shows nothing. */
function suspects(history: History, { hangs }: Symptom): readonly EventOf<'validator-exited'>[] {
  const struck = hangs === true ? killed(history) : excused(history);
  const equal = eventsOf(history, 'outcome-compared').filter((compared) => compared.equal).map(({ participant }) => participant);
  return eventsOf(history, 'validator-exited').filter(({ participant }) => !struck.includes(participant) && !equal.includes(participant));
}

function killed(history: History): readonly string[] {
  return eventsOf(history, 'fault-struck').filter(({ fault }) => fault === 'kill').map(({ participant }) => participant);
}

interface Stored {
  readonly folder: string;
  readonly history: History;
}

async function shows({ exitStatus, contains, matches, differsFromSerial, hangs }: Symptom, exited: EventOf<'validator-exited'>, { folder, history }: Stored): Promise<boolean> {
  if (exitStatus !== undefined && exited.exitCode !== exitStatus) return false;
  if (hangs !== undefined && exited.ending !== 'deadline') return false;
  if (differsFromSerial !== undefined && !eventsOf(history, 'outcome-compared').some(({ participant, equal }) => participant === exited.participant && !equal)) return false;
  if (contains === undefined && matches === undefined) return true;
  return await isSaid({ contains, matches }, [exited.stdout, exited.stderr].map(({ file }) => join(folder, file)));
}

/**
 * A serial run that shows what is to be shown by a race: then it is no race.
 * @returns what is seen there, and when; undefined where none shows it
 */
export async function seenAlone(symptom: Symptom, runs: readonly SerialRun[]): Promise<SerialRun | undefined> {
  const { exitStatus, contains, matches, hangs, differsFromSerial, checker } = symptom;
  // Another outcome on a cache than without one is told by the expectation. Most checkers judge what several do, and say nothing of one.
  const isOfOutput = [exitStatus, contains, matches, hangs].some((one) => one !== undefined);
  if ((!isOfOutput && checker === undefined) || differsFromSerial !== undefined) return undefined;
  for (const run of runs) {
    const { exitCode, ending, stdoutFile, stderrFile } = run.result;
    if (checker !== undefined && !run.broken.includes(checker)) continue;
    if (exitStatus !== undefined && exitCode !== exitStatus) continue;
    if (hangs !== undefined && ending !== 'deadline') continue;
    if ((contains === undefined && matches === undefined) || (await isSaid({ contains, matches }, [stdoutFile, stderrFile]))) return run;
  }
  return undefined;
}

async function isSaid({ contains, matches }: { readonly contains: string | undefined; readonly matches: string | undefined }, files: readonly string[]): Promise<boolean> {
  const said = await Promise.all(files.map(async (path) => (await readUntrusted({ path, limitBytes })).toString('utf8')));
  // Reporters copy from where JSON is laid out, whatever the program has written.
  const texts = [...said, ...said.map(laidOut)];
  return (contains === undefined || texts.some((text) => text.includes(contains))) && (matches === undefined || texts.some((text) => isMatch(matches, text)));
}

const longestMatchMs = 2000;

/**
 * A pattern may come with a bundle from anywhere, and take longer than anybody waits.
 * @throws StampedeError REPORT_INVALID
 */
export function isMatch(pattern: string, text: string): boolean {
  try {
    return new Script('new RegExp(pattern, "m").test(text)').runInNewContext({ pattern, text }, { timeout: longestMatchMs }) === true;
  } catch (cause) {
    throw new StampedeError('REPORT_INVALID', `the pattern ${JSON.stringify(pattern)} can't be looked for: it takes more than ${longestMatchMs} ms`, { cause, hint: 'repetitions in repetitions, such as (a+)+, take for ever' });
  }
}
