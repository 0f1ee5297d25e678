// SPDX-License-Identifier: Apache-2.0
import { gzipSync } from 'fflate';
import type { SeededRandom } from '../foundation/seed.ts';
import { diffIdOf, digestOf, type DiffID } from './digest.ts';
import { MediaType, type Descriptor } from './manifest.ts';
import { tarOf } from './tar.ts';

export type Compression = 'gzip' | 'uncompressed';

/** A layer as it is pushed, with the two names that it goes by: `descriptor.digest` and `diffId`. */
export interface Layer {
  readonly descriptor: Descriptor;
  readonly diffId: DiffID;
  /** As they travel; the descriptor's digest and size are theirs. */
  readonly bytes: Buffer;
}

/**
 * Equal tars make equal layers on every machine: fflate compresses, since the bytes that node:zlib writes differ
 * between builds of Node.
 */
export function buildLayer(tar: Uint8Array, compression: Compression, mediaType: string = usualMediaType(compression)): Layer {
  return layerOf(tar, compression === 'gzip' ? gzipSync(tar, { level: 6, mtime: 0 }) : tar, mediaType);
}

/**
 * A layer with one file of `sizeBytes` random bytes. Its gzip form stores them uncompressed: nothing is to be
 * gained, and large layers are made quickly.
 */
export async function randomLayer(
  random: SeededRandom,
  sizeBytes: number,
  compression: Compression = 'gzip',
  mediaType: string = usualMediaType(compression),
): Promise<Layer> {
  const tar = await tarOf([{ path: 'random', content: random.bytes(sizeBytes) }]);
  return layerOf(tar, compression === 'gzip' ? gzipSync(tar, { level: 0, mtime: 0 }) : tar, mediaType);
}

function layerOf(tar: Uint8Array, travelling: Uint8Array, mediaType: string): Layer {
  const bytes = Buffer.from(travelling.buffer, travelling.byteOffset, travelling.byteLength);
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length }, diffId: diffIdOf(tar), bytes };
}

function usualMediaType(compression: Compression): string {
  return compression === 'gzip' ? MediaType.ociLayerGzip : MediaType.ociLayer;
}
