// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { unlink } from 'node:fs/promises';

// Small files are read at once: handing them to another thread takes ten times as long as reading them.

/** The content of a small file, or undefined when there is none. */
export function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    return unlessMissing(error, undefined);
  }
}

/** What fails is no answer, and is thrown. */
export function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    return unlessMissing(error, false);
  }
}

/** The names in a folder in code-unit order, without those of `replaceFile`; undefined when there is no such folder. */
export function namesIn(folder: string): readonly string[] | undefined {
  try {
    return readdirSync(folder).filter((name) => !name.startsWith('.')).sort();
  } catch (error) {
    return unlessMissing(error, undefined);
  }
}

/** The folders in a folder, none when there is no such folder. */
export function foldersIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch (error) {
    return unlessMissing(error, []);
  }
}

/** True when there was such a file. */
export async function removeIfThere(path: string): Promise<boolean> {
  return await orIfMissing(unlink(path).then(() => true), false);
}

/** What `done` gives, or `otherwise` when it fails because nothing is at its path. */
export async function orIfMissing<T>(done: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await done;
  } catch (error) {
    return unlessMissing(error, otherwise);
  }
}

function unlessMissing<T>(error: unknown, otherwise: T): T {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return otherwise;
  throw error;
}
