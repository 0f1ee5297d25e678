// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Others see the old content or the new one, never a part, whichever process writes; folders are made. */
export async function replaceFile(path: string, content: string | Uint8Array, mode?: number): Promise<void> {
  const temporary = join(dirname(path), `.${randomUUID()}`);
  try {
    await makingFolders(temporary, async () => await writeFile(temporary, content, mode === undefined ? {} : { mode }));
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Does what makes something at a path. Its folder is made when it turns out not to be there: mostly it is, and asking first takes as long as doing it. */
export async function makingFolders<T>(path: string, make: () => Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    await mkdir(dirname(path), { recursive: true });
    return await make();
  }
}
