// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { StampedeError } from '../foundation/errors.ts';
import { signalGroup } from '../foundation/process-table.ts';
import { readUntrusted } from '../foundation/untrusted-file.ts';
import { visible } from '../foundation/visible.ts';
import { requireProgram } from '../validator/program.ts';

/** One of a series of builds, the oldest first. */
export interface Build {
  readonly name: string;
  /** Where it is; undefined: it has to be built. */
  readonly path: string | undefined;
}

const hint = 'npm run bisect -- --help';
const mostBuilds = 10_000;

/**
 * Reads a list: a line each, NAME PATH or PATH, the oldest first; paths are from the list's folder, and lines that begin with # are passed over.
 * @throws StampedeError CONFIG_INVALID
 */
export async function readBuilds(file: string): Promise<readonly Build[]> {
  return required(
    (await linesOf(file)).map((line) => {
      const [, name, path] = /^(\S+)\s+(\S.*)$/.exec(line) ?? [undefined, line, line];
      return { name: name, path: resolve(dirname(file), path) };
    }),
    file,
  );
}

/**
 * Names of revisions: `3..17`, or a file with one a line.
 * @throws StampedeError CONFIG_INVALID
 */
export async function readRevisions(text: string): Promise<readonly Build[]> {
  const [, from, to] = /^(\d{1,9})\.\.(\d{1,9})$/.exec(text) ?? [];
  if (from === undefined || to === undefined) return required((await linesOf(text)).map((name) => ({ name, path: undefined })), text);
  const count = Number(to) - Number(from) + 1;
  if (count > mostBuilds) throw refused(`${text} are more than ${mostBuilds} revisions`);
  return required(Array.from({ length: Math.max(0, count) }, (_, index) => ({ name: String(Number(from) + index), path: undefined })), text);
}

function required(builds: readonly Build[], where: string): readonly Build[] {
  if (builds.length < 2) throw refused(`${where} names ${builds.length === 1 ? 'one build' : 'no build'}: it takes one that is good and one that is bad`);
  if (builds.length > mostBuilds) throw refused(`${where} names more than ${mostBuilds} builds`);
  const twice = builds.find(({ name }, index) => builds.findIndex((other) => other.name === name) !== index);
  if (twice !== undefined) throw refused(`${where} names ${JSON.stringify(visible(twice.name))} twice`);
  return builds;
}

async function linesOf(file: string): Promise<readonly string[]> {
  const bytes = await readUntrusted({ path: file, limitBytes: 4 * 1024 * 1024 }).catch((cause: unknown) => {
    throw new StampedeError('CONFIG_INVALID', `no list can be read from ${file}`, { cause, hint });
  });
  return bytes.toString('utf8').split('\n').map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
}

/** Not one that can be run, and why. */
export class NoBuild extends Error {}

/** What a revision is built with. */
export interface BuildCommand {
  /** Words, one of which has {} for the revision; no shell takes part. */
  readonly words: readonly string[];
  readonly signal: AbortSignal;
}

/**
 * @returns the program of a build; with a command, the path that it prints last
 * @throws NoBuild
 */
export async function programOf({ name, path }: Build, command: BuildCommand | undefined): Promise<string> {
  const program = path ?? (command === undefined ? '' : await built(name, command));
  try {
    requireProgram(program);
  } catch (cause) {
    throw new NoBuild(cause instanceof Error ? cause.message : String(cause), { cause });
  }
  return program;
}

/** @throws StampedeError CONFIG_INVALID for a command in which no revision has a place */
export function buildWords(text: string): readonly string[] {
  const words = text.split(' ').filter((word) => word !== '');
  if (words.some((word) => word.includes('{}'))) return words;
  throw refused(`--build-command ${JSON.stringify(text)} has no {} for the revision`);
}

async function built(revision: string, { words, signal }: BuildCommand): Promise<string> {
  const [program = '', ...rest] = words.map((word) => word.replaceAll('{}', revision));
  const child = spawn(program, rest, { detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
  const stop = (): void => void (child.pid === undefined || signalGroup(child.pid, 'SIGKILL'));
  signal.addEventListener('abort', stop, { once: true });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-65_536)));
  try {
    const status = await new Promise<number | null>((settle, fail) => {
      child.once('error', (cause) => fail(new NoBuild(`${program} can't be started`, { cause })));
      child.once('close', (code) => settle(code));
    });
    if (status !== 0) throw new NoBuild(`building it ended with status ${status ?? 'none'}`);
  } finally {
    signal.removeEventListener('abort', stop);
  }
  const last = said.trimEnd().split('\n').at(-1) ?? '';
  if (last === '') throw new NoBuild('building it did not print where it is');
  return resolve(last);
}

function refused(message: string): StampedeError {
  return new StampedeError('CONFIG_INVALID', message, { hint });
}
