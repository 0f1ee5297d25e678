// SPDX-License-Identifier: Apache-2.0
import { join, resolve } from 'node:path';

/** Whether a path is one of something in a folder, by its words: links are not followed. The folder does not lie in itself. */
export function liesIn(folder: string, path: string): boolean {
  return resolve(path).startsWith(join(resolve(folder), '/'));
}
