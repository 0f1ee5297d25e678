// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { hexOf, type DiffID } from '../../oci/digest.ts';
import type { WorkFolder } from '../work-folder.ts';
import type { Layer } from './layer-cache.ts';
import { verified } from './verify.ts';

/** The cache directory can't take an entry, although the download was fine. */
export class CacheUnwritable extends Error {}

/** What lies under an entry's name can't be read as a file. */
export class EntryUnreadable extends Error {}

/** The name of an entry in go-containerregistry's filesystem cache; a colon is not legal on Windows. */
export function entryName(diffID: DiffID, platform: NodeJS.Platform = process.platform): string {
  return platform === 'win32' ? `sha256-${hexOf(diffID)}` : diffID;
}

/**
 * The bytes of an entry, whatever they are; undefined where there is none. Follows no link and waits on no pipe.
 * @throws EntryUnreadable, at once or while the bytes are read
 */
export async function openEntry(path: string): Promise<AsyncIterable<Buffer> | undefined> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw new EntryUnreadable(error.message, { cause: error });
  });
  if (file === undefined || (await file.stat()).isFile()) return file === undefined ? undefined : bytesOf(file);
  await file.close();
  throw new EntryUnreadable('not a regular file');
}

async function* bytesOf(file: FileHandle): AsyncGenerator<Buffer> {
  try {
    yield* file.createReadStream();
  } catch (error) {
    throw new EntryUnreadable(String(error), { cause: error });
  }
}

/**
 * Streams a layer into a file of its own beside the entry, verifies it on the way, and renames it into place, so
 * that the entry's name never stands for anything but the whole layer.
 * @throws CacheUnwritable; StampedeError DIGEST_MISMATCH; what opening and reading the layer threw
 */
export async function writeEntry(path: string, layer: Layer, work: WorkFolder): Promise<void> {
  const temporary = `${path}.${process.pid}.${randomBytes(6).toString('hex')}.tmp`;
  const forget = work.removeAtEnd(temporary);
  try {
    const file = await orUnwritable(open(temporary, 'wx', 0o644));
    try {
      for await (const chunk of verified(await layer.open(), layer.diffID)) await orUnwritable(writeAll(file, chunk));
    } finally {
      await orUnwritable(file.close());
    }
    await orUnwritable(replace(temporary, path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  } finally {
    forget();
  }
}

async function writeAll(file: FileHandle, chunk: Buffer): Promise<void> {
  for (let offset = 0; offset < chunk.length; ) offset += (await file.write(chunk, offset)).bytesWritten;
}

/** A rename replaces a file or a link, but not a folder that took the entry's name. */
async function replace(temporary: string, path: string): Promise<void> {
  await rename(temporary, path).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EISDIR' && error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    await rm(path, { recursive: true, force: true });
    await rename(temporary, path);
  });
}

async function orUnwritable<T>(action: Promise<T>): Promise<T> {
  return await action.catch((cause: unknown) => {
    throw new CacheUnwritable(cause instanceof Error ? cause.message : String(cause), { cause });
  });
}
