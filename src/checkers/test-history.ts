// SPDX-License-Identifier: Apache-2.0
import type { CacheFileClass, CacheMoment, Ending, EventBody, GateOpening, History, OutputSummary } from '../history/event.ts';
import { diffIdOf, digestOf } from '../oci/digest.ts';

/** Numbers the events as a recorder does, one a millisecond. */
export function historyOf(...bodies: readonly EventBody[]): History {
  return bodies.map((body, index) => ({ index, at: index, ...body }));
}

const output: OutputSummary = { file: 'output', bytes: 0, digest: digestOf(Buffer.of()), truncated: false };

/** A layer that the run's validators are to read. */
export const layer = { digest: digestOf(Buffer.from('compressed')), diffId: diffIdOf(Buffer.from('tar')), size: 10 } as const;

export const known: EventBody = { kind: 'workload-known', layers: [layer] };

export function started(participant: string): EventBody {
  return { kind: 'validator-started', participant, pid: 2, command: ['validator'], directory: '/work' };
}

export function exited(participant: string, ending: Ending = 'exited'): EventBody {
  const signal = ending === 'exited' ? null : 'SIGKILL';
  return { kind: 'validator-exited', participant, ending, exitCode: signal === null ? 0 : null, signal, durationMs: 1, peakRssBytes: null, stdout: output, stderr: output };
}

export function arrived(gate: string, participant: string): EventBody {
  return { kind: 'gate-arrived', gate, participant, request: 1, repository: 'a' };
}

export function opened(gate: string, reason: GateOpening): EventBody {
  return { kind: 'gate-opened', gate, reason, arrived: reason === 'condition' ? 2 : 1, wanted: 2 };
}

export function looked(moment: CacheMoment, files = 0): EventBody {
  return { kind: 'cache-looked-at', moment, files };
}

export function file(moment: CacheMoment, path: string, kind: CacheFileClass, content = 'content'): EventBody {
  return { kind: 'cache-file-seen', moment, path, size: content.length, digest: digestOf(Buffer.from(content)), class: kind };
}

export function blobRequest(request: number, method: string, reference: string): EventBody {
  return { kind: 'request', participant: 'validator-1', request, method, path: `/v2/a/blobs/${reference}`, target: { resource: 'blob', repository: 'a', reference } };
}

export function response(request: number, status: number): EventBody {
  return { kind: 'response', participant: 'validator-1', request, status, bytes: 0, complete: true };
}

export function compared(participant: string, equal: boolean): EventBody {
  return { kind: 'outcome-compared', participant, against: 'serial run', equal, difference: equal ? '' : '-success\n+failure' };
}
