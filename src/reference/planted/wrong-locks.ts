// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { digestOf } from '../../oci/digest.ts';
import { directoryLock, type EntryLock } from '../cache/entry-lock.ts';
import { entryFiles } from '../cache/entry-files.ts';
import type { PlantedBug } from './planted-bug.ts';
import { failing, sharedTemporary, trusting } from './wrong-parts.ts';

const pollMs = 20;
const impatienceMs = 300;
const lockFileName = (directory: string, key: string): string => join(directory, `${entryFiles.nameOf(key as Parameters<typeof entryFiles.nameOf>[0])}.lock`);

/** How processes take turns. */
export const wrongLocks: readonly PlantedBug[] = [
  {
    name: 'lock-dropped-early',
    class: 'T9',
    symptom: 'Two processes write one temporary file although there is a lock.',
    cause: 'The lock is held while it is looked whether there is an entry, and given back before it is made.',
    fix: 'Hold the lock until the entry is published.',
    seen: 'gazelle pull request 2425; cargo 6588',
    parts: {
      ...trusting,
      ...failing,
      files: sharedTemporary,
      lock: (options) => {
        const lock = directoryLock(options);
        return async (key, signal) => {
          const unlock = await lock(key, signal);
          await unlock?.();
          return undefined;
        };
      },
    },
  },
  {
    name: 'lock-outside-the-cache',
    class: 'T10',
    symptom: 'Two processes write one temporary file although each holds the lock.',
    cause: 'The lock lies in a folder of the process\'s own, and only the cache is shared.',
    fix: 'Lock what is shared: the lock\'s name comes from the directory itself.',
    seen: 'cargo 11376; aprender pull request 1025',
    parts: {
      ...trusting,
      ...failing,
      files: sharedTemporary,
      lock: (options) => {
        // It stays: a lock's name comes from the folder's inode, which the next folder of another process would get.
        const own = mkdtemp(join(tmpdir(), 'layer-locks-'));
        return async (key, signal) => await directoryLock({ ...options, directory: await own })(key, signal);
      },
    },
  },
  {
    name: 'stale-lock-file',
    class: 'T11',
    symptom: 'After a kill every later run waits for a lock that nobody holds.',
    cause: 'The lock is a file; that it exists means that somebody holds it.',
    fix: 'A lock that the kernel takes back when its holder dies.',
    seen: 'modelscope 1778; puppeteer 14417',
    parts: {
      lock: ({ directory }) => async (key, signal) => {
        await mkdir(directory, { recursive: true });
        for (;;) {
          signal.throwIfAborted();
          const file = await open(lockFileName(directory, key), 'wx').catch(() => undefined);
          if (file === undefined) await delay(pollMs);
          else {
            await file.close();
            return async () => await rm(lockFileName(directory, key), { force: true });
          }
        }
      },
    },
  },
  {
    name: 'one-lock-for-all',
    class: 'T12',
    symptom: 'A process that needs another layer stands still while one is downloaded.',
    cause: 'One lock for the whole directory, held during the download.',
    fix: 'One lock an entry.',
    seen: 'nbc pull request 127; containerd 8790',
    parts: { lock: (options) => wholeDirectory(directoryLock(options)) },
  },
  {
    name: 'impatient-waiter',
    class: 'T12',
    symptom: 'A process fails with "the cache is busy" while another one downloads a large layer.',
    cause: 'A lock that is not free within a moment counts as an error.',
    fix: 'Wait as long as the holder lives, or go on without the lock.',
    seen: 'trivy pull request 9307; cosign 2576',
    parts: {
      lock: (options) => async (key, signal) => {
        const tired = AbortSignal.timeout(impatienceMs);
        const unlock = await directoryLock(options)(key, AbortSignal.any([signal, tired]));
        if (unlock === undefined) throw new Error('the cache is busy');
        return unlock;
      },
    },
  },
];

/** All of one process share one lock, which is given back when none of them needs it. */
function wholeDirectory(lock: EntryLock): EntryLock {
  const one = digestOf(Buffer.from('the whole directory'));
  let holders = 0;
  let unlock: ReturnType<EntryLock> | undefined;
  return async (_key, signal) => {
    holders += 1;
    unlock ??= lock(one, signal);
    const release = await unlock;
    return async () => {
      holders -= 1;
      if (holders > 0) return;
      unlock = undefined;
      await release?.();
    };
  };
}
