// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { EntryKey } from './layer.ts';

/** Gives a lock back; undefined where it could not be had and the caller goes on without. */
export type Unlock = (() => Promise<void>) | undefined;

/** How the writers of one entry take turns. */
export type EntryLock = (key: EntryKey, signal: AbortSignal) => Promise<Unlock>;

export interface DirectoryLockOptions {
  readonly directory: string;
  /** How long a holder that lives but does not let go is waited for while nothing in the directory gets ahead. */
  readonly patienceMs: number;
}

/**
 * A lock that the kernel takes back when its holder dies: who listens at a name of this machine holds it, who is
 * connected there waits, asleep, and wakes in the moment the listener is gone. Nothing lies in the directory, so
 * nothing can be left there. It saves downloads and does nothing for the bytes: where it can't be had (a file system
 * shared with another machine, no free file descriptor, somebody who keeps the name) the caller works without it, and
 * who waited in vain does not wait again.
 */
export function directoryLock({ directory, patienceMs }: DirectoryLockOptions): EntryLock {
  let patience = patienceMs;
  return async (key, signal) => {
    const address = await addressOf(directory, key).catch(() => undefined);
    let progress: string | undefined;
    let deadline = 0;
    while (address !== undefined && !signal.aborted) {
      const outcome = await listen(address);
      if (outcome === 'impossible') break;
      if (outcome !== 'taken') return outcome.letGo;
      if (performance.now() >= deadline) {
        const seen = await progressIn(directory);
        if (seen === progress) patience = 0;
        if (patience === 0) break;
        progress = seen;
        deadline = performance.now() + patience;
      }
      await holderGone(address, { signal, waitMs: deadline - performance.now() });
    }
    return undefined;
  };
}

/** Changes whenever a file is added or an unfinished one grows: somebody who may write there works. */
async function progressIn(directory: string): Promise<string> {
  const names = await readdir(directory).catch(() => []);
  const sizes = names.map(async (name) => (name.endsWith('.tmp') ? `${name} ${await stat(join(directory, name)).then(({ size }) => size, () => 0)}` : name));
  return (await Promise.all(sizes)).sort().join();
}

interface Held {
  readonly letGo: () => Promise<void>;
}

/** Two paths to one directory give one address. Abstract on Linux, a pipe on Windows, else a socket in the temp folder. */
async function addressOf(directory: string, key: EntryKey): Promise<string> {
  await mkdir(directory, { recursive: true });
  const { dev, ino } = await stat(directory, { bigint: true });
  const name = `layer-cache-${createHash('sha256').update(`${dev}:${ino}:${key}`).digest('hex').slice(0, 40)}`;
  if (process.platform === 'linux') return `\0${name}`;
  return process.platform === 'win32' ? `\\\\.\\pipe\\${name}` : join(tmpdir(), name);
}

/** Whoever waits is told by the end of its connection, once the name is free. */
async function listen(address: string): Promise<Held | 'taken' | 'impossible'> {
  const waiters = new Set<Socket>();
  const server = createServer((waiter) => {
    waiters.add(waiter);
    waiter.on('error', () => undefined).on('close', () => waiters.delete(waiter)).resume();
  });
  const letGo = async (): Promise<void> =>
    await new Promise((resolve) => {
      server.close(() => resolve());
      for (const waiter of waiters) waiter.destroy();
    });
  return await new Promise((resolve) => {
    server.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'EADDRINUSE' ? 'taken' : 'impossible'));
    server.listen({ path: address, exclusive: true }, () => resolve({ letGo }));
  });
}

/** Resolves when the one who holds the address let go of it, died, or was waited for long enough. */
async function holderGone(address: string, { signal, waitMs }: { readonly signal: AbortSignal; readonly waitMs: number }): Promise<void> {
  const began = performance.now();
  await new Promise<void>((resolve) => {
    const connection = connect({ path: address });
    const timer = setTimeout(() => connection.destroy(), waitMs);
    const stop = (): void => void connection.destroy();
    signal.addEventListener('abort', stop, { once: true });
    connection.on('error', ({ code }: NodeJS.ErrnoException) => {
      // A socket file that a dead holder left; on Linux and Windows there is none.
      if (code === 'ECONNREFUSED' && !address.startsWith('\0')) void rm(address, { force: true });
    });
    connection.resume().on('close', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      resolve();
    });
  });
  // A holder without free file descriptors drops who connects, at once: ask it again, but not without a breath.
  if (performance.now() - began < 2) await delay(10);
}
