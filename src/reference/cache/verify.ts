// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { StampedeError } from '../../foundation/errors.ts';
import { decompressed } from './decompress.ts';
import { namesOf, type EntryKey, type Layer } from './layer.ts';
import { streamOf } from './streams.ts';

/**
 * Passes bytes on and throws at their end unless they are what the key names; nothing of them counts before that.
 * @throws StampedeError DIGEST_MISMATCH; what the source threw
 */
export async function* verified(source: AsyncIterable<Buffer>, key: EntryKey): AsyncGenerator<Buffer, void> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of source) {
    hash.update(chunk);
    size += chunk.length;
    yield chunk;
  }
  const actual = `sha256:${hash.digest('hex')}`;
  if (actual !== key) throw new StampedeError('DIGEST_MISMATCH', `expected ${key}, got ${size} bytes with ${actual}`);
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
