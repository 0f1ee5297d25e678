// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { WorkFolder } from '../work-folder.ts';
import { filesystemCache } from './filesystem-cache.ts';
import { safeParts, type CacheParts } from './parts.ts';
import { safeCache, type SafeCache } from './safe-cache.ts';

export interface DirectoryCacheOptions {
  readonly directory: string;
  readonly warn: (line: string) => void;
  readonly work: WorkFolder;
  readonly parts?: CacheParts;
}

/** How long one process waits for another one that holds an entry and does nothing. */
const patienceMs = 60_000;

/** The safe cache over a directory that processes share, with each other and with go-containerregistry's programs. */
export function directoryCache({ directory, warn, work, parts = safeParts }: DirectoryCacheOptions): SafeCache {
  const cache = safeCache(filesystemCache({ directory, work, files: parts.files }), {
    warn,
    parts,
    lock: parts.lock({ directory, patienceMs }),
    placeOf: (key) => join(directory, parts.files.nameOf(key)),
  });
  if (cache === undefined) throw new TypeError('a cache in a directory is a cache');
  return cache;
}
