// SPDX-License-Identifier: Apache-2.0
import type { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { diffIdOf, digestOf } from '../../oci/digest.ts';
import { MediaType } from '../../oci/manifest.ts';
import { decompressed } from './decompress.ts';
import type { Layer } from './layer.ts';
import { streamOf } from './streams.ts';

/** Called before each chunk and at the end of a download; what it waits for holds it there, what it throws breaks it. */
export type Hold = (offset: number, signal: AbortSignal | undefined) => Promise<void> | void;

export interface TestLayerOptions {
  readonly isGzip?: boolean;
  /** What travels instead of the layer's own bytes. */
  readonly sent?: Buffer;
  readonly chunkBytes?: number;
  readonly hold?: Hold;
}

/** A layer whose downloads are counted and can be held at any place. */
export interface TestLayer extends Layer {
  readonly tar: Buffer;
  readonly travelling: Buffer;
  /** How often the bytes were asked for. */
  readonly fetched: number;
  /** Replaces what holds downloads that begin from now on. */
  hold: Hold;
}

export function testLayer(tar: Buffer, { isGzip = true, sent, chunkBytes = 10_000, hold = () => undefined }: TestLayerOptions = {}): TestLayer {
  const travelling = isGzip ? gzipSync(tar, { level: 1 }) : tar;
  const bytes = sent ?? travelling;
  let fetched = 0;
  const compressed = async (signal?: AbortSignal): Promise<Readable> => {
    fetched += 1;
    return await Promise.resolve(streamOf(chunksOf(bytes, { chunkBytes, hold: layer.hold, signal })));
  };
  const layer = {
    tar,
    travelling,
    hold,
    get fetched() {
      return fetched;
    },
    digest: async () => await Promise.resolve(digestOf(travelling)),
    diffID: async () => await Promise.resolve(diffIdOf(tar)),
    size: async () => await Promise.resolve(travelling.length),
    mediaType: async () => await Promise.resolve<string>(isGzip ? MediaType.ociLayerGzip : MediaType.ociLayer),
    compressed,
    uncompressed: async (signal?: AbortSignal) => await decompressed(await compressed(signal)),
  };
  return layer;
}

interface Chunking {
  readonly chunkBytes: number;
  readonly hold: Hold;
  readonly signal: AbortSignal | undefined;
}

async function* chunksOf(bytes: Buffer, { chunkBytes, hold, signal }: Chunking): AsyncGenerator<Buffer> {
  for (let offset = 0; offset < bytes.length; offset += chunkBytes) {
    await hold(offset, signal);
    yield bytes.subarray(offset, offset + chunkBytes);
  }
  await hold(bytes.length, signal);
}

/** All bytes of a stream. */
export async function bytesOf(stream: Readable | Promise<Readable>): Promise<Buffer> {
  return Buffer.concat(await (await stream).toArray());
}

/** A point that is waited for, and told of. */
export interface Point {
  readonly reached: Promise<void>;
  readonly reach: () => void;
}

export function point(): Point {
  let reach = (): void => undefined;
  const reached = new Promise<void>((resolve) => (reach = resolve));
  return { reached, reach };
}
