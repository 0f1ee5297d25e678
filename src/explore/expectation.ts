// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { difference } from '../scenario/difference.ts';
import { outcomeText } from '../scenario/reference-run.ts';
import { performRun, type Participant, type PerformedRun } from '../scenario/run.ts';
import type { ScenarioRun } from '../scenario/scenario-run.ts';
import type { ValidatorResult } from '../validator/process.ts';
import type { Workload } from './workload.ts';

/** What each process says when it is alone and has no cache: every other run has to say the same. */
export interface Expectation {
  /** Records whether the outcome is the expected one. */
  compare(run: PerformedRun, participant: Participant, result: ValidatorResult): Promise<void>;
}

/** Runs each participant once, serially, without a cache. */
export async function expectedOutcomes(scenario: ScenarioRun, { participants, together }: Workload): Promise<Expectation> {
  const known = await scenario.values.forSnapshots();
  const texts = new Map<string, string>();
  for (const participant of [...participants, together]) {
    const alone = { name: participant.name, arguments: [...participant.arguments, ...scenario.subject.serialArguments] };
    const cacheFolder = join(scenario.folders.root, 'no-cache');
    const run = await performRun(
      { version: 1, scenario: scenario.identity.id, subject: scenario.context.subject, seed: scenario.context.seed, participants: [alone], gates: [], meeting: 'alone' },
      [alone],
      {
        context: scenario.context, subject: scenario.subject, folders: scenario.folders, cacheFolder,
        environment: { ...scenario.usualEnvironment, XDG_CACHE_HOME: cacheFolder, ...scenario.subject.noCacheEnvironment },
        knownLayers: [], cacheLayers: [], logDoor: undefined, folder: join(scenario.storedFolder, `alone-${participant.name}`),
      },
    );
    run.recorder.close();
    const [result] = run.results;
    texts.set(participant.name, result === undefined ? '' : await outcomeText(result, known));
  }
  return {
    compare: async (run, { name }, result) => {
      const [expected, actual] = [texts.get(name) ?? '', await outcomeText(result, known)];
      const parting = difference({ name: 'Alone, without cache', text: expected }, { name, text: actual });
      run.recorder.record({ kind: 'outcome-compared', participant: name, against: 'serial run without cache', equal: expected === actual, difference: parting });
    },
  };
}
