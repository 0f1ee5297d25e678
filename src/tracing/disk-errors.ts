// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { StampedeError } from '../foundation/errors.ts';
import { findTool } from '../foundation/tools.ts';
import type { CallFamily } from '../history/event.ts';
import { callNames, folderCalls } from './calls.ts';
import { namesOf, openTracedProcess, type TracingSettings } from './traced-process.ts';
import type { Tracing } from './tracing.ts';

export interface DiskFaultSettings extends Pick<TracingSettings, 'traceFile' | 'directory' | 'onCall'> {
  readonly pid: number;
  /** Of entries, whether they are there or not. */
  readonly names: readonly string[];
  /** `ENOSPC` and the like. */
  readonly error: string;
  /** Which calls end with it. */
  readonly family: CallFamily;
}

/**
 * From now on such calls of the process on files of the cache end with the error, in files that are open or there or have one
 * of the names; resolves once that is so. The process may run already: all its threads are attached to.
 * @throws StampedeError TOOL_MISSING where strace is missing or may not attach
 */
export async function failDisk({ pid, directory, names, error, family, traceFile, onCall }: DiskFaultSettings): Promise<Pick<Tracing, 'close'>> {
  const traced = await openTracedProcess({ traceFile, directory, families: error === 'EMFILE' ? ['create', 'open'] : [family], stopping: [], onCall });
  const paths = [...(family === 'create' ? [directory] : []), ...openFilesOf(pid, directory), ...(existsSync(directory) ? readdirSync(directory) : []).map((name) => join(directory, name)), ...names.map((name) => join(directory, name))];
  const calls = callsThatMeet(error, family);
  const strace = spawn(findTool('strace') ?? 'strace', [
    '-f', '-y', '-s', '0', '-o', traceFile, '-p', String(pid), ...[...new Set(paths)].flatMap((path) => ['-P', path]), '-e', `trace=${calls}`, '-e', `inject=${calls}:error=${error}`,
  ], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise<void>((resolve) => strace.once('close', () => resolve()));
  strace.once('error', () => undefined);
  await attached(strace.stderr);
  return {
    close: async () => {
      strace.kill('SIGTERM');
      await ended;
      await traced.close();
    },
  };
}

/**
 * It is the same call that opens to read and to create, and strace does not look at its flags. So descriptors run out for both, as they do; that
 * nothing can be created is met where a folder is made: no disk that is full, or read-only, has ever kept somebody from reading.
 */
function callsThatMeet(error: string, family: CallFamily): string {
  if (error === 'EMFILE') return callNames(['open']);
  return family === 'create' ? folderCalls : callNames([family]);
}

/** It says so, and what else it has to say is that it can't. */
async function attached(said: Readable): Promise<void> {
  let text = '';
  for await (const chunk of said.iterator({ destroyOnReturn: false })) {
    text += String(chunk);
    if (/ attached/.test(text)) return void said.resume();
  }
  throw new StampedeError('TOOL_MISSING', `strace could not attach: ${text.trim()}`, { hint: 'apt-get install strace, and a system that allows ptrace of processes that run (kernel.yama.ptrace_scope)' });
}

function openFilesOf(pid: number, directory: string): readonly string[] {
  const names = namesOf(directory);
  return readdirSync(`/proc/${pid}/fd`).flatMap((file) => {
    try {
      const path = readlinkSync(`/proc/${pid}/fd/${file}`);
      return names.some((name) => path.startsWith(`${name}/`)) ? [path] : [];
    } catch {
      return [];
    }
  });
}
