// SPDX-License-Identifier: Apache-2.0
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../../foundation/errors.ts';
import type { WorkFolder } from '../work-folder.ts';
import { CacheUnwritable, EntryUnreadable, entryName, openEntry, writeEntry } from './entry-file.ts';
import type { Layer, LayerCache, ReadTar } from './layer-cache.ts';
import { readVerified } from './verify.ts';

export interface DirectoryCacheOptions {
  readonly directory: string;
  readonly warn: (line: string) => void;
  readonly work: WorkFolder;
}

/**
 * A cache in the layout of go-containerregistry's filesystem cache: one uncompressed tar an entry, named by its
 * diffID. One access at a time in this process. An entry counts only if its bytes match its name; a bad one is
 * replaced, with a warning. Where the directory can't be written, it goes on without, and warns once.
 */
export function directoryCache({ directory, warn, work }: DirectoryCacheOptions): LayerCache {
  let warned = false;
  let last: Promise<unknown> = Promise.resolve();

  const fill = async (path: string, layer: Layer): Promise<boolean> => {
    try {
      await makeDirectory(directory);
      await writeEntry(path, layer, work);
      return true;
    } catch (error) {
      if (!(error instanceof CacheUnwritable)) throw error;
      if (!warned) warn(`the layer cache ${directory} can't be written, going on without it: ${error.message}`);
      warned = true;
      return false;
    }
  };

  const access = async <T>(layer: Layer, read: ReadTar<T>): Promise<T> => {
    const path = join(directory, entryName(layer.diffID));
    const hit = await readEntry(path, layer, read, warn);
    if (hit !== undefined) return hit.value;
    const filled = (await fill(path, layer)) ? await readEntry(path, layer, read, warn) : undefined;
    return filled === undefined ? await readVerified(await layer.open(), layer.diffID, read) : filled.value;
  };

  return {
    read: async (layer, read) => {
      const turn = last.then(async () => await access(layer, read));
      last = turn.catch(() => undefined);
      return await turn;
    },
  };
}

/** Undefined where there is no entry, or one whose bytes are not the layer's. */
async function readEntry<T>(
  path: string,
  layer: Layer,
  read: ReadTar<T>,
  warn: (line: string) => void,
): Promise<{ readonly value: T } | undefined> {
  try {
    const tar = await openEntry(path);
    return tar === undefined ? undefined : { value: await readVerified(tar, layer.diffID, read) };
  } catch (error) {
    if (!hasCode(error, 'DIGEST_MISMATCH') && !(error instanceof EntryUnreadable)) throw error;
    warn(`the cache entry ${path} is not what its name says and is replaced: ${error.message}`);
    return undefined;
  }
}

async function makeDirectory(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    throw new CacheUnwritable(error.message, { cause: error });
  });
}
