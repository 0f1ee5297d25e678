// SPDX-License-Identifier: Apache-2.0
import { appendFileSync, closeSync, mkdirSync, openSync, readSync, rmSync, statSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { digestNamed, pathsBelow } from '../scenario/cache-files.ts';
import type { Damage } from './schedule.ts';

/** A block of a tar: what follows its end is no error to who unpacks it. */
const tooManyBytes = 512;

/** Does that to every entry of a cache, or to every file of one without entries, as a broken disk, another program or an attacker would. */
export function damageEntries(directory: string, how: Damage): void {
  const paths = pathsBelow(directory);
  const entries = paths.filter((path) => digestNamed(path) !== undefined);
  for (const name of entries.length > 0 ? entries : paths) damage(join(directory, name), how);
}

function damage(path: string, how: Damage): void {
  const found = statSync(path);
  const { size } = found;
  // A folder that holds nothing is no content either.
  if (!found.isFile()) return;
  switch (how) {
    case 'flipped':
      return flipMiddle(path, size);
    case 'truncated':
      return truncateSync(path, Math.floor(size / 2));
    case 'empty':
      return truncateSync(path, 0);
    case 'too-long':
      return appendFileSync(path, Buffer.alloc(tooManyBytes));
    case 'folder':
      rmSync(path);
      mkdirSync(path);
  }
}

/** One bit of what has any. */
function flipMiddle(path: string, size: number): void {
  const [file, middle, byte] = [openSync(path, 'r+'), Math.floor(size / 2), Buffer.alloc(1)];
  try {
    if (readSync(file, byte, 0, 1, middle) === 1) writeSync(file, Buffer.of((byte[0] ?? 0) ^ 1), 0, 1, middle);
  } finally {
    closeSync(file);
  }
}
