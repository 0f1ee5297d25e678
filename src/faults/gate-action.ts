// SPDX-License-Identifier: Apache-2.0

/**
 * What happens to those who stand at a gate when it opens by its condition. `kill`: the process gets SIGKILL. `evict`: all
 * entries of the cache are removed, for gates after file calls. A fault of the network strikes the request that stands there,
 * or the body of its answer from there on; one of the disk, whatever the process does with the cache from now on.
 */
export type GateAction = 'go' | 'kill' | 'evict' | DiskFault | NetworkFault;

/**
 * `reset`: the connection is ended by RST, as when a machine goes down. `cut`: it is ended in order, with bytes owed, as when a
 * process dies. `short-body`: the body ends early and looks whole: at a request, half of it comes under the length of that half;
 * in a body, it comes in chunks, and what has passed was all. `wrong-bytes`: the next byte is another one. A number: that status
 * instead of the answer, for gates before the request.
 */
export type NetworkFault = 'reset' | 'cut' | 'short-body' | 'wrong-bytes' | SlowFault | number;

/**
 * These hurt nobody who is patient. `delay`: so many milliseconds pass, then it goes on. `trickle`: so many bytes come at a
 * time, so many times, with so many milliseconds before each; then the rest at once.
 */
export type SlowFault = { readonly kind: 'delay'; readonly ms: number } | { readonly kind: 'trickle'; readonly bytes: number; readonly everyMs: number; readonly times: number };

/** An error of the system, and the family of calls that end with it. https://man7.org/linux/man-pages/man3/errno.3.html */
export type DiskFault = `${'ENOSPC' | 'EIO' | 'EROFS'}/${'write' | 'sync' | 'rename'}` | `${'ENOSPC' | 'EROFS' | 'EMFILE'}/create` | 'EMFILE/open' | 'EIO/read';

/** All of them, for those who take names. */
export const diskFaults = [
  'ENOSPC/create', 'ENOSPC/write', 'ENOSPC/sync', 'ENOSPC/rename', 'EIO/write', 'EIO/sync', 'EIO/rename',
  'EROFS/create', 'EROFS/write', 'EROFS/sync', 'EROFS/rename', 'EMFILE/create', 'EMFILE/open', 'EIO/read',
] as const satisfies readonly DiskFault[];

/** True for what only who finds something in the cache can meet. */
export function isOfReading(fault: DiskFault): boolean {
  return fault.endsWith('/open') || fault.endsWith('/read');
}

export function isDiskFault(action: GateAction): action is DiskFault {
  return typeof action === 'string' && action.includes('/');
}

/** True for what is done to a body, and only once there is a byte to do it to. */
export function isOfBodies(action: GateAction): action is 'short-body' | 'wrong-bytes' | Extract<SlowFault, { readonly kind: 'trickle' }> {
  return action === 'short-body' || action === 'wrong-bytes' || (typeof action === 'object' && action.kind === 'trickle');
}

/** As events name it: `status 404`, `delay 500 ms`. */
export function faultNamed(action: GateAction): string {
  if (typeof action === 'number') return `status ${action}`;
  if (typeof action === 'string') return action;
  return action.kind === 'delay' ? `delay ${action.ms} ms` : `trickle ${action.bytes} bytes every ${action.everyMs} ms, ${action.times} times`;
}
