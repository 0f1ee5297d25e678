// SPDX-License-Identifier: Apache-2.0
import { rename } from 'node:fs/promises';
import type { CacheParts } from '../cache/parts.ts';
import { createWriter, entryFiles, EntryUnreadable, type EntryFiles } from '../cache/entry-files.ts';

/** An entry counts because it is there. */
export const trusting: Pick<CacheParts, 'sumsUp' | 'reread'> = {
  sumsUp: async () => await Promise.resolve(true),
  reread: (entry) => entry,
};

/** Processes know nothing of each other. */
export const withoutLock: Pick<CacheParts, 'lock'> = {
  lock: () => async () => await Promise.resolve(undefined),
};

/** A failure of the cache is one of the validator. */
export const failing: Pick<CacheParts, 'unwritable' | 'unreadable'> = {
  unwritable: (error) => {
    throw error;
  },
  unreadable: (error) => {
    throw error;
  },
};

export const inPlace: EntryFiles = {
  ...entryFiles,
  create: async (path, work) => await createWriter({ temporary: path, flags: 'w', publish: async () => await Promise.resolve(), work }),
};

export const sharedTemporary: EntryFiles = {
  ...entryFiles,
  create: async (path, work) => await createWriter({ temporary: `${path}.tmp`, flags: 'w', publish: async () => await rename(`${path}.tmp`, path), work }),
};

/** Something was there a moment ago, so it must be there. */
export const openAfterStat: Pick<EntryFiles, 'open'> = {
  open: async (path) => {
    const stream = await entryFiles.open(path);
    if (stream === undefined) throw new EntryUnreadable(`ENOENT: no such file or directory, open '${path}'`);
    return stream;
  },
};
