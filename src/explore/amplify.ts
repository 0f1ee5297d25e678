// SPDX-License-Identifier: Apache-2.0
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { judge } from '../checkers/checker.ts';
import { checkersFor } from '../checkers/defaults.ts';
import { StampedeError } from '../foundation/errors.ts';
import { difference } from '../scenario/difference.ts';
import { alone } from '../scenario/meeting.ts';
import { performRun, type PerformedRun } from '../scenario/run.ts';
import { appendToStored, type ScenarioRun } from '../scenario/scenario-run.ts';
import { keepRun, planOf, settingsOf, validate, wordsOf } from '../scenario/validate.ts';
import { failureOf } from '../scenario/verdict-failure.ts';
import { isCacheBelowHome } from '../validator/subject.ts';
import { splitCommand } from '../validator/words.ts';
import { meetingsFor, whyNot, type AmplifiedMeeting } from './amplified-meetings.ts';
import { copyUntouched, openPlace, type Place, type SharedCache } from './own-places.ts';

/** In a stored scenario: a line for each command that was to be amplified. */
export const amplifiedFile = 'amplified.ndjson';

/** One command: how often it ran at once, and how they met; or why it did not. */
export type Amplified = { readonly times: number; readonly meetings: readonly string[] } | { readonly reason: string };

/** One command, as it is to be amplified. */
interface Amplification {
  readonly scenario: ScenarioRun;
  readonly line: string;
  /** The same, `${NAME}` expanded. */
  readonly words: readonly string[];
  readonly times: number;
  /** Where everything of it is stored. */
  readonly stored: string;
  /** For what is needed while it goes on. */
  readonly folder: string;
  readonly untouched: string;
}

/**
 * Runs a command alone and without a cache, then so many times at once on one cold cache, as often as there are ways to meet, then
 * once as ever on the scenario's cache. Who ran at once is judged by what it says alone. Steps see what the first of those said and
 * made, in the scenario's own folder, and the cache as a run alone has left it.
 * @throws StampedeError VERDICT_BROKEN; what is unknown is told when the scenario is closed
 */
export async function validateAmplified(scenario: ScenarioRun, { line, times }: { readonly line: string; readonly times: number }): Promise<void> {
  const words = await wordsOf(scenario, line);
  const folder = join(scenario.context.sessionFolder, 'amplified', scenario.identity.id);
  const amplification: Amplification = { scenario, line, words, times, stored: join(scenario.storedFolder, `run-${scenario.runs.length + 1}`), folder, untouched: join(folder, 'untouched') };
  try {
    await copyUntouched(scenario, amplification.untouched);
    await amplify(amplification);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function amplify(amplification: Amplification): Promise<void> {
  const { scenario, line, times } = amplification;
  const { expected, run: reference } = await runAlone(amplification);
  const history = reference.recorder.events();
  const reason = whyNot(scenario, history);
  if (reason !== undefined) {
    await appendToStored(scenario, amplifiedFile, { line, reason });
    return await validate(scenario, { line, processes: 1, meeting: alone });
  }
  const meetings = meetingsFor(scenario, history, times);
  // The first meeting has the scenario's own folder, so that steps see what the first participant made.
  const met: PerformedRun[] = [];
  for (const [index, meeting] of meetings.entries()) met.push(await runAtOnce(amplification, { meeting, expected, hasOwnFolder: index === 0 }));
  await appendToStored(scenario, amplifiedFile, { line, times, meetings: meetings.map(({ name }) => name) });
  await runAsEver(amplification, met[0]);
  for (const run of met) throwIfBroken(run, times);
}

/** Without a cache: what it says then is right, whatever company it has later. Components have nothing to meet at without one. */
async function runAlone({ scenario, line, words, stored, folder, untouched }: Amplification): Promise<{ readonly expected: string; readonly run: PerformedRun }> {
  const place = await openPlace({ scenario, untouched }, join(folder, 'alone'));
  const { subject } = scenario;
  const cache = sharedCache(scenario, join(folder, 'cache-alone'), place);
  const participant = place.participant('alone', words, cache);
  const without = { ...participant, environment: { ...participant.environment, ...subject.noCacheEnvironment } };
  const run = await performRun({ ...planOf(scenario, 'alone'), participants: [{ name: 'alone', arguments: splitCommand(line) }] }, [without], { ...settingsOf(scenario, [without], join(stored, 'alone')), cacheFolder: cacheIn(scenario, cache) });
  run.recorder.close();
  const [result] = run.results;
  if (result === undefined) throw new TypeError('one participant has one result');
  const expected = await place.outcome(result, await scenario.values.forSnapshots());
  await rm(place.root, { recursive: true });
  return { expected, run };
}

interface AtOnce {
  readonly meeting: AmplifiedMeeting;
  readonly expected: string;
  readonly hasOwnFolder: boolean;
}

async function runAtOnce({ scenario, line, words, times, stored, folder, untouched }: Amplification, { meeting, expected, hasOwnFolder }: AtOnce): Promise<PerformedRun> {
  const names = Array.from({ length: times }, (_, index) => `validator-${index + 1}`);
  const within = join(folder, meeting.name);
  const places = await Promise.all(names.map(async (name, index) => await openPlace({ scenario, untouched }, hasOwnFolder && index === 0 ? undefined : join(within, name))));
  const cache = sharedCache(scenario, join(within, 'cache'), places.at(-1) as Place);
  const participants = names.map((name, index) => (places[index] as Place).participant(name, words, cache));
  const { gates, layers, sharedLayer } = meeting;
  const plan = {
    ...planOf(scenario, `schedule ${meeting.schedule}`), gates, cache: 'cold' as const, ...(sharedLayer === undefined ? {} : { sharedLayer }),
    participants: names.map((name) => ({ name, arguments: splitCommand(line) })),
  };
  const run = await performRun(plan, participants, { ...settingsOf(scenario, participants, join(stored, `at-once-${meeting.name}`)), cacheFolder: cacheIn(scenario, cache), knownLayers: layers });
  scenario.runsBesides.push(run);
  const known = await scenario.values.forSnapshots();
  for (const [index, result] of run.results.entries()) {
    const actual = await (places[index] as Place).outcome(result, known);
    const parting = difference({ name: 'Alone, without cache', text: expected }, { name: result.participant, text: actual });
    run.recorder.record({ kind: 'outcome-compared', participant: result.participant, against: 'serial run without cache', equal: expected === actual, difference: parting });
  }
  await rm(within, { recursive: true, force: true });
  return run;
}

/** On the scenario's cache, which later steps and commands are to find as ever; in a copy of its folder, which has been used. */
async function runAsEver({ scenario, line, words, stored, folder, untouched }: Amplification, met: PerformedRun | undefined): Promise<void> {
  const place = await openPlace({ scenario, untouched }, join(folder, 'as-ever'));
  const { XDG_CACHE_HOME = '', HOME = '' } = settingsOf(scenario, [], '').environment;
  const participant = place.participant('validator-1', words, { XDG_CACHE_HOME, ...(isCacheBelowHome(scenario.subject) ? { HOME } : {}) });
  const run = await performRun({ ...planOf(scenario, 'alone'), participants: [{ name: participant.name, arguments: splitCommand(line) }] }, [participant], settingsOf(scenario, [participant], stored));
  const seen = { participants: [{ name: participant.name, arguments: words }], results: met?.results.slice(0, 1) ?? [] };
  await keepRun(scenario, { ...run, ...seen });
}

/** Where the cache lies below HOME, that is shared, too. */
function sharedCache(scenario: ScenarioRun, folder: string, place: Place): SharedCache {
  return { XDG_CACHE_HOME: folder, ...(isCacheBelowHome(scenario.subject) ? { HOME: join(place.root, 'home') } : {}) };
}

function cacheIn(scenario: ScenarioRun, { XDG_CACHE_HOME, HOME }: SharedCache): string {
  return settingsOf(scenario, [], '', { XDG_CACHE_HOME, ...(HOME === undefined ? {} : { HOME }) }).cacheFolder;
}

function throwIfBroken({ recorder, settings, plan }: PerformedRun, times: number): void {
  const history = recorder.events();
  const broken = checkersFor(history).map((checker) => judge(checker, history)).find(({ verdict }) => verdict.verdict === 'broken');
  const failure = broken === undefined ? undefined : failureOf(broken, settings.folder);
  if (failure === undefined) return;
  throw new StampedeError(failure.code, `${times} at once, ${plan.meeting}: ${failure.message}`, failure.hint === undefined ? {} : { hint: failure.hint });
}
