// SPDX-License-Identifier: Apache-2.0
import { constants } from 'node:fs';
import { cp, lstat, mkdir, opendir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { RunContext } from '../config.ts';

/** Large, and nothing that a validator is called for: history, and dependencies of a project that are made anew at any time. */
const neverCopied = ['.git', 'node_modules'];

/**
 * Makes a scenario's own working directory: a copy of the user's, or an empty one. Links stay as they are: made absolute, they would lead
 * back into the user's own folder. Where the file system can share the content of two files until one is changed, it does.
 */
export async function copyWorkFolder(from: RunContext['workFolder'], target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  if (from === undefined) return;
  // Entry by entry: the scenario's folder may itself lie below, in what is left out.
  for await (const { name } of await opendir(from.folder)) {
    const source = join(from.folder, name);
    if (!(await isCopied(source, from.leftOut))) continue;
    await cp(source, join(target, name), { recursive: true, verbatimSymlinks: true, mode: constants.COPYFILE_FICLONE, filter: async (path) => await isCopied(path, from.leftOut) });
  }
}

/** Nor what is neither file, folder nor link: sockets and pipes can't be copied. */
export async function isCopied(path: string, leftOut: readonly string[]): Promise<boolean> {
  if (neverCopied.includes(basename(path)) || leftOut.includes(path)) return false;
  const found = await lstat(path).catch(() => undefined);
  return found !== undefined && (found.isFile() || found.isDirectory() || found.isSymbolicLink());
}
