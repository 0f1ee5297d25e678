// SPDX-License-Identifier: Apache-2.0
import { PassThrough, type Readable } from 'node:stream';
import { hasCode } from '../foundation/errors.ts';
import type { Layer } from './cache/layer.ts';
import type { SafeCache } from './cache/safe-cache.ts';
import { verifiedLayer } from './cache/verify.ts';

/** Where layers are read through. */
export interface LayerSource {
  readonly cache: SafeCache | undefined;
  readonly warn: (line: string) => void;
}

/** Reads a tar; it may stop early, and what it returns counts only if the whole stream was the layer. */
export type ReadTar<T> = (tar: Readable) => Promise<T>;

/**
 * Gives what `read` made of the layer's tar once every byte, trailing padding included, was seen to match the
 * diffID. `read` is called a second time when somebody changed the cache's entry while it was being read.
 * @throws StampedeError DIGEST_MISMATCH, LAYER_FETCH_FAILED; what the layer threw; or, for right bytes, what `read` threw
 */
export async function readLayer<T>(layer: Layer, { cache, warn }: LayerSource, read: ReadTar<T>): Promise<T> {
  if (cache === undefined) return await readWhole(verifiedLayer(layer), read);
  try {
    return await readWhole(await cache.put(layer), read);
  } catch (error) {
    if (!hasCode(error, 'DIGEST_MISMATCH')) throw error;
    warn(`the layer cache's entry of ${await layer.diffID()} was changed while it was read, going on without it`);
    return await readWhole(verifiedLayer(layer), read);
  }
}

/** The reader has a copy of its own, which it may close when it has seen enough. */
async function readWhole<T>(layer: Layer, read: ReadTar<T>): Promise<T> {
  const tar = await layer.uncompressed();
  const copy = new PassThrough();
  const reading = read(copy).then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  void reading.then(() => copy.destroy());
  try {
    for await (const chunk of tar as AsyncIterable<Buffer>) {
      if (!copy.destroyed && !copy.write(chunk)) await drained(copy);
    }
  } catch (error) {
    copy.destroy(error instanceof Error ? error : new Error(String(error)));
    await reading;
    throw error;
  }
  copy.end();
  const outcome = await reading;
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
}

async function drained(stream: PassThrough): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      stream.off('drain', done).off('close', done);
      resolve();
    };
    stream.on('drain', done).on('close', done);
  });
}
