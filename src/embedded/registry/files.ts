// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile, unlink } from 'node:fs/promises';

/** The content of a small file, or undefined when there is none. */
export async function readIfThere(path: string): Promise<Buffer | undefined> {
  return await orIfMissing(readFile(path), undefined);
}

/** True when there was such a file. */
export async function removeIfThere(path: string): Promise<boolean> {
  return await orIfMissing(unlink(path).then(() => true), false);
}

/** The names in a folder in code-unit order, without those of `replaceFile`; undefined when there is no such folder. */
export async function namesIn(folder: string): Promise<readonly string[] | undefined> {
  const names = await orIfMissing<readonly string[] | undefined>(readdir(folder), undefined);
  return names?.filter((name) => !name.startsWith('.')).sort();
}

/** What `done` gives, or `otherwise` when it fails because nothing is at its path. */
export async function orIfMissing<T>(done: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await done;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return otherwise;
    throw error;
  }
}
