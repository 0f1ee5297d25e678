// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import * as cacache from 'cacache';
import { directoryCache } from '../src/reference/cache/directory-cache.ts';
import type { Layer } from '../src/reference/cache/layer.ts';
import type { SafeCache } from '../src/reference/cache/safe-cache.ts';
import { openWorkFolder } from '../src/reference/work-folder.ts';
import type { DiffID, Digest } from '../src/oci/digest.ts';
import { peakRssOf } from '../src/foundation/process-table.ts';

/** What one process is to do, and with which layers; it answers with milliseconds and its peak of memory. */
export interface CacheTask {
  readonly kind: 'digests' | 'loop' | 'put' | 'hit' | 'read' | 'cacache-put' | 'cacache-get' | 'components';
  readonly directory: string;
  readonly layers: readonly BenchLayer[];
  /** For `components`: how many, each with all layers that are not its own. */
  readonly components?: number;
}

export interface BenchLayer {
  readonly seed: number;
  readonly bytes: number;
  readonly digest: string;
}

const block = Buffer.alloc(64 * 1024, 'layer');

/** Cheap to make, and other bytes for every seed. */
async function* bytesOf({ seed, bytes }: Pick<BenchLayer, 'seed' | 'bytes'>): AsyncGenerator<Buffer> {
  for (let offset = 0; offset < bytes; offset += block.length) {
    const chunk = Buffer.from(block.subarray(0, Math.min(block.length, bytes - offset)));
    chunk.writeInt32LE(seed, 0);
    chunk.writeDoubleLE(offset, 4);
    yield await Promise.resolve(chunk);
  }
}

let fetched = 0;

function layerOf(layer: BenchLayer): Layer {
  const compressed = async (): Promise<Readable> => {
    fetched += 1;
    // Chunks as a socket gives them.
    return await Promise.resolve(Readable.from(bytesOf(layer), { objectMode: false, highWaterMark: block.length }));
  };
  return {
    digest: async () => await Promise.resolve(layer.digest as Digest),
    diffID: async () => await Promise.resolve(layer.digest as DiffID),
    size: async () => await Promise.resolve(layer.bytes),
    mediaType: async () => await Promise.resolve('application/vnd.oci.image.layer.v1.tar'),
    compressed,
    uncompressed: compressed,
  };
}

async function digestOf(layer: BenchLayer): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of bytesOf(layer)) hash.update(chunk);
  return `sha256:${hash.digest('hex')}`;
}

/** What anybody would write first: read, hash, write, one after the other. */
async function loop({ directory, layers }: CacheTask): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const layer of layers) {
    await using file = await open(join(directory, layer.digest), 'w');
    const hash = createHash('sha256');
    for await (const chunk of (await layerOf(layer).compressed()) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      await file.write(chunk);
    }
    if (`sha256:${hash.digest('hex')}` !== layer.digest) throw new Error('wrong bytes');
  }
}

async function drain(stream: Readable): Promise<void> {
  for await (const _chunk of stream);
}

function openCache(directory: string): SafeCache {
  return directoryCache({ directory, warn: (line) => process.stderr.write(`${line}\n`), work: openWorkFolder() });
}

async function put(cache: SafeCache, layer: BenchLayer): Promise<void> {
  await drain(await (await cache.put(layerOf(layer))).compressed());
}

async function components({ directory, layers, components: count = 0 }: CacheTask): Promise<void> {
  const cache = openCache(directory);
  const queue = Array.from({ length: count }, (_, component) => component).values();
  const shared = layers.filter(({ seed }) => seed >= 0);
  const worker = async (): Promise<void> => {
    for (const component of queue) {
      for (const layer of shared) await put(cache, layer);
      const own = layers.find(({ seed }) => seed === -1 - component);
      if (own !== undefined) await put(cache, own);
    }
  };
  await Promise.all(Array.from({ length: 25 }, worker));
}

async function perform(task: CacheTask): Promise<unknown> {
  const { kind, directory, layers } = task;
  const integrity = (digest: string): string => `sha256-${Buffer.from(digest.slice(7), 'hex').toString('base64')}`;
  switch (kind) {
    case 'digests':
      return await Promise.all(layers.map(digestOf));
    case 'loop':
      return await loop(task);
    case 'put':
    case 'hit': {
      const cache = openCache(directory);
      for (const layer of layers) await put(cache, layer);
      return;
    }
    case 'read':
      for (const layer of layers) {
        await using file = await open(join(directory, layer.digest));
        await drain(file.createReadStream({ autoClose: false, highWaterMark: 128 * 1024 }));
      }
      return;
    case 'cacache-put':
      for (const layer of layers) {
        const stream = cacache.put.stream(directory, layer.digest, { integrity: integrity(layer.digest), algorithms: ['sha256'] }) as Writable & { promise(): Promise<void> };
        (await layerOf(layer).compressed()).pipe(stream);
        await stream.promise();
      }
      return;
    case 'cacache-get':
      for (const layer of layers) await drain(cacache.get.stream.byDigest(directory, integrity(layer.digest)) as unknown as Readable);
      return;
    case 'components':
      return await components(task);
  }
}

process.once('message', (task: CacheTask) => {
  const began = performance.now();
  void perform(task).then((answer) => {
    const milliseconds = performance.now() - began;
    process.send?.({ answer, milliseconds, fetched, peakBytes: peakRssOf(process.pid) ?? 0 });
    process.disconnect();
  });
});
process.send?.('ready');
