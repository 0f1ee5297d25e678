// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { constants, readFileSync } from 'node:fs';
import { lstat, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { hexOf } from '../../oci/digest.ts';
import type { WorkFolder } from '../work-folder.ts';
import type { EntryKey } from './layer.ts';

/** The directory can't take an entry, although its bytes were fine. */
export class CacheUnwritable extends Error {}

/** An entry that was there is not there any more. */
export class EntryGone extends Error {}

/** Something lies under an entry's name, and it can't be read as a file. */
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
  /** @throws EntryUnreadable */
  has(path: string): Promise<boolean>;
  /** @throws EntryUnreadable; undefined where there is no such file */
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
    const temporary = `${path}.${process.pid}.${randomBytes(6).toString('hex')}.tmp`;
    return await createWriter({ temporary, flags: 'wx', publish: async () => await replace(temporary, path), work });
  },
  remove: async (path) => await rm(path, { recursive: true, force: true }),
};

async function isThere(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return false;
      throw new EntryUnreadable(error.message, { cause: error });
    },
  );
}

/** Follows no link and waits on no pipe. */
async function openEntry(path: string): Promise<Readable | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw new EntryUnreadable(error.message, { cause: error });
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

/** Files that a writer of this entry left when it was killed. */
async function removeOrphans(path: string): Promise<void> {
  const names = await readdir(dirname(path)).catch(() => []);
  const orphans = names.filter((name) => name.startsWith(`${basename(path)}.`) && isOrphan(name));
  await Promise.all(orphans.map(async (name) => await rm(join(dirname(path), name), { force: true }).catch(() => undefined)));
}

/** True for the name of an unfinished file whose writer is not there any more. */
export function isOrphan(name: string): boolean {
  const [, pid] = /\.(\d+)\.[0-9a-f]{12}\.tmp$/.exec(name) ?? [];
  return pid !== undefined && !isAlive(Number(pid));
}

/** A process that was killed and not yet taken note of by its parent writes nothing any more. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  try {
    return !/^\d+ \(.*\) [ZX] /s.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return true;
  }
}

async function orUnwritable<T>(action: Promise<T>): Promise<T> {
  return await action.catch((cause: unknown) => {
    throw new CacheUnwritable(cause instanceof Error ? cause.message : String(cause), { cause });
  });
}
