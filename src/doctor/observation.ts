// SPDX-License-Identifier: Apache-2.0
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { withDeadline } from '../foundation/deadline.ts';
import { cpuTimeOf, signalGroup } from '../foundation/process-table.ts';
import { findTool } from '../foundation/tools.ts';
import type { FileCall } from '../history/event.ts';
import { openTracing, tracingTrouble } from '../tracing/tracing.ts';
import type { Check, Undertaking } from './check.ts';

const name = 'file calls';
const withinMs = 5000;
const means = 'schedules of file calls: not possible here, their verdicts would be unknown; crash:cache leaves them out';
const stops: readonly Undertaking[] = ['explore with file calls'];
const blurs: readonly Undertaking[] = ['acceptance', 'acceptance:containers', 'matrix', 'crash:cache'];

/** Holds a child of our own after a file call, and lets it go on: strace, its age, and whether ptrace is allowed, all in one. */
export async function fileCallsCheck(folder: string): Promise<Check> {
  const trouble = tracingTrouble();
  if (trouble !== undefined) return { name, state: 'missing', found: trouble, means, remedy: remedyFor(trouble), stops, blurs };
  const version = versionOf(spawnSync(findTool('strace') ?? 'strace', ['-V'], { encoding: 'utf8' }).stdout);
  const failure = await holdChild(folder).catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
  if (failure === undefined) return { name, state: 'ok', found: `strace ${version} holds a process after them` };
  return { name, state: 'missing', found: `strace ${version} is of no use here: ${failure}`, means, remedy: 'strace 5.3 or later, on a system that allows ptrace', stops, blurs };
}

function remedyFor(trouble: string): string {
  if (trouble.endsWith('not installed')) return 'apt-get install strace, or --tags "not @file-calls"';
  return 'allow ptrace (kernel.yama.ptrace_scope below 3; --cap-add SYS_PTRACE for a container), or --tags "not @file-calls"';
}

/** Undefined when all went as it does in a run. */
async function holdChild(folder: string): Promise<string | undefined> {
  const directory = join(folder, 'cache');
  await mkdir(directory);
  const calls: FileCall[] = [];
  const tracing = await openTracing({ traceFile: join(folder, 'trace'), directory, families: ['rename'], stopping: ['rename'], onCall: (call) => void calls.push(call) });
  const [program = '', ...words] = [...tracing.words, '/bin/sh', '-c', ': > "$0/one"; exec mv "$0/one" "$0/two"', directory];
  const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  try {
    await once(child, 'spawn');
    tracing.started(child.pid ?? 0);
    const [status] = (await withDeadline(once(child, 'close'), withinMs, () => new Error('the process that was held did not go on'))) as [number | null];
    if (status !== 0) return `${said.trim().split('\n').at(-1) ?? ''} (status ${status})`;
  } finally {
    if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
    await tracing.close();
  }
  return calls.length === 1 ? undefined : `it told of ${calls.length} file calls, not of one`;
}

function versionOf(text: string): string {
  return /version (\S+)/.exec(text)?.[1] ?? 'of unknown version';
}

/** Whether it can be seen that a process waits: gates that open at a standstill need it. */
export function idlenessCheck(pid = process.pid): Check {
  const ran = cpuTimeOf(pid);
  if (ran !== undefined && ran > 0n) return { name: 'waiting processes', state: 'ok', found: 'told from those that work by /proc/PID/task/*/schedstat' };
  return {
    name: 'waiting processes',
    state: 'missing',
    found: '/proc/PID/task/*/schedstat or children can\'t be read',
    means: 'gates that open at a standstill end by time-out, their verdicts would be unknown',
    remedy: 'a Linux kernel with CONFIG_SCHED_INFO and CONFIG_PROC_CHILDREN, and /proc mounted',
    blurs: ['acceptance', 'acceptance:containers', 'explore', 'explore with file calls', 'matrix'],
  };
}
