// SPDX-License-Identifier: Apache-2.0
import type { Readable } from 'node:stream';
import { namesOf, type Cache, type EntryKey } from './layer.ts';
import { safeCache, type SafeCache } from './safe-cache.ts';
import { testLayer } from './test-layer.ts';

/** The simplest cache there is: what was read through it to the end is kept, under the name of the form. */
export function memoryCache(entries: Map<EntryKey, Buffer>): Cache {
  const keeping = async (key: EntryKey, source: Readable): Promise<Readable> => {
    const chunks: Buffer[] = [];
    source.on('data', (chunk: Buffer) => chunks.push(chunk)).once('end', () => entries.set(key, Buffer.concat(chunks)));
    return await Promise.resolve(source);
  };
  return {
    get: async (key) => {
      const bytes = entries.get(key);
      return await Promise.resolve(bytes === undefined ? undefined : testLayer(bytes, { isGzip: false }));
    },
    put: async (layer) => ({
      ...namesOf(layer),
      compressed: async () => await keeping(await layer.digest(), await layer.compressed()),
      uncompressed: async () => await keeping(await layer.diffID(), await layer.uncompressed()),
    }),
    delete: async (key) => void (await Promise.resolve(entries.delete(key))),
  };
}

export function openCache(inner: Cache, warnings: string[]): SafeCache {
  const opened = safeCache(inner, { warn: (line) => warnings.push(line) });
  if (opened === undefined) throw new Error('no cache');
  return opened;
}
