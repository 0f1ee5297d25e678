// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFile, mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { monotonicMs } from '../../foundation/clock.ts';
import { digestOf } from '../../oci/digest.ts';
import { directoryLock } from './entry-lock.ts';

const [key, other] = [digestOf(Buffer.from('one')), digestOf(Buffer.from('two'))];
const never = new AbortController().signal;
let base: string;
let directory: string;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'entry-lock-'));
  directory = join(base, 'images');
});

afterEach(async () => await rm(base, { recursive: true }));

async function elapsed(work: () => Promise<unknown>): Promise<number> {
  const began = monotonicMs();
  await work();
  return monotonicMs() - began;
}

describe('directoryLock', () => {
  it('is held by one at a time, whatever path leads to the directory', async () => {
    await mkdir(directory);
    await symlink(directory, join(base, 'link'));
    const paths = [directory, join(base, 'link'), join(base, 'images', '..', 'images')];
    const locks = Array.from({ length: 30 }, (_, index) => directoryLock({ directory: paths[index % 3] ?? '', patienceMs: 60_000 }));
    let [holders, most, turns] = [0, 0, 0];
    await Promise.all(locks.map(async (lock) => {
      const unlock = await lock(key, never);
      most = Math.max(most, (holders += 1));
      await new Promise(setImmediate);
      holders -= 1;
      turns += unlock === undefined ? 0 : 1;
      await unlock?.();
    }));
    expect([most, turns]).toEqual([1, 30]);
  });

  it.skipIf(process.getuid?.() !== 0 || process.platform !== 'linux')('is the same through a bind mount', async () => {
    const elsewhere = join(base, 'elsewhere');
    await Promise.all([mkdir(directory), mkdir(elsewhere)]);
    execFileSync('mount', ['--bind', directory, elsewhere]);
    try {
      const unlock = await directoryLock({ directory, patienceMs: 60_000 })(key, never);
      expect(await directoryLock({ directory: elsewhere, patienceMs: 0 })(key, never)).toBeUndefined();
      await unlock?.();
    } finally {
      execFileSync('umount', [elsewhere]);
    }
  });

  it('is one for each entry', async () => {
    const lock = directoryLock({ directory, patienceMs: 60_000 });
    const held = [await lock(key, never), await lock(other, never)];
    for (const unlock of held) await unlock?.();
    expect(held).not.toContain(undefined);
  });

  it('is not waited for by who gave up', async () => {
    const lock = directoryLock({ directory, patienceMs: 60_000 });
    const unlock = await lock(key, never);
    const stop = new AbortController();
    const waiting = lock(key, stop.signal);
    stop.abort();
    expect(await waiting).toBeUndefined();
    await unlock?.();
  });

  it('is done without where the directory can not be made', async () => {
    await writeFile(directory, '');
    expect(await directoryLock({ directory: join(directory, 'below'), patienceMs: 60_000 })(key, never)).toBeUndefined();
  });

  it('is waited for as long as something gets ahead in the directory', async () => {
    const holder = directoryLock({ directory, patienceMs: 60_000 });
    const unlock = await holder(key, never);
    const unfinished = join(directory, 'entry.tmp');
    await writeFile(unfinished, '');
    let growing = true;
    const writing = (async () => {
      while (growing) {
        await appendFile(unfinished, 'more');
        await new Promise(setImmediate);
      }
    })();
    const patienceMs = 200;
    const began = monotonicMs();
    const waiting = directoryLock({ directory, patienceMs })(key, never);
    while (monotonicMs() - began < 5 * patienceMs) await new Promise(setImmediate);
    await unlock?.();
    const got = await waiting;
    growing = false;
    await writing;
    expect(got).toBeDefined();
    await got?.();
  });
});

// Whoever is on the machine can listen at any name.
describe.skipIf(process.platform !== 'linux')('a name that somebody else listens at', () => {
  const squat = async (keys: readonly string[], meet: (socket: Socket) => void): Promise<AsyncDisposable> => {
    await mkdir(directory, { recursive: true });
    const { dev, ino } = await stat(directory, { bigint: true });
    const sockets = new Set<Socket>();
    const servers = keys.map((one) => createServer((socket) => {
      sockets.add(socket.on('error', () => undefined));
      meet(socket);
    }).listen(`\0layer-cache-${createHash('sha256').update(`${dev}:${ino}:${one}`).digest('hex').slice(0, 40)}`));
    return {
      [Symbol.asyncDispose]: async () => {
        for (const socket of sockets) socket.destroy();
        await Promise.all(servers.map(async (server) => await new Promise((resolve) => server.close(resolve))));
      },
    };
  };
  const patienceMs = 500;

  const manners: Readonly<Record<string, (socket: Socket) => void>> = {
    'says nothing': () => undefined,
    'sends for ever': (socket) => void setInterval(() => socket.write('x'), 5).unref(),
    'drops everybody': (socket) => void socket.destroy(),
  };

  it.each(Object.entries(manners))('and %s is waited for once, whatever entry is wanted', async (_how, meet) => {
    await using _squatter = await squat([key, other], meet);
    const lock = directoryLock({ directory, patienceMs });
    const first = await elapsed(async () => expect(await lock(key, never)).toBeUndefined());
    const second = await elapsed(async () => expect(await lock(other, never)).toBeUndefined());
    expect(first).toBeGreaterThanOrEqual(patienceMs - 5);
    expect(second).toBeLessThan(patienceMs / 2);
  });
});
