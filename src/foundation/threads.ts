// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';

/** True for a process that has something of its own to do on that signal, as Go and Java programs write a dump on SIGQUIT. */
export function catches(pid: number, signal: number): boolean {
  const mask = /^SigCgt:\s+([0-9a-f]+)$/m.exec(textOf(`/proc/${pid}/status`))?.[1] ?? '0';
  return ((BigInt(`0x${mask}`) >> BigInt(signal - 1)) & 1n) === 1n;
}

/**
 * What each thread of a process does, a line each: number, name, state, where in the kernel it waits, and the system call with its arguments.
 * https://man7.org/linux/man-pages/man5/proc_pid_syscall.5.html
 */
export function describeThreads(pid: number): string {
  return threadsOf(pid)
    .map((thread) => {
      const folder = `/proc/${pid}/task/${thread}`;
      const state = /^State:\s+(.*)$/m.exec(textOf(`${folder}/status`))?.[1] ?? '?';
      return `${[thread, textOf(`${folder}/comm`).trim(), state, textOf(`${folder}/wchan`), textOf(`${folder}/syscall`).trim()].join('  ')}\n`;
    })
    .join('');
}

function threadsOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
