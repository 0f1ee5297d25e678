// SPDX-License-Identifier: Apache-2.0
import { gzipSync } from 'fflate';
import type { SeededRandom } from '../foundation/seed.ts';
import { diffIdOf, digestOf, type DiffID, type Digest } from './digest.ts';
import { MediaType, type Descriptor } from './manifest.ts';
import { tarOf } from './tar.ts';

/** `stored`: gzip that compresses nothing, for bytes of which nothing is to be gained. It is made twenty times as fast. */
export type Compression = 'gzip' | 'stored' | 'uncompressed';

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
  const travelling = compression === 'uncompressed' ? tar : gzipSync(tar, { level: compression === 'stored' ? 0 : 6, mtime: 0 });
  const bytes = Buffer.from(travelling.buffer, travelling.byteOffset, travelling.byteLength);
  const diffId = diffIdOf(tar);
  // Of equal bytes there is one digest: a large layer is read once.
  const digest = compression === 'uncompressed' ? (diffId as string as Digest) : digestOf(bytes);
  return { descriptor: { mediaType, digest, size: bytes.length }, diffId, bytes };
}

/** A layer with one file of `sizeBytes` random bytes. */
export async function randomLayer(
  random: SeededRandom,
  sizeBytes: number,
  compression: Compression = 'stored',
  mediaType: string = usualMediaType(compression),
): Promise<Layer> {
  const tar = await tarOf([{ path: 'random', content: random.bytes(sizeBytes) }]);
  return buildLayer(tar, compression, mediaType);
}

function usualMediaType(compression: Compression): string {
  return compression === 'uncompressed' ? MediaType.ociLayer : MediaType.ociLayerGzip;
}
