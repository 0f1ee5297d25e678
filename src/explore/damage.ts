// SPDX-License-Identifier: Apache-2.0
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestNamed, pathsBelow } from '../scenario/cache-files.ts';
import type { Damage } from './schedule.ts';

/** Does that to every entry of a cache, or to every file of one without entries, as a broken disk, another program or an attacker would. */
export async function damageEntries(directory: string, how: Damage): Promise<void> {
  const paths = await pathsBelow(directory);
  const entries = paths.filter((path) => digestNamed(path) !== undefined);
  for (const name of entries.length > 0 ? entries : paths) {
    const path = join(directory, name);
    const bytes = await readFile(path);
    if (how !== 'folder') await writeFile(path, damaged(bytes, how));
    else {
      await rm(path);
      await mkdir(path);
    }
  }
}

function damaged(bytes: Buffer, how: Exclude<Damage, 'folder'>): Buffer {
  switch (how) {
    case 'flipped': {
      const copy = Buffer.from(bytes);
      const middle = Math.floor(copy.length / 2);
      copy[middle] = (copy[middle] ?? 0) ^ 1;
      return copy;
    }
    case 'truncated':
      return bytes.subarray(0, Math.floor(bytes.length / 2));
    case 'empty':
      return Buffer.alloc(0);
    case 'too-long':
      return Buffer.concat([bytes, Buffer.alloc(512)]);
  }
}
