// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { DiskError } from '../faults/gate.ts';
import type { FileCall } from '../history/event.ts';
import type { Recorder } from '../history/recorder.ts';
import { failDisk } from '../tracing/disk-errors.ts';
import type { RunSettings } from './run.ts';

/** Disks that fail for some participants of a run. */
export interface DiskFaults extends AsyncDisposable {
  strike(participant: string, pid: number, error: DiskError): Promise<void>;
}

/** What the processes met is recorded when it is disposed at the latest. */
export function openDiskFaults({ folder, cacheFolder, cacheLayers }: RunSettings, recorder: Recorder): DiskFaults {
  const struck: { close(): Promise<void> }[] = [];
  const names = cacheLayers.flatMap(({ digest, diffId }) => [digest, diffId]);
  return {
    strike: async (participant, pid, error) => {
      const onCall = (call: FileCall): void => void recorder.record({ kind: 'file-call', participant, call });
      struck.push(await failDisk({ pid, directory: cacheFolder, names, error, traceFile: join(folder, `${participant}.disk`), onCall }));
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(struck.splice(0).map(async (one) => await one.close()));
    },
  };
}
