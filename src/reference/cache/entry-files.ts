// SPDX-License-Identifier: Apache-2.0
import { constants } from 'node:fs';
import { lstat, open, rename, rm, type FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { hexOf } from '../../oci/digest.ts';
import type { WorkFolder } from '../work-folder.ts';
import type { EntryKey } from './layer.ts';
import { removeOrphans, unfinishedName } from './unfinished.ts';

/** The directory can't take an entry, although its bytes were fine. */
export class CacheUnwritable extends Error {}

/** An entry that was there is not there any more. */
export class EntryGone extends Error {}

/** Something lies under an entry's name that is no file. */
export class EntryUnreadable extends Error {}

/** Puts the bytes of one entry on disk: any number of `write`, then either `commit` or `discard`. */
export interface EntryWriter {
  write(chunk: Buffer): Promise<void>;
  /** Afterwards the entry is there, whole. */
  commit(): Promise<void>;
  /** Afterwards nothing of it is there. Never throws. */
  discard(): Promise<void>;
}

/** How entries lie in a directory, and how they get there and back. */
export interface EntryFiles {
  nameOf(key: EntryKey): string;
  /** @throws what the system answers, unless it is that there is no such file */
  has(path: string): Promise<boolean>;
  /** @throws EntryUnreadable; what the system answers. Undefined where there is no such file. */
  open(path: string): Promise<Readable | undefined>;
  /** @throws CacheUnwritable, here and from what it gives */
  create(path: string, work: WorkFolder): Promise<EntryWriter>;
  remove(path: string): Promise<void>;
}

/** The name of an entry in go-containerregistry's filesystem cache; a colon is not legal on Windows. */
export function entryName(key: EntryKey, platform: NodeJS.Platform = process.platform): string {
  return platform === 'win32' ? `sha256-${hexOf(key)}` : key;
}

/** An entry's name never stands for anything but the whole entry: bytes go to a file of their own beside it first. */
export const entryFiles: EntryFiles = {
  nameOf: (key) => entryName(key),
  open: openEntry,
  has: isThere,
  create: async (path, work) => {
    await removeOrphans(path);
    const temporary = unfinishedName(path);
    return await createWriter({ temporary, flags: 'wx', publish: async () => await replace(temporary, path), work });
  },
  remove: async (path) => await rm(path, { recursive: true, force: true }),
};

async function isThere(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return false;
      throw error;
    },
  );
}

/** Follows no link and waits on no pipe. */
async function openEntry(path: string): Promise<Readable | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error.code === 'ELOOP' || error.code === 'ENXIO' ? new EntryUnreadable(error.message, { cause: error }) : error;
  });
  if (file === undefined) return undefined;
  if ((await file.stat()).isFile()) return file.createReadStream({ highWaterMark: chunkBytes });
  await file.close();
  throw new EntryUnreadable(`${path} is not a regular file`);
}

const chunkBytes = 1024 * 1024;

export interface WriterOptions {
  /** Where the bytes go before they are published. */
  readonly temporary: string;
  readonly flags: 'wx' | 'w' | 'a';
  readonly publish: () => Promise<void>;
  readonly work: WorkFolder;
}

/** @throws CacheUnwritable */
export async function createWriter({ temporary, flags, publish, work }: WriterOptions): Promise<EntryWriter> {
  const forget = work.removeAtEnd(temporary);
  const file = await orUnwritable(open(temporary, flags, 0o644)).catch((error: unknown) => {
    forget();
    throw error;
  });
  return {
    write: async (chunk) => await orUnwritable(writeAll(file, chunk)),
    commit: async () => {
      await orUnwritable(file.close());
      await orUnwritable(publish());
      forget();
    },
    discard: async () => {
      await file.close().catch(() => undefined);
      await rm(temporary, { force: true }).catch(() => undefined);
      forget();
    },
  };
}

/** A system call may take less than it was given. */
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
