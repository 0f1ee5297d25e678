// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { DiskFault } from '../faults/gate-action.ts';
import type { CallFamily, FileCall } from '../history/event.ts';
import type { Recorder } from '../history/recorder.ts';
import { failDisk } from '../tracing/disk-errors.ts';
import type { RunSettings } from './run.ts';

/** Disks that fail for some participants of a run. */
export interface DiskFaults extends AsyncDisposable {
  strike(participant: string, pid: number, fault: DiskFault): Promise<void>;
}

/** What the processes met is recorded when it is disposed at the latest. */
export function openDiskFaults({ folder, cacheFolder, cacheLayers }: RunSettings, recorder: Recorder): DiskFaults {
  const struck: { close(): Promise<void> }[] = [];
  const names = cacheLayers.flatMap(({ digest, diffId }) => [digest, diffId]);
  return {
    strike: async (participant, pid, fault) => {
      const [error = '', family] = fault.split('/');
      const onCall = (call: FileCall): void => void recorder.record({ kind: 'file-call', participant, call });
      struck.push(await failDisk({ pid, directory: cacheFolder, names, error, family: family as CallFamily, traceFile: join(folder, `${participant}.disk`), onCall }));
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(struck.splice(0).map(async (one) => await one.close()));
    },
  };
}
