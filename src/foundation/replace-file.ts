// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

// For small files: to hand one to another thread takes longer than to write it.

/** Others see the old content or the new one, never a part, whichever process writes; folders are made. */
export function replaceFile(path: string, content: string | Uint8Array, mode?: number): void {
  const temporary = join(dirname(path), `.${randomUUID()}`);
  try {
    makingFolders(temporary, () => writeFileSync(temporary, content, mode === undefined ? {} : { mode }));
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Does what makes something at a path. Its folder is made when it turns out not to be there: mostly it is, and asking first takes as long as doing it. */
export function makingFolders<T>(path: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    mkdirSync(dirname(path), { recursive: true });
    return make();
  }
}
