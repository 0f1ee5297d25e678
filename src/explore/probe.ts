// SPDX-License-Identifier: Apache-2.0
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { StampedeError } from '../foundation/errors.ts';
import { visible } from '../foundation/visible.ts';
import { eventsOf, type History } from '../history/event.ts';
import type { Participant, PerformedRun } from '../scenario/run.ts';
import { commandsOf } from '../scenario/validate.ts';
import type { ScenarioRun } from '../scenario/scenario-run.ts';
import { tracingTrouble } from '../tracing/tracing.ts';
import { callPlaces, writesBeforeAsking, type CallPlaces } from './call-place.ts';
import { steppingFamilies } from './random-schedule.ts';
import { damageEntries } from './damage.ts';
import { runOn } from './run-on.ts';
import type { Workload } from './workload.ts';

/** What a process does when nobody disturbs it: where it can be held. */
export interface Probe {
  /** Requests to the registry on a cold cache, and how many of them are for layers. */
  readonly requests: number;
  readonly layers: number;
  /** Requests and file calls at which a process can take turns. */
  readonly steps: number;
  /** Undefined where file calls can't be seen, for the reason in `trouble`. */
  readonly calls: CallPlaces | undefined;
  readonly trouble: string | undefined;
  /** False, too, where file calls can't be seen. */
  readonly writesBeforeAsking: boolean;
}

export interface ProbeRequest {
  readonly scenario: ScenarioRun;
  readonly workload: Workload;
  readonly environment: Readonly<Record<string, string>>;
  /** Of the folders in which its runs are stored. */
  readonly name: string;
}

/**
 * Three calm runs of one process: on a cold cache, on the warm one, and on one whose entries are damaged.
 * @throws StampedeError SUBJECT_FAILS when it fails and has asked the registry for nothing: then nothing could be held
 */
export async function probe({ scenario, workload, environment, name }: ProbeRequest): Promise<Probe> {
  const trouble = tracingTrouble();
  const home = join(scenario.folders.root, name);
  let cacheFolder = '';
  const run = async (moment: string): Promise<History> => {
    const participants = [workload.participants[0] as Participant];
    const done = await runOn(home, { scenario, participants, gates: [], meeting: 'alone', environment, folder: join(scenario.storedFolder, `${name}-${moment}`), isTraced: trouble === undefined });
    done.recorder.close();
    cacheFolder = done.settings.cacheFolder;
    const history = done.recorder.events();
    if (moment === 'cold') await refuseFailing(done, history);
    return history;
  };
  const [cold, warm] = [await run('cold'), await run('warm')];
  damageEntries(cacheFolder, 'truncated');
  const damaged = await run('damaged');
  await rm(home, { recursive: true, force: true });
  const requests = eventsOf(cold, 'request');
  return {
    requests: requests.length,
    steps: requests.length + eventsOf(cold, 'file-call').filter(({ call }) => steppingFamilies.includes(call.family)).length,
    layers: requests.filter(({ target }) => target.resource === 'blob').length,
    calls: trouble === undefined ? callPlaces({ cold, warm, damaged }, workload.shared) : undefined,
    trouble,
    writesBeforeAsking: writesBeforeAsking(cold),
  };
}

async function refuseFailing(run: PerformedRun, history: History): Promise<void> {
  const [result] = run.results;
  if (result === undefined || result.exitCode === 0 || eventsOf(history, 'request').length > 0) return;
  const said = (await readFile(result.stderrFile, 'utf8')).trim().split('\n').slice(0, 3);
  throw new StampedeError('SUBJECT_FAILS', `the program asks the registry for nothing and fails when it is alone:\n  ${(commandsOf(run)[0] ?? []).join(' ')}\n${said.map((line) => `  ${visible(line)}`).join('\n')}`, {
    hint: `see what the subject file of ${run.settings.subject.name} says of its arguments and its environment`,
  });
}
