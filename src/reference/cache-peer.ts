// SPDX-License-Identifier: Apache-2.0
import { get } from 'node:http';
import type { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { seededRandom } from '../foundation/seed.ts';
import { diffIdOf, digestOf, type DiffID, type Digest } from '../oci/digest.ts';
import { MediaType } from '../oci/manifest.ts';
import { decompressed } from './cache/decompress.ts';
import { directoryCache } from './cache/directory-cache.ts';
import type { Layer } from './cache/layer.ts';
import { streamOf } from './cache/streams.ts';
import { mapConcurrently } from './map-concurrently.ts';
import { chosenParts } from './planted/chosen-parts.ts';
import { readLayer } from './read-layer.ts';
import { openWorkFolder } from './work-folder.ts';

/** What one process does with a cache directory: each component reads all layers, some at a time. */
export interface PeerTask {
  readonly directory: string;
  readonly layers: readonly PeerLayer[];
  readonly components: number;
  readonly workers: number;
  /** Where `<origin>/<digest>` gives a layer; without it the bytes are made here. */
  readonly origin?: string;
  /** False: processes take no turns. */
  readonly locks?: boolean;
}

export interface PeerLayer {
  readonly seed: string;
  readonly bytes: number;
  readonly isGzip: boolean;
  readonly digest: Digest;
  readonly diffID: DiffID;
  readonly size: number;
}

/** The same layer on every machine with the same Node. */
export function peerLayer(seed: string, bytes: number, isGzip: boolean): { readonly layer: PeerLayer; readonly travelling: Buffer } {
  const tar = seededRandom(seed).bytes(bytes);
  const travelling = isGzip ? gzipSync(tar, { level: 1 }) : tar;
  return { travelling, layer: { seed, bytes, isGzip, digest: digestOf(travelling), diffID: diffIdOf(tar), size: travelling.length } };
}

function layerOf({ seed, bytes, isGzip, digest, diffID, size }: PeerLayer, origin: string | undefined): Layer {
  const compressed = async (): Promise<Readable> => {
    if (origin === undefined) return streamOf(piecesOf(peerLayer(seed, bytes, isGzip).travelling));
    return await new Promise((resolve, reject) => get(`${origin}/${digest}`, resolve).once('error', reject));
  };
  return {
    digest: async () => await Promise.resolve(digest),
    diffID: async () => await Promise.resolve(diffID),
    size: async () => await Promise.resolve(size),
    mediaType: async () => await Promise.resolve(isGzip ? MediaType.ociLayerGzip : MediaType.ociLayer),
    compressed,
    uncompressed: async () => await decompressed(await compressed()),
  };
}

async function* piecesOf(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let offset = 0; offset < bytes.length; offset += 64 * 1024) {
    await new Promise(setImmediate);
    yield bytes.subarray(offset, offset + 64 * 1024);
  }
}

async function run({ directory, layers, components, workers, origin, locks = true }: PeerTask): Promise<void> {
  const warn = (line: string): void => void process.stderr.write(`Warning: ${line}\n`);
  const parts = await chosenParts(process.env);
  const cache = directoryCache({ directory, warn, work: openWorkFolder(), parts: locks ? parts : { ...parts, lock: () => async () => await Promise.resolve(undefined) } });
  const tasks = Array.from({ length: components }, (_, component) => layers.map((_layer, index) => layers[(index + component) % layers.length] as PeerLayer)).flat();
  await mapConcurrently(tasks, workers, async (layer) => {
    await readLayer(layerOf(layer, origin), { cache, warn }, async (tar) => {
      for await (const _chunk of tar);
    });
  });
  await cache.close();
  process.stdout.write(`${JSON.stringify(cache.stats())}\n`);
}

if (process.env['CACHE_PEER_TASK'] !== undefined) await run(JSON.parse(process.env['CACHE_PEER_TASK']) as PeerTask);
