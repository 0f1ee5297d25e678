// SPDX-License-Identifier: Apache-2.0
import { readdir, readlink, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { wallClock } from '../../foundation/clock.ts';
import { isOrphan } from './unfinished.ts';

export interface PruneLimits {
  /** All entries together, in bytes; the ones that were used longest ago go first. */
  readonly maxBytes?: number;
  /** Milliseconds since an entry was last read or written. */
  readonly maxAgeMs?: number;
}

export interface Pruned {
  readonly removed: readonly string[];
  readonly removedBytes: number;
  readonly keptBytes: number;
}

interface Entry {
  readonly name: string;
  readonly bytes: number;
  readonly usedAt: number;
}

/**
 * Removes entries beyond the limits, and unfinished files of processes that are gone. What any process has open
 * stays, where the system tells (Linux); elsewhere a reader keeps what it has open all the same, or fetches again.
 */
export async function prune(directory: string, { maxBytes = Infinity, maxAgeMs = Infinity }: PruneLimits): Promise<Pruned> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const orphans = (await Promise.all(names.map(async (name) => ((await isOrphan(join(directory, name))) ? [name] : [])))).flat();
  const entries = (await Promise.all(names.filter((name) => /^sha256[:-][0-9a-f]{64}$/.test(name)).map(async (name) => await entryAt(directory, name)))).filter((entry) => entry !== undefined);
  const open = await openFilesBelow(directory);
  const doomed = beyond(entries, { maxBytes, maxAgeMs }).filter(({ name }) => !open.has(join(directory, name)));
  const removed = [...doomed.map(({ name }) => name), ...orphans];
  await Promise.all(removed.map(async (name) => await rm(join(directory, name), { force: true })));
  const [all, gone] = [entries, doomed].map((list) => list.reduce((sum, { bytes }) => sum + bytes, 0)) as [number, number];
  return { removed, removedBytes: gone, keptBytes: all - gone };
}

async function entryAt(directory: string, name: string): Promise<Entry | undefined> {
  const found = await stat(join(directory, name)).catch(() => undefined);
  return found?.isFile() === true ? { name, bytes: found.size, usedAt: Math.max(found.atimeMs, found.mtimeMs) } : undefined;
}

function beyond(entries: readonly Entry[], { maxBytes, maxAgeMs }: Required<PruneLimits>): readonly Entry[] {
  const youngestFirst = [...entries].sort((left, right) => right.usedAt - left.usedAt);
  let sum = 0;
  return youngestFirst.filter(({ bytes, usedAt }) => {
    sum += bytes;
    return sum > maxBytes || wallClock().getTime() - usedAt > maxAgeMs;
  });
}

/** Paths below the folder that some process has open; those of other users' processes can't be seen by everybody. */
async function openFilesBelow(directory: string): Promise<ReadonlySet<string>> {
  const open = new Set<string>();
  for (const pid of (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))) {
    const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
    for (const descriptor of descriptors) {
      const path = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '');
      if (path.startsWith(`${directory}/`)) open.add(path);
    }
  }
  return open;
}
