// SPDX-License-Identifier: Apache-2.0
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { stoppedAfter } from '../faults/gate.ts';
import type { GateKeeper } from '../faults/gate-keeper.ts';
import type { Recorder } from '../history/recorder.ts';
import { callFamilies } from '../tracing/calls.ts';
import { openTracing, type Tracing } from '../tracing/tracing.ts';
import type { Plan } from './plan.ts';
import type { RunSettings } from './run.ts';

interface Traced {
  readonly plan: Plan;
  readonly settings: RunSettings;
  readonly recorder: Recorder;
  readonly gates: GateKeeper;
}

/** Undefined for a participant that no gate stops after a file call, in a run that is not traced as a whole. */
export async function traceParticipant(participant: string, { plan, settings, recorder, gates }: Traced): Promise<Tracing | undefined> {
  const stopping = [...new Set([...stoppedAfter(plan.gates, participant), ...(plan.turns?.families ?? [])])];
  if (stopping.length === 0 && plan.isTraced !== true) return undefined;
  return await openTracing({
    traceFile: join(settings.folder, `${participant}.trace`),
    directory: settings.cacheFolder,
    families: callFamilies,
    stopping,
    onCall: async (call) => {
      recorder.record({ kind: 'file-call', participant, call });
      if ((await gates.passCall({ participant, call })) === 'evict') await removeEntries(settings.cacheFolder);
    },
  });
}

/** As somebody does who needs the room. */
async function removeEntries(directory: string): Promise<void> {
  for (const name of await readdir(directory)) await rm(join(directory, name), { recursive: true, force: true });
}
