// SPDX-License-Identifier: Apache-2.0
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { DiffID, Digest } from '../../oci/digest.ts';
import { createChunkQueue } from './chunk-queue.ts';
import type { Wanted } from './flight.ts';
import { namesOf, type Cache, type Form, type Layer } from './layer.ts';
import { streamOf } from './streams.ts';

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
  const queue = createChunkQueue();
  const feed = streamOf(queue.bytes());
  feed.on('error', () => undefined);
  const named = form === 'compressed' ? { digest: async () => await Promise.resolve(key as Digest) } : { diffID: async () => await Promise.resolve(key as DiffID) };
  const fed = { ...namesOf(layer), ...named, compressed: async () => await Promise.resolve(feed), uncompressed: async () => await Promise.resolve(feed) };
  const keeping = keep(inner, fed, form).then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
  );
  void keeping.then(() => {
    queue.end();
    feed.destroy();
  });
  return {
    write: async (chunk) => await queue.push(chunk),
    isBroken: () => feed.destroyed,
    commit: async () => {
      queue.end();
      return await keeping;
    },
    discard: async (reason) => {
      feed.destroy(reason);
      queue.end();
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
