// SPDX-License-Identifier: Apache-2.0
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { lstat, readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { wallClock } from '../../foundation/clock.ts';

/** How long a file of a process that can't be looked for is left alone after its last change: longer than any write takes. */
const foreignAgeMs = 24 * 3_600_000;

/** The name of a private file in which a process makes an entry; it tells whose it is, should its writer be killed. */
export function unfinishedName(entry: string, pid = process.pid, whose = realm()): string {
  return `${entry}.${pid}.${whose}.${randomBytes(6).toString('hex')}.tmp`;
}

/** Removes files that writers of this entry left when they were killed. Never throws. */
export async function removeOrphans(entry: string): Promise<void> {
  const names = (await readdir(dirname(entry)).catch(() => [])).filter((name) => name.startsWith(`${basename(entry)}.`));
  await Promise.all(names.map(async (name) => {
    const path = join(dirname(entry), name);
    if (await isOrphan(path)) await rm(path, { force: true }).catch(() => undefined);
  }));
}

/**
 * True for an unfinished file whose writer is not there any more. Of writers on another machine, or in a container with
 * process numbers of its own, nothing can be told but how long ago they wrote.
 */
export async function isOrphan(path: string): Promise<boolean> {
  const [, pid, whose] = /\.(\d+)\.([0-9a-f]{8})\.[0-9a-f]{12}\.tmp$/.exec(path) ?? [];
  if (pid === undefined) return false;
  if (whose === realm()) return !isAlive(Number(pid));
  const changed = await lstat(path).then(({ mtimeMs }) => mtimeMs, () => Infinity);
  return wallClock().getTime() - changed > foreignAgeMs;
}

/** Stands for all processes whose numbers mean here what they mean there. */
function realm(): string {
  const orNothing = (read: () => string): string => {
    try {
      return read();
    } catch {
      return '';
    }
  };
  const parts = [hostname(), orNothing(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1')), orNothing(() => readlinkSync('/proc/self/ns/pid'))];
  return createHash('sha256').update(parts.join()).digest('hex').slice(0, 8);
}

/** A process that was killed and not yet taken note of by its parent writes nothing any more. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  try {
    return !/^\d+ \(.*\) [ZX] /s.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return true;
  }
}
