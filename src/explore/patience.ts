// SPDX-License-Identifier: Apache-2.0
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { GateRule } from '../faults/gate.ts';
import { eventsOf, type History } from '../history/event.ts';
import type { Participant } from '../scenario/run.ts';
import type { ProbeRequest } from './probe.ts';
import { runOn } from './run-on.ts';
import type { Workload } from './workload.ts';

/** Twice as long as a schedule stalls anybody on purpose. */
export const silenceMs = 3000;

/** After how many milliseconds of silence a process asks again, or ends; Infinity where it waits all of `silenceMs`, undefined where it was never held. */
export interface Patience {
  /** Where no answer comes. */
  readonly answer: number | undefined;
  /** In the middle of a body. */
  readonly body: number | undefined;
}

/** Whose patience it is. */
export type Silenced = Omit<ProbeRequest, 'workload'> & { readonly workload: Pick<Workload, 'participants' | 'shared'> };

/** Two runs of one process, each on a cold cache, at once: who gives up while it is held shows its time-out, and nothing of its cache. */
export async function patienceOf({ scenario, workload, environment, name }: Silenced): Promise<Patience> {
  const { digest } = workload.shared;
  const gate: GateRule = {
    name: 'silence', hold: { resource: 'blob', references: [digest] }, until: { kind: 'arrivals', parties: 'participant', count: 1 },
    timeoutMs: scenario.context.gateTimeoutMs, then: { kind: 'delay', ms: silenceMs },
  };
  const gaveUp = async (moment: 'answer' | 'body'): Promise<number | undefined> => {
    const home = join(scenario.folders.root, `${name}-${moment}`);
    const gates = [moment === 'answer' ? gate : { ...gate, at: 'middle' as const }];
    const { recorder } = await runOn(home, { scenario, participants: [workload.participants[0] as Participant], gates, meeting: 'alone', environment, folder: join(scenario.storedFolder, `${name}-${moment}`) });
    recorder.close();
    await rm(home, { recursive: true, force: true });
    return gaveUpAfter(recorder.events(), digest);
  };
  const [answer, body] = await Promise.all([gaveUp('answer'), gaveUp('body')]);
  return { answer, body };
}

function gaveUpAfter(history: History, digest: string): number | undefined {
  const [silence] = eventsOf(history, 'gate-opened');
  if (silence?.reason !== 'condition') return undefined;
  const again = history.find((event) => event.index > silence.index && (event.kind === 'validator-exited' || (event.kind === 'request' && event.target.reference === digest)));
  const after = again === undefined ? Infinity : again.at - silence.at;
  return after < silenceMs ? Math.round(after) : Infinity;
}
