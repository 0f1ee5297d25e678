// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Others see the old content or the new one, never a part, whichever process writes; folders are made. */
export async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${randomUUID()}`);
  await mkdir(folder, { recursive: true });
  try {
    await writeFile(temporary, content);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

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
