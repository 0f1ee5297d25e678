// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';

/**
 * When a process started, in clock ticks since boot: with the pid it names a process for good, as pids are used
 * again. Undefined where the process is gone or the system has no procfs.
 * https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
export function startTimeOf(pid: number): string | undefined {
  return statOf(pid)[19];
}

/** Highest resident memory so far in bytes; undefined where it can't be read. */
export function peakRssOf(pid: number): number | undefined {
  try {
    const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return line === null ? undefined : Number(line[1]) * 1024;
  } catch {
    return undefined;
  }
}

/** How many files a process has open, and how many threads it has, now; undefined where it can't be read. */
export function openFilesOf(pid: number): number | undefined {
  return entriesOf(`/proc/${pid}/fd`);
}

export function threadCountOf(pid: number): number | undefined {
  return entriesOf(`/proc/${pid}/task`);
}

function entriesOf(folder: string): number | undefined {
  try {
    return readdirSync(folder).length;
  } catch {
    return undefined;
  }
}

/**
 * Nanoseconds that a process and its descendants have spent on a CPU, over all their threads: as long as it does not
 * grow they have not run. Undefined where a process is gone or the system does not tell.
 * https://docs.kernel.org/scheduler/sched-stats.html
 */
export function cpuTimeOf(pid: number): bigint | undefined {
  try {
    let sum = 0n;
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const [ran = '0'] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ');
      sum += BigInt(ran);
      const children = readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter((child) => child !== '');
      for (const child of children) sum += cpuTimeOf(Number(child)) ?? 0n;
    }
    return sum;
  } catch {
    return undefined;
  }
}

/**
 * True when every thread of a process and of its descendants waits for something to happen. One that could run and gets no
 * CPU does not wait, nor does one that a tracer keeps. False where a process is gone or the system does not tell.
 */
export function waits(pid: number): boolean {
  try {
    return readdirSync(`/proc/${pid}/task`).every((thread) => {
      const [state = ''] = afterName(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8'));
      const children = readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter((child) => child !== '');
      return 'SZX'.includes(state) && children.every((child) => waits(Number(child)));
    });
  } catch {
    return false;
  }
}

/**
 * True when all threads of a process stand, and will: a tracer keeps them, which alone could let them go on, and which sleeps, having
 * seen to all of them. False where nobody traces it, where it is gone, or the system does not tell.
 * https://man7.org/linux/man-pages/man2/ptrace.2.html
 */
export function standsTraced(pid: number): boolean {
  try {
    const tracer = Number(/^TracerPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
    const before = sleepOf(tracer);
    const stand = readdirSync(`/proc/${pid}/task`).every((thread) => {
      const [state = ''] = afterName(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8'));
      return state === 't' || state === 'T';
    });
    // One that ran in between may have let go of a thread after it was looked at.
    return stand && before !== undefined && before === sleepOf(tracer);
  } catch {
    return false;
  }
}

/** How long and how often a process has run, when it sleeps: as long as that is the same it has not woken. */
function sleepOf(pid: number): string | undefined {
  return statOf(pid)[0] === 'S' ? readFileSync(`/proc/${pid}/schedstat`, 'utf8') : undefined;
}

/** Signals a whole process group; false when none is left. */
export function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  // 0 would be our own group, 1 everybody.
  if (pid <= 1) return false;
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** True when the system says so at once: usually, and it saves a look at every process. */
function isGroupGone(group: number): boolean {
  try {
    process.kill(-group, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** Living processes of a group; zero where the system has no procfs. */
export function groupSizeOf(group: number): number {
  if (isGroupGone(group)) return 0;
  return processIds().filter((pid) => {
    const [state, , itsGroup] = statOf(pid);
    return Number(itsGroup) === group && state !== 'Z' && state !== 'X';
  }).length;
}

/** For what has a home of its own: the folder of the session that it was started in. */
export const sessionVariable = 'STAMPEDE_SESSION';

/** Processes that were started with a home below the folder, or as of that session; none where the system has no procfs or does not tell. */
export function processesOfSession(folder: string): readonly number[] {
  return processIds().filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').some((line) => line.startsWith(`HOME=${folder}/`) || line === `${sessionVariable}=${folder}`);
    } catch {
      return false;
    }
  });
}

function processIds(): readonly number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

/** The fields from the third on: the second is the program's name in parentheses and may hold anything. */
function statOf(pid: number): readonly string[] {
  try {
    return afterName(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return [];
  }
}

/** The name may hold anything, so fields are counted from behind it: the state is the first. */
function afterName(stat: string): readonly string[] {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}
