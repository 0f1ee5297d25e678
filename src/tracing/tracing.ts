// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { findTool } from '../foundation/tools.ts';
import { callNames } from './calls.ts';
import { openTracedProcess, type TracingSettings } from './traced-process.ts';

/** A process whose file calls are seen, and after which it can be made to stand still. */
export interface Tracing {
  /** Before the command: what starts it. */
  readonly words: readonly string[];
  started(pid: number): void;
  /** After the process has ended: all calls have been told of. Throws what `onCall` threw. */
  close(): Promise<void>;
}

/** Why processes can't be traced here; undefined where they can. */
export function tracingTrouble(): string | undefined {
  const strace = findTool('strace');
  if (strace === undefined) return 'strace is not installed';
  const { status, stderr } = spawnSync(strace, ['-f', '-o', '/dev/null', '-e', 'trace=none', 'true'], { encoding: 'utf8' });
  return status === 0 ? undefined : `this system does not let processes be traced: ${stderr.trim().split('\n').at(-1) ?? ''}`;
}

/**
 * Runs a command under strace, which is a process beside it: the command keeps its number and its exit status.
 *
 * strace sends SIGSTOP to the process on every call of the families, the slow way without seccomp, which loses none. It
 * counts by thread, so the counting is done here: once all threads are seen to stand, it is decided whether the
 * process is held; else it goes on at once. https://man7.org/linux/man-pages/man1/strace.1.html
 */
export async function openTracing(settings: TracingSettings): Promise<Tracing> {
  const { traceFile, families, stopping } = settings;
  const traced = await openTracedProcess(settings);
  return {
    words: [
      findTool('strace') ?? 'strace', '-DD', '-f', '-y', '-qq', '-s', '0', '-o', traceFile, '-e', `trace=${callNames(families)}`,
      ...(stopping.length > 0 ? ['-e', `inject=${callNames(stopping)}:signal=SIGSTOP`] : []), '--',
    ],
    started: (pid) => traced.started(pid),
    close: async () => await traced.close(),
  };
}
