// SPDX-License-Identifier: Apache-2.0
import type { CallFamily } from '../history/event.ts';

/** The system's calls of each family, on any architecture: https://man7.org/linux/man-pages/man2/syscalls.2.html */
const callsOf: Readonly<Record<CallFamily, readonly string[]>> = {
  look: ['stat', 'lstat', 'newfstatat', 'statx', 'access', 'faccessat', 'faccessat2', 'getdents64'],
  open: ['open', 'openat', 'openat2'],
  read: ['read', 'pread64', 'readv', 'preadv'],
  create: ['open', 'openat', 'openat2', 'creat', 'mkdir', 'mkdirat'],
  write: ['write', 'pwrite64', 'writev', 'pwritev', 'ftruncate', 'truncate', 'copy_file_range', 'sendfile', 'fallocate'],
  sync: ['fsync', 'fdatasync', 'sync_file_range'],
  close: ['close'],
  rename: ['rename', 'renameat', 'renameat2', 'link', 'linkat', 'symlink', 'symlinkat'],
  remove: ['unlink', 'unlinkat', 'rmdir'],
  lock: ['flock', 'fcntl'],
};

/** For strace, those of `create` that make a folder. */
export const folderCalls = '?mkdir,?mkdirat';

export const callFamilies = Object.keys(callsOf) as readonly CallFamily[];

/** Families that change something on disk, or decide who may. */
export const changingFamilies: readonly CallFamily[] = ['create', 'write', 'sync', 'close', 'rename', 'remove', 'lock'];

/** For strace: the question mark is for those that this architecture does not have. */
export function callNames(families: readonly CallFamily[]): string {
  return [...new Set(families.flatMap((family) => callsOf[family]))].map((name) => `?${name}`).join();
}

/** Opening is of two families, by its flags. */
export function familyOf(name: string, words: string): CallFamily | undefined {
  if (callsOf.open.includes(name)) return /\bO_(?:CREAT|WRONLY|RDWR|TRUNC)\b/.test(words) ? 'create' : 'open';
  if (name === 'fcntl' && !/\bF_(?:OFD_)?SETLKW?\b/.test(words)) return undefined;
  return callFamilies.find((family) => callsOf[family].includes(name));
}
