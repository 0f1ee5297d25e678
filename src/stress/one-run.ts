// SPDX-License-Identifier: Apache-2.0
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, fstatSync, openSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { monotonicMs } from '../foundation/clock.ts';
import { StampedeError } from '../foundation/errors.ts';
import { sessionVariable, signalGroup } from '../foundation/process-table.ts';
import { noteProcess } from '../validator/leftovers.ts';

/** Given to each run, besides what this process was given. */
const numberVariable = 'STAMPEDE_RUN';
/** One that says more is ended: nobody reads it, and it would fill the disk. */
const outputLimitBytes = 64 * 1024 * 1024;
const lookMs = 20;

export interface RunSettings {
  /** Program and arguments; no shell takes part. */
  readonly command: readonly string[];
  /** Gets the output of each run that failed. */
  readonly folder: string;
  /** Where processes are noted, so that they can be ended even when this one is killed. */
  readonly ledgerFile: string;
  /** Who takes longer hangs; undefined: nobody does. */
  readonly deadlineMs: number | undefined;
  /** One that hangs is left as it is, for somebody to look at. */
  readonly areHungKept: boolean;
  /** Ends the run. */
  readonly signal: AbortSignal;
}

/** How a run failed: in words that are equal for equal failures. */
export interface Failure {
  readonly run: number;
  readonly way: string;
  readonly file: string;
  readonly durationMs: number;
  /** Of a process that hangs, and was left so. */
  readonly keptPid: number | undefined;
}

type Way = { readonly way: string; readonly isKept?: boolean };

/**
 * Runs a command once, in a process group of its own, with both outputs in one file.
 * @returns undefined for one that ended with status 0, or was ended from here
 * @throws StampedeError CONFIG_INVALID where it can't be started
 */
export async function runOnce(run: number, { command, folder, ledgerFile, deadlineMs, areHungKept, signal }: RunSettings): Promise<Failure | undefined> {
  const startedAt = monotonicMs();
  const said = join(folder, `${String(run).padStart(6, '0')}.running`);
  const output = openSync(said, 'wx');
  try {
    const child = await started(command, { [numberVariable]: String(run), [sessionVariable]: dirname(ledgerFile) }, output);
    const pid = child.pid ?? 0;
    noteProcess(ledgerFile, pid);
    const { way, isKept = false } = await endOf(child, { output, deadlineMs, areHungKept, signal });
    if (!isKept) signalGroup(pid, 'SIGKILL');
    if (signal.aborted || way === '') {
      await rm(said, { force: true });
      return undefined;
    }
    const file = said.replace(/running$/, `${way.replaceAll(/\W+/g, '-')}.txt`);
    await rename(said, file);
    return { run, way, file, durationMs: monotonicMs() - startedAt, keptPid: isKept ? pid : undefined };
  } finally {
    closeSync(output);
  }
}

async function started([program = '', ...rest]: readonly string[], variables: Readonly<Record<string, string>>, output: number): Promise<ChildProcess> {
  const child = spawn(program, rest, { detached: true, stdio: ['ignore', output, output], env: { ...process.env, ...variables } });
  return await new Promise((resolve, reject) => {
    child.once('spawn', () => resolve(child));
    child.once('error', (cause) => reject(new StampedeError('CONFIG_INVALID', `${program} can't be started`, { cause, hint: 'is it a program for this machine?' })));
  });
}

/** Waits for its end, or for the first reason to end it. */
async function endOf(child: ChildProcess, { output, deadlineMs, areHungKept, signal }: Pick<RunSettings, 'deadlineMs' | 'areHungKept' | 'signal'> & { readonly output: number }): Promise<Way> {
  return await new Promise((resolve) => {
    const until = deadlineMs === undefined ? Infinity : monotonicMs() + deadlineMs;
    const done = (way: Way): void => {
      clearInterval(looking);
      signal.removeEventListener('abort', stop);
      resolve(way);
    };
    const stop = (): void => done({ way: '' });
    const looking = setInterval(() => {
      if (fstatSync(output).size > outputLimitBytes) done({ way: 'says too much' });
      else if (monotonicMs() > until) done({ way: 'hangs', isKept: areHungKept });
    }, lookMs);
    child.once('exit', (code, by) => done({ way: by === null ? (code === 0 ? '' : `status ${code ?? -1}`) : `ended by ${by}` }));
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
  });
}
