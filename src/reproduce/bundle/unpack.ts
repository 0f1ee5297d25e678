// SPDX-License-Identifier: Apache-2.0
import { constants } from 'node:fs';
import { mkdir, open, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { StampedeError } from '../../foundation/errors.ts';
import { visible } from '../../foundation/visible.ts';
import { digestOf } from '../../oci/digest.ts';
import { readTar, type TarEntry, type TarLimits } from '../../oci/tar.ts';
import { indexFile, indexOf, refused, type BundleIndex } from './index-file.ts';

/** A bundle of a run that floods its output is far below. */
export const limits = { packedBytes: 64 * 1024 * 1024, entryBytes: 64 * 1024 * 1024, totalBytes: 256 * 1024 * 1024, entries: 201 } as const satisfies TarLimits & { readonly packedBytes: number };

/**
 * Takes a bundle apart into a folder, which must not be there yet. Each entry is a plain file that the index names, by its size and digest; whatever else there is
 * refuses the whole of it, and the folder is removed.
 * @throws StampedeError BUNDLE_INVALID, REPORT_INVALID
 */
export async function unpack(file: string, folder: string, most: typeof limits | (TarLimits & { readonly packedBytes: number }) = limits): Promise<BundleIndex> {
  await using packed = await openPacked(file, most.packedBytes);
  await mkdir(folder, { mode: 0o700 });
  try {
    return await entriesInto(folder, packed, most);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    if (error instanceof StampedeError && (error.code === 'BUNDLE_INVALID' || error.code === 'REPORT_INVALID')) throw error;
    throw refused(reasonOf(error));
  }
}

/** As a bundle's, in words that a person can use. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it can\'t be read';
  if ('code' in error && (error.code === 'Z_DATA_ERROR' || error.code === 'Z_BUF_ERROR')) return `it is no gzip file, or is damaged (${visible(error.message)})`;
  return visible(error.message.replace('the layer\'s tar is refused: ', '').replace('leaves the image', 'leaves the folder'));
}

async function openPacked(file: string, packedBytes: number): Promise<FileHandle> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause: unknown) => {
    throw new StampedeError('BUNDLE_INVALID', `no bundle can be read from ${file}`, { cause, hint: 'give the file that npm run reproduce has written' });
  });
  const found = await handle.stat();
  if (found.isFile() && found.size <= packedBytes) return handle;
  await handle.close();
  throw refused(found.isFile() ? `it has ${found.size} bytes, and no bundle has more than ${packedBytes}` : 'it is not a file');
}

async function entriesInto(folder: string, packed: FileHandle, most: TarLimits): Promise<BundleIndex> {
  // Who reads is told of what is wrong with it: the stream is destroyed with its error.
  const tar = pipeline(packed.createReadStream({ autoClose: false }), createGunzip(), () => undefined);
  let index: BundleIndex | undefined;
  const left = new Map<string, BundleIndex['files'][number]>();
  for await (const entry of readTar(tar, most)) {
    if (entry.type !== 'file') throw refused(`${JSON.stringify(visible(entry.path))} is a ${entry.type}, not a file`);
    if (index === undefined) {
      if (entry.path !== indexFile) throw refused(`it does not begin with ${indexFile}`);
      index = indexOf(await bytesOf(entry));
      for (const one of index.files) left.set(one.path, one);
      if (left.size < index.files.length) throw refused('its index names a file twice');
      continue;
    }
    const expected = left.get(entry.path);
    if (expected === undefined) throw refused(`it has ${JSON.stringify(visible(entry.path))}, which its index does not name, or twice`);
    left.delete(entry.path);
    await keep(folder, expected, await bytesOf(entry));
  }
  if (index === undefined) throw refused('it is empty');
  const [missing] = left.keys();
  if (missing !== undefined) throw refused(`it lacks ${missing}`);
  return index;
}

async function keep(folder: string, { path, size, digest }: BundleIndex['files'][number], bytes: Buffer): Promise<void> {
  if (bytes.length !== size || digestOf(bytes) !== digest) throw refused(`${path} is not what its index promises`);
  const target = join(folder, path);
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  await writeFile(target, bytes, { flag: 'wx', mode: 0o600 });
}

async function bytesOf({ content }: TarEntry): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}
