// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { devNull } from 'node:os';
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
  /** The socket where `GET /<digest>` gives a layer, for processes in other networks too; without it, or empty, the bytes are made here. */
  readonly origin?: string;
  /** False: processes take no turns. */
  readonly locks?: boolean;
  /** So many times a file is opened, written and closed before it begins: that tells the thread which works with files, when there is one, from the others by counting calls. */
  readonly callsBefore?: number;
}

/** Stands for the same bytes on every machine with the same Node. */
export interface PeerLayer {
  readonly seed: string;
  readonly bytes: number;
  readonly isGzip: boolean;
}

export interface MadeLayer {
  readonly digest: Digest;
  readonly diffID: DiffID;
  readonly travelling: Buffer;
}

export function makeLayer({ seed, bytes, isGzip }: PeerLayer): MadeLayer {
  const tar = seededRandom(seed).bytes(bytes);
  const travelling = isGzip ? gzipSync(tar, { level: 1 }) : tar;
  return { travelling, digest: digestOf(travelling), diffID: diffIdOf(tar) };
}

function layerOf({ digest, diffID, travelling }: MadeLayer, isGzip: boolean, origin: string | undefined): Layer {
  const compressed = async (): Promise<Readable> => {
    if (origin === undefined || origin === '') return streamOf(piecesOf(travelling));
    return await new Promise((resolve, reject) => get({ socketPath: origin, path: `/${digest}` }, resolve).once('error', reject));
  };
  return {
    digest: async () => await Promise.resolve(digest),
    diffID: async () => await Promise.resolve(diffID),
    size: async () => await Promise.resolve(travelling.length),
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

async function run({ directory, layers, components, workers, origin, locks = true, callsBefore = 0 }: PeerTask): Promise<void> {
  const warn = (line: string): void => void process.stderr.write(`Warning: ${line}\n`);
  const parts = await chosenParts(process.env);
  const cache = directoryCache({ directory, warn, work: openWorkFolder(), parts: locks ? parts : { ...parts, lock: () => async () => await Promise.resolve(undefined) } });
  const made = layers.map((layer) => layerOf(makeLayer(layer), layer.isGzip, origin));
  // Each component begins with another layer.
  const tasks = Array.from({ length: components }, (_, component) => [...made.slice(component % made.length), ...made.slice(0, component % made.length)]).flat();
  for (let call = 0; call < callsBefore; call += 1) await writeFile(devNull, 'call');
  process.stdout.write('begin\n');
  await mapConcurrently(tasks, workers, async (layer) => {
    await readLayer(layer, { cache, warn }, async (tar) => {
      for await (const _chunk of tar);
    });
  });
  await cache.close();
  process.stdout.write(`${JSON.stringify(cache.stats())}\n`);
}

if (process.env['CACHE_PEER_TASK'] !== undefined) {
  void run(JSON.parse(process.env['CACHE_PEER_TASK']) as PeerTask).catch((error: unknown) => {
    process.stderr.write(`Error: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
}
