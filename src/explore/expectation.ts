// SPDX-License-Identifier: Apache-2.0
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf } from '../oci/digest.ts';
import { difference } from '../scenario/difference.ts';
import { outcomeText } from '../scenario/reference-run.ts';
import type { Participant, PerformedRun } from '../scenario/run.ts';
import type { ScenarioRun } from '../scenario/scenario-run.ts';
import type { ValidatorResult } from '../validator/process.ts';
import { runOn } from './run-on.ts';
import type { Workload } from './workload.ts';

/**
 * What each process says when nothing else goes on: without a cache, and on a cache that is cold, filled by another
 * one, or warm. Whatever runs at the same time, an outcome has to be one of these.
 */
export interface Expectation {
  /** Serial runs whose outcome is not that without a cache: defects that need no race. */
  readonly serialDefects: readonly string[];
  /** Records whether the outcome is an expected one. */
  compare(run: PerformedRun, participant: Participant, result: ValidatorResult): Promise<void>;
}

export interface ExpectationRequest {
  readonly scenario: ScenarioRun;
  readonly workload: Workload;
  readonly environment: Readonly<Record<string, string>>;
}

interface Outcomes {
  readonly withoutCache: string;
  readonly all: Set<string>;
}

/** Runs everything serially: without a cache, then in both orders on a cold cache, and once more on the warm one. */
export async function expectedOutcomes(request: ExpectationRequest): Promise<Expectation> {
  const { scenario, workload } = request;
  const known = await scenario.values.forSnapshots();
  const outcomeOf = async (result: ValidatorResult): Promise<string> => `${await outcomeText(result, known)}${await outputDigest(workload.outputOf(result.participant))}`;
  const say = async (participant: Participant, moment: string, home: string, environment: Readonly<Record<string, string>>): Promise<string> => {
    const folder = join(scenario.storedFolder, `alone-${participant.name}-${moment}`);
    const run = await runOn(home, { scenario, participants: [participant], gates: [], meeting: 'alone', environment: { ...request.environment, ...environment }, folder });
    run.recorder.close();
    const [result] = run.results;
    return result === undefined ? '' : await outcomeOf(result);
  };
  const outcomes = new Map<string, Outcomes>();
  for (const participant of workload.alone) {
    const withoutCache = await say(participant, 'without-cache', join(scenario.folders.root, 'no-cache'), scenario.subject.noCacheEnvironment);
    outcomes.set(participant.name, { withoutCache, all: new Set([withoutCache]) });
  }
  const serialDefects: string[] = [];
  for (const [order, participants] of [workload.participants, [...workload.participants].reverse()].entries()) {
    const home = join(scenario.folders.root, `serial-${order}`);
    for (const [moment, participant] of ['cold', 'warm'].flatMap((when) => participants.map((one) => [when, one] as const))) {
      const text = await say(participant, `${moment}-${order}`, home, {});
      const expected = outcomes.get(participant.name);
      if (text !== expected?.withoutCache) serialDefects.push(`${participant.name} alone, ${moment} cache, order ${order + 1}: another outcome than without a cache`);
      expected?.all.add(text);
    }
    await rm(home, { recursive: true, force: true });
  }
  return {
    serialDefects,
    compare: async (run, { name }, result) => {
      const [expected, actual] = [outcomes.get(name), await outcomeOf(result)];
      const equal = expected?.all.has(actual) === true;
      const parting = equal ? '' : difference({ name: 'Alone, without cache', text: expected?.withoutCache ?? '' }, { name, text: actual });
      run.recorder.record({ kind: 'outcome-compared', participant: name, against: 'serial run without cache', equal, difference: parting });
    },
  };
}

/** A line for the file that the process made, which is taken away for the next one; nothing where there is none. */
async function outputDigest(path: string): Promise<string> {
  const bytes = await readFile(path).catch(() => undefined);
  await rm(path, { force: true });
  return bytes === undefined ? '' : `\noutput file ${digestOf(bytes)}\n`;
}
