// SPDX-License-Identifier: Apache-2.0
import { lstatSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { cacheIntact } from '../checkers/cache-intact.ts';
import { judge } from '../checkers/checker.ts';
import { ended } from '../checkers/ended.ts';
import type { FileContent } from '../checkers/opaque.ts';
import { eventsOf } from '../history/event.ts';
import { pathsBelow } from '../scenario/cache-files.ts';
import { difference } from '../scenario/difference.ts';
import { outcomeText } from '../scenario/reference-run.ts';
import { registryHost } from '../scenario/environment.ts';
import type { Participant, PerformedRun, RunResult } from '../scenario/run.ts';
import type { ScenarioRun } from '../scenario/scenario-run.ts';
import type { ValidatorResult } from '../validator/process.ts';
import { failedAloud } from './failed-aloud.ts';
import { digestOfFile } from './file-digest.ts';
import { outputFile, runOn } from './run-on.ts';
import type { Workload } from './workload.ts';

/**
 * What each process says when nothing else goes on: without a cache, and on a cache that is cold, filled by another
 * one, or warm. Whatever runs at the same time, an outcome has to be one of these.
 */
export interface Expectation {
  /** Serial runs whose outcome is not that without a cache: defects that need no race. */
  readonly serialDefects: readonly string[];
  /** What serial runs leave in the cache besides entries. */
  readonly usualFiles: ReadonlySet<string>;
  /** Entries that hold something else than their names promise after serial runs, and what. */
  readonly usualContents: readonly FileContent[];
  /** All of these runs, as they came to their end. */
  readonly serialRuns: readonly SerialRun[];
  /** What one process takes whose layers are small. */
  readonly usual: Pick<ValidatorResult, 'peakRssBytes' | 'peakOpenFiles' | 'peakThreads'>;
  /** Learns what another process says without a cache. */
  learn(participant: Participant): Promise<void>;
  /** When all of it is known: before that, nothing can be judged. Rejects with what a serial run or the one who looks at them throws. */
  complete(): Promise<void>;
  /** Records whether the outcome is an expected one. */
  compare(run: PerformedRun, participant: Participant, result: RunResult, how?: Comparison): Promise<void>;
}

export interface Comparison {
  /** True for who may end with an error, if it says so and claims nothing. */
  readonly mayFail?: boolean;
}

/** The moment of a serial run that has none. */
export const withoutCache = 'without-cache';

/** One process, with nothing else going on. */
export interface SerialRun {
  readonly participant: string;
  /** `without-cache`, `cold-1`, `warm-2` and so on. */
  readonly moment: string;
  readonly result: RunResult;
  /** Checkers that say broken of it: nobody else took part, so what they say needs no race. */
  readonly broken: readonly string[];
}

export interface ExpectationRequest {
  readonly scenario: ScenarioRun;
  readonly workload: Pick<Workload, 'participants' | 'alone'>;
  readonly environment: Readonly<Record<string, string>>;
  /** Of the folders in which its runs are stored. */
  readonly name: string;
}

interface Outcomes {
  readonly withoutCache: string;
  readonly all: Set<string>;
}

/**
 * Runs everything serially: without a cache, then in both orders on a cold cache, and once more on the warm one. The two
 * orders share no cache, so they are run at once.
 */
export async function expectedOutcomes(request: ExpectationRequest): Promise<Expectation> {
  const outcomes = new SerialOutcomes(request, await request.scenario.values.forSnapshots());
  for (const participant of request.workload.alone) await outcomes.learn(participant);
  await outcomes.complete();
  return outcomes;
}

/**
 * The same for who is in a hurry: what the participants say without a cache is known, and looked at, when it returns; then nothing holds up the first schedule but
 * its verdict, which waits for the rest. Who else takes part is learned when a schedule needs it.
 * @param look - told what is known so far, at once and when all is; what it throws ends the one or the other
 */
export async function begunOutcomes(request: ExpectationRequest, look: (soFar: Expectation) => Promise<void>): Promise<Expectation> {
  const outcomes = new SerialOutcomes(request, await request.scenario.values.forSnapshots(), look);
  const { participants, alone } = request.workload;
  // Without a cache they share nothing.
  await Promise.all(alone.filter(({ name }) => participants.some((one) => one.name === name)).map(async (participant) => await outcomes.learn(participant)));
  await look(outcomes);
  // Whoever is held up by it is told.
  outcomes.complete().catch(() => undefined);
  return outcomes;
}

class SerialOutcomes implements Expectation {
  readonly #request: ExpectationRequest;
  readonly #known: ReadonlyMap<string, string>;
  readonly #outcomes = new Map<string, Outcomes>();
  readonly #learning = new Map<string, Promise<void>>();
  readonly #serialDefects: string[] = [];
  readonly usualFiles = new Set<string>();
  readonly usualContents: FileContent[] = [];
  readonly #serialRuns: SerialRun[] = [];
  readonly #look: (soFar: Expectation) => Promise<void>;
  #completing: Promise<void> | undefined;
  #usual: Expectation['usual'] = { peakRssBytes: null, peakOpenFiles: undefined, peakThreads: undefined };

  constructor(request: ExpectationRequest, known: ReadonlyMap<string, string>, look: (soFar: Expectation) => Promise<void> = async () => await Promise.resolve()) {
    this.#request = request;
    this.#known = known;
    this.#look = look;
  }

  async complete(): Promise<void> {
    this.#completing ??= this.#learnOnCaches();
    await this.#completing;
  }

  async #learnOnCaches(): Promise<void> {
    const { participants } = this.#request.workload;
    await Promise.all([participants, [...participants].reverse()].map(async (those, index) => await this.#learnInOrder(those, index + 1)));
    await this.#look(this);
  }

  get serialDefects(): readonly string[] {
    return [...this.#serialDefects].sort();
  }

  /** Whoever was the first to end: without a cache, on a cold one, on a warm one. */
  get serialRuns(): readonly SerialRun[] {
    const key = ({ moment, participant }: SerialRun): string => `${moment === withoutCache ? '' : moment} ${participant}`;
    return [...this.#serialRuns].sort((one, other) => (key(one) < key(other) ? -1 : 1));
  }

  get usual(): Expectation['usual'] {
    return this.#usual;
  }

  /** Once for each, whoever asks at the same time. */
  async learn(participant: Participant): Promise<void> {
    const learning = this.#learning.get(participant.name) ?? this.#learnAlone(participant);
    this.#learning.set(participant.name, learning);
    await learning;
  }

  async #learnAlone(participant: Participant): Promise<void> {
    const { folders, subject } = this.#request.scenario;
    const text = await this.#say(participant, withoutCache, { home: join(folders.root, `no-cache-${participant.name}`), environment: subject.noCacheEnvironment });
    this.#outcomes.set(participant.name, { withoutCache: text, all: new Set([text]) });
  }

  async #learnInOrder(participants: readonly Participant[], order: number): Promise<void> {
    const home = join(this.#request.scenario.folders.root, `serial-${order}`);
    for (const [moment, participant] of ['cold', 'warm'].flatMap((when) => participants.map((one) => [when, one] as const))) {
      const text = await this.#say(participant, `${moment}-${order}`, { home, environment: {} });
      const expected = this.#outcomes.get(participant.name);
      if (text !== expected?.withoutCache) this.#serialDefects.push(`${participant.name} alone, ${moment} cache, order ${order}: another outcome than without a cache`);
      expected?.all.add(text);
    }
    await rm(home, { recursive: true, force: true });
  }

  async compare(run: PerformedRun, { name }: Participant, result: RunResult, { mayFail = false }: Comparison = {}): Promise<void> {
    const [expected, actual] = [this.#outcomes.get(name), await this.#outcomeOf(run, result)];
    const equal = expected?.all.has(actual) === true;
    const parting = equal ? '' : difference({ name: 'Alone, without cache', text: expected?.withoutCache ?? '' }, { name, text: actual });
    const isTold = !equal && mayFail && failedAloud(result, { alone: expected?.withoutCache ?? '', known: this.#known });
    run.recorder.record({ kind: 'outcome-compared', participant: name, against: 'serial run without cache', equal, difference: parting, ...(isTold ? { isTold } : {}) });
  }

  async #say(participant: Participant, moment: string, { home, environment }: { readonly home: string; readonly environment: Readonly<Record<string, string>> }): Promise<string> {
    const { scenario, name } = this.#request;
    const folder = join(scenario.storedFolder, `${name}-${participant.name}-${moment}`);
    const run = await runOn(home, { scenario, participants: [participant], gates: [], meeting: 'alone', environment: { ...this.#request.environment, ...environment }, folder });
    const after = eventsOf(run.recorder.events(), 'cache-file-seen').filter(({ moment: at }) => at === 'after');
    const left = after.flatMap((seen) => (seen.class === 'foreign' ? [seen.path] : []));
    for (const path of left) this.usualFiles.add(path);
    for (const { path, digest, class: kind } of after) if (kind === 'prefix' || kind === 'other-bytes') this.#keepContent({ path, digest });
    run.recorder.record({ kind: 'usual-files-known', paths: left });
    run.recorder.close();
    const [result] = run.results;
    if (result === undefined) return '';
    const broken = [ended, cacheIntact].filter((checker) => judge(checker, run.recorder.events()).verdict.verdict === 'broken').map(({ name: checker }) => checker);
    this.#serialRuns.push({ participant: participant.name, moment, result, broken });
    if (moment.startsWith('cold') && this.#usual.peakRssBytes === null) this.#usual = result;
    return await this.#outcomeOf(run, result);
  }

  #keepContent({ path, digest }: FileContent): void {
    if (!this.usualContents.some((known) => known.path === path && known.digest === digest)) this.usualContents.push({ path, digest });
  }

  async #outcomeOf(run: PerformedRun, result: RunResult): Promise<string> {
    return `${outcomeText(result, this.#known)}${await outputDigest(outputFile(run, result.participant), result)}`;
  }
}

/** A line for each file that the process made, which are taken away for the next one; nothing where there is none. */
async function outputDigest(path: string, result: RunResult): Promise<string> {
  const made = lstatSync(path, { throwIfNoEntry: false });
  if (made === undefined) return '';
  const files = made.isDirectory() ? pathsBelow(path).map((name) => join(path, name)) : [path];
  const lines = await Promise.all(
    files.map(async (file) => {
      // What the registry is called differs with the door.
      const digest = await digestOfFile(file, [registryHost, result.registryName, encodeURIComponent(result.registryName)]);
      if (digest === undefined) return '';
      return `\n${['output file', relative(path, file), digest].filter((word) => word !== '').join(' ')}\n`;
    }),
  );
  await rm(path, { recursive: true, force: true });
  return lines.join('');
}
