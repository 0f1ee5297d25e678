// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { access, constants, mkdir, stat } from 'node:fs/promises';
import { StampedeError } from '../foundation/errors.ts';

/** @throws StampedeError FEATURES_MISSING */
export async function requireFolder(path: string, flag: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() === true) return;
  throw new StampedeError('FEATURES_MISSING', `${path} is not a folder`, { hint: `name another with --${flag}` });
}

/**
 * Makes the folder where it is missing.
 * @throws StampedeError FOLDER_NOT_WRITABLE
 */
export async function requireWritable(path: string, flag: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
    await access(path, constants.W_OK);
  } catch (cause) {
    throw new StampedeError('FOLDER_NOT_WRITABLE', `can't write into ${path}`, { cause, hint: `name another with --${flag}` });
  }
}

/**
 * Features named on the command line: files, `file:line`, folders, or `@file` with a list of them.
 * @throws StampedeError FEATURES_MISSING
 */
export function requireFeatures(paths: readonly string[]): void {
  const missing = paths.filter((path) => !existsSync(path.replace(/^@/, '').replace(/(:\d+)+$/, '')));
  if (missing.length === 0) return;
  throw new StampedeError('FEATURES_MISSING', `no such feature: ${missing.join(', ')}`, { hint: 'give a file, file:line, or a folder' });
}
