// SPDX-License-Identifier: Apache-2.0
import { readdir, readlink, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
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
  /** Of the file, whatever path leads to it. */
  readonly identity: string;
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
  const superfluous = beyond(entries, { maxBytes, maxAgeMs });
  const open = await openFiles(new Set(superfluous.map(({ name }) => name)));
  const doomed = superfluous.filter(({ identity }) => !open.has(identity));
  const removed = [...doomed.map(({ name }) => name), ...orphans];
  await Promise.all(removed.map(async (name) => await rm(join(directory, name), { force: true })));
  const [all, gone] = [entries, doomed].map((list) => list.reduce((sum, { bytes }) => sum + bytes, 0)) as [number, number];
  return { removed, removedBytes: gone, keptBytes: all - gone };
}

async function entryAt(directory: string, name: string): Promise<Entry | undefined> {
  const found = await stat(join(directory, name), { bigint: true }).catch(() => undefined);
  if (found?.isFile() !== true) return undefined;
  return { name, identity: `${found.dev}:${found.ino}`, bytes: Number(found.size), usedAt: Number(found.atimeMs > found.mtimeMs ? found.atimeMs : found.mtimeMs) };
}

function beyond(entries: readonly Entry[], { maxBytes, maxAgeMs }: Required<PruneLimits>): readonly Entry[] {
  const youngestFirst = [...entries].sort((left, right) => right.usedAt - left.usedAt);
  let sum = 0;
  return youngestFirst.filter(({ bytes, usedAt }) => {
    sum += bytes;
    return sum > maxBytes || wallClock().getTime() - usedAt > maxAgeMs;
  });
}

/** Which files of these names some process has open; those of other users' processes can't be seen by everybody. */
async function openFiles(names: ReadonlySet<string>): Promise<ReadonlySet<string>> {
  const open = new Set<string>();
  for (const pid of (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))) {
    const descriptors = (await readdir(`/proc/${pid}/fd`).catch(() => [])).map((descriptor) => `/proc/${pid}/fd/${descriptor}`);
    for (const descriptor of descriptors) {
      if (!names.has(basename(await readlink(descriptor).catch(() => '')))) continue;
      const found = await stat(descriptor, { bigint: true }).catch(() => undefined);
      if (found !== undefined) open.add(`${found.dev}:${found.ino}`);
    }
  }
  return open;
}
