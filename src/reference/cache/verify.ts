// SPDX-License-Identifier: Apache-2.0
import { createHash, type Hash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { StampedeError } from '../../foundation/errors.ts';
import { decompressed } from './decompress.ts';
import { namesOf, type EntryKey, type Layer } from './layer.ts';
import { streamOf } from './streams.ts';

/** What was passed on so far: should its source fail, another one can be held against it. */
export interface Seen {
  readonly hash: Hash;
  size: number;
}

export function nothingSeen(): Seen {
  return { hash: createHash('sha256'), size: 0 };
}

/**
 * Passes bytes on and throws at their end unless they are what the key names; nothing of them counts before that.
 * @throws StampedeError DIGEST_MISMATCH; what the source threw
 */
export async function* verified(source: AsyncIterable<Buffer>, key: EntryKey, seen: Seen = nothingSeen()): AsyncGenerator<Buffer, void> {
  for await (const chunk of source) {
    seen.hash.update(chunk);
    seen.size += chunk.length;
    yield chunk;
  }
  const actual = `sha256:${seen.hash.digest('hex')}`;
  if (actual !== key) throw new StampedeError('DIGEST_MISMATCH', `expected ${key}, got ${seen.size} bytes with ${actual}`);
}

/**
 * Passes on what begins as another source did that failed after `seen`.
 * @throws StampedeError DIGEST_MISMATCH when it begins otherwise: then what was passed on before was wrong
 */
export async function* following(source: AsyncIterable<Buffer>, { hash, size }: Seen): AsyncGenerator<Buffer, void> {
  const start = createHash('sha256');
  let left = size;
  for await (const chunk of source) {
    if (left > 0) {
      start.update(chunk.subarray(0, left));
      left = Math.max(0, left - chunk.length);
      if (left === 0 && start.digest('hex') !== hash.digest('hex')) throw new StampedeError('DIGEST_MISMATCH', `${size} bytes of an entry that broke off were wrong`);
    }
    yield chunk;
  }
}

/** The layer itself, without a cache: its streams end with DIGEST_MISMATCH unless the bytes were its own. */
export function verifiedLayer(layer: Layer): Layer {
  const compressed = async (signal?: AbortSignal): Promise<Readable> => {
    const [source, digest] = [await layer.compressed(signal), await layer.digest()];
    return streamOf(verified(source, digest));
  };
  const uncompressed = async (signal?: AbortSignal): Promise<Readable> => {
    const [source, diffID] = [await decompressed(await compressed(signal)), await layer.diffID()];
    return streamOf(verified(source, diffID));
  };
  return { ...namesOf(layer), compressed, uncompressed };
}
