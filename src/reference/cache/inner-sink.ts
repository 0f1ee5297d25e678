// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { PassThrough, type Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { DiffID, Digest } from '../../oci/digest.ts';
import type { Wanted } from './flight.ts';
import { namesOf, type Cache, type Form, type Layer } from './layer.ts';

/** A branch of a download that ends in a cache. What goes wrong in it ends the branch and never the download. */
export interface Sink {
  /** Waits while the cache is busy. */
  write(chunk: Buffer): Promise<void>;
  /** True once the cache takes nothing any more. */
  isBroken(): boolean;
  /** What kept the cache from taking the layer; undefined once it has it, whole. */
  commit(): Promise<Error | undefined>;
  /** The cache keeps nothing. */
  discard(reason: Error): Promise<void>;
}

/** Puts a layer whose bytes come in chunk by chunk into a cache, under the name that it was wanted by. */
export function innerSink(inner: Cache, { layer, form, key }: Pick<Wanted, 'layer' | 'form' | 'key'>): Sink {
  // What piles up while a write is under way is joined and written at once: few large writes are quicker than many.
  const feed = new PassThrough({ highWaterMark: 2 * 1024 * 1024 });
  feed.on('error', () => undefined);
  const named = form === 'compressed' ? { digest: async () => await Promise.resolve(key as Digest) } : { diffID: async () => await Promise.resolve(key as DiffID) };
  const fed = { ...namesOf(layer), ...named, compressed: async () => await Promise.resolve(feed), uncompressed: async () => await Promise.resolve(feed) };
  const keeping = keep(inner, fed, form).then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
  );
  const ended = keeping.then(() => feed.destroy());
  return {
    write: async (chunk) => {
      if (!feed.destroyed && !feed.write(chunk)) await Promise.race([once(feed, 'drain').catch(() => undefined), ended]);
    },
    isBroken: () => feed.destroyed,
    commit: async () => {
      feed.end();
      return await keeping;
    },
    discard: async (reason) => {
      feed.destroy(reason);
      await keeping;
    },
  };
}

/** A cache keeps what is read through it. */
async function keep(inner: Cache, layer: Layer, form: Form): Promise<void> {
  const kept = await inner.put(layer);
  const copy: Readable = await (form === 'compressed' ? kept.compressed() : kept.uncompressed());
  await finished(copy.resume());
}
