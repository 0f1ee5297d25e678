// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Undefined where the system does not tell; Infinity where there is no limit. */
export type Limit = number | undefined;

/** The soft limit of this process, which its children inherit. https://man7.org/linux/man-pages/man5/proc_pid_limits.5.html */
export function ownLimit(name: 'Max open files' | 'Max processes'): Limit {
  const words = textOf('/proc/self/limits')?.split('\n').find((line) => line.startsWith(name))?.slice(name.length).trim().split(/\s+/);
  return words?.[0] === undefined ? undefined : numberOf(words[0]);
}

/** How many processes and threads can still be started: by the user's limit, which root does not have, and by that of the group. */
export function roomForProcesses(root = '/'): Limit {
  const own = ownLimit('Max processes');
  const uid = process.getuid?.();
  const isBound = own !== undefined && own !== Infinity && uid !== undefined && uid !== 0;
  const ownRoom = isBound ? own - threadsOfUser(uid) : own === undefined ? undefined : Infinity;
  const groups = groupFoldersOf('pids', root).map((folder) => room(numberIn(join(folder, 'pids.max')), numberIn(join(folder, 'pids.current'))));
  return least([ownRoom, ...groups]);
}

function room(most: Limit, now: Limit): Limit {
  return most === undefined || now === undefined ? undefined : most - now;
}

/** Cores that the control group grants, which may be half of one. https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu-interface-files */
export function grantedCores(root = '/'): Limit {
  return least(groupFoldersOf('cpu', root).flatMap((folder) => {
    const [most = '', every = ''] = textOf(join(folder, 'cpu.max'))?.trim().split(' ') ?? [];
    const quota = numberIn(join(folder, 'cpu.cfs_quota_us'));
    const shares = [numberOf(most) / numberOf(every), quota === undefined || quota < 0 ? Infinity : quota / (numberIn(join(folder, 'cpu.cfs_period_us')) ?? NaN)];
    return shares.filter((share) => share > 0);
  }));
}

/** The folders of a controller's groups that this process is in, the innermost first; in either version of the interface. */
function groupFoldersOf(controller: string, root: string): readonly string[] {
  const lines = textOf(join(root, 'proc/self/cgroup'))?.trim().split('\n') ?? [];
  return lines.flatMap((line) => {
    const [, controllers = '', path = '/'] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers !== '' && !controllers.split(',').includes(controller)) return [];
    const bases = controllers === '' ? ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'] : [`/sys/fs/cgroup/${controllers}`];
    return bases.flatMap((base) => upwards(path).map((folder) => join(root, base, folder)));
  });
}

function upwards(path: string): readonly string[] {
  return path === '/' || path === '.' ? ['/'] : [path, ...upwards(dirname(path))];
}

function threadsOfUser(uid: number): number {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).reduce((sum, pid) => {
    const status = textOf(`/proc/${pid}/status`) ?? '';
    return Number(/^Uid:\s+(\d+)/m.exec(status)?.[1]) === uid ? sum + Number(/^Threads:\s+(\d+)/m.exec(status)?.[1] ?? 0) : sum;
  }, 0);
}

function least(limits: readonly Limit[]): Limit {
  const known = limits.filter((limit): limit is number => limit !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

function numberIn(path: string): Limit {
  const text = textOf(path);
  return text === undefined ? undefined : numberOf(text.trim());
}

function numberOf(text: string): number {
  return text === 'max' || text === 'unlimited' ? Infinity : Number(text);
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
