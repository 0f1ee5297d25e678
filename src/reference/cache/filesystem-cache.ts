// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { lstat, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { MediaType } from '../../oci/manifest.ts';
import type { WorkFolder } from '../work-folder.ts';
import { decompressed } from './decompress.ts';
import { CacheUnwritable, entryFiles, EntryGone, type EntryFiles } from './entry-files.ts';
import { namesOf, type Cache, type EntryKey, type Layer } from './layer.ts';
import { streamOf } from './streams.ts';

export interface FilesystemCacheOptions {
  readonly directory: string;
  readonly work: WorkFolder;
  readonly files?: EntryFiles;
}

/**
 * Layers as files in one directory, in the layout of go-containerregistry's filesystem cache: the compressed form
 * under its digest, the uncompressed one under its diffID. Does not look at what the bytes are, and fetches as often
 * as it is asked: `safeCache` is for that.
 */
export function filesystemCache({ directory, work, files = entryFiles }: FilesystemCacheOptions): Cache {
  const pathOf = (key: EntryKey): string => join(directory, files.nameOf(key));
  const storing = async (key: EntryKey, source: Readable): Promise<Readable> => {
    await makeDirectory(directory);
    return streamOf(stored(source, pathOf(key), { files, work }));
  };
  return {
    get: async (key) => ((await files.has(pathOf(key))) ? entryLayer(pathOf(key), { key, files }) : undefined),
    put: async (layer) => ({
      ...namesOf(layer),
      compressed: async (signal) => await storing(await layer.digest(), await layer.compressed(signal)),
      uncompressed: async (signal) => await storing(await layer.diffID(), await layer.uncompressed(signal)),
    }),
    delete: async (key) => await files.remove(pathOf(key)),
  };
}

/** Passes the bytes on and keeps them on the way; the entry is there before the stream ends. */
async function* stored(source: Readable, path: string, { files, work }: { readonly files: EntryFiles; readonly work: WorkFolder }): AsyncGenerator<Buffer> {
  const writer = await files.create(path, work);
  let isWhole = false;
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      await writer.write(chunk);
      yield chunk;
    }
    await writer.commit();
    isWhole = true;
  } finally {
    if (!isWhole) await writer.discard();
    source.destroy();
  }
}

/** What lies in a file, whatever it is; its names are those of its bytes. */
function entryLayer(path: string, { key, files }: { readonly key: EntryKey; readonly files: EntryFiles }): Layer {
  const bytes = async (): Promise<Readable> => {
    const opened = await files.open(path);
    if (opened === undefined) throw new EntryGone(`the entry of ${key} is gone`);
    return opened;
  };
  return {
    digest: async () => await hashOf(await bytes()),
    diffID: async () => (await hashOf(await decompressed(await bytes()))) as string as Awaited<ReturnType<Layer['diffID']>>,
    size: async () => (await lstat(path)).size,
    mediaType: async () => ((await isGzip(await bytes())) ? MediaType.ociLayerGzip : MediaType.ociLayer),
    compressed: bytes,
    uncompressed: async () => await decompressed(await bytes()),
  };
}

async function hashOf(stream: Readable): Promise<Awaited<ReturnType<Layer['digest']>>> {
  const hash = createHash('sha256');
  for await (const chunk of stream as AsyncIterable<Buffer>) hash.update(chunk);
  return `sha256:${hash.digest('hex')}` as Awaited<ReturnType<Layer['digest']>>;
}

async function isGzip(stream: Readable): Promise<boolean> {
  for await (const chunk of stream as AsyncIterable<Buffer>) return chunk[0] === 0x1f && chunk[1] === 0x8b;
  return false;
}

async function makeDirectory(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true }).catch((error: unknown) => {
    throw new CacheUnwritable(error instanceof Error ? error.message : String(error), { cause: error });
  });
}
