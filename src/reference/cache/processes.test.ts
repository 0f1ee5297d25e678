// SPDX-License-Identifier: Apache-2.0
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { toolOrSkip } from '../../foundation/tools.ts';
import { digestOf } from '../../oci/digest.ts';
import { buildReference } from '../../reference-build.ts';
import { makeLayer, type PeerTask } from '../cache-peer.ts';

/** A server of layers that counts, and may hold one of them half-way. */
interface Origin {
  readonly url: string;
  readonly asked: Map<string, number>;
  hold: ((response: ServerResponse, bytes: Buffer, nth: number) => boolean) | undefined;
}

const strace = toolOrSkip('strace');
const layers = Array.from({ length: 50 }, (_, index) => {
  const layer = { seed: `layer-${index}`, bytes: 200_000, isGzip: index % 2 === 0 };
  return { layer, ...makeLayer(layer) };
});
let server: Server;
let origin: Origin;
let program: string;
let directory: string;
const running: ChildProcess[] = [];

beforeAll(async () => {
  const outFile = join(fileURLToPath(new URL('../../..', import.meta.url)), 'dist', 'reference', 'cache-peer-test.mjs');
  program = await buildReference({ outFile, variant: 'test', program: 'cache-peer' });
  server = createServer((request, response) => {
    const digest = (request.url ?? '').slice(1);
    const bytes = layers.find((layer) => layer.digest === digest)?.travelling ?? Buffer.alloc(0);
    const nth = (origin.asked.get(digest) ?? 0) + 1;
    origin.asked.set(digest, nth);
    if (origin.hold?.(response, bytes, nth) !== true) response.end(bytes);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterAll(() => server.close().closeAllConnections());

beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'cache-processes-')), 'images');
  origin = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked: new Map(), hold: undefined };
});

afterEach(async () => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
  await rm(join(directory, '..'), { recursive: true });
});

function start(task: Partial<PeerTask>, before = ''): ChildProcess {
  const whole: PeerTask = { directory, layers: layers.slice(0, 5).map(({ layer }) => layer), components: 1, workers: 5, origin: origin.url, ...task };
  const env = { ...process.env, CACHE_PEER_TASK: JSON.stringify(whole) };
  const child = spawn('/bin/sh', ['-c', `${before.includes('exec ') ? before : `${before} exec`} "$0" "$1"`, process.execPath, program], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  running.push(child);
  return child;
}

async function ended(child: ChildProcess): Promise<{ readonly status: number | null; readonly errors: string }> {
  const [errors, [status]] = await Promise.all([text(child.stderr as NodeJS.ReadableStream), once(child, 'close') as Promise<[number | null]>]);
  return { status, errors };
}

async function entriesAreRight(): Promise<boolean> {
  const names = await readdir(directory);
  const digests = await Promise.all(names.map(async (name) => digestOf(await readFile(join(directory, name)))));
  return names.every((name, index) => name === digests[index]);
}

const well = { status: 0, errors: '' };

describe('processes on one directory', () => {
  it('fetch each layer once: 8 processes, 25 components each, 5 shared layers', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, async () => await ended(start({ components: 25 }))));
    expect(all).toEqual(Array.from({ length: 8 }, () => well));
    expect([...origin.asked.values()]).toEqual([1, 1, 1, 1, 1]);
    expect(await entriesAreRight()).toBe(true);
  }, 30_000);

  it('give right bytes without locks too, with more downloads', async () => {
    const all = await Promise.all(Array.from({ length: 4 }, async () => await ended(start({ components: 5, locks: false }))));
    expect(all).toEqual(Array.from({ length: 4 }, () => well));
    expect(await entriesAreRight()).toBe(true);
  });

  it('take over at once from one that is killed while it downloads', async () => {
    let reached = (): void => undefined;
    const half = new Promise<void>((resolve) => (reached = resolve));
    origin.hold = (response, bytes, nth) => nth === 1 && response.write(bytes.subarray(0, 100_000), reached) !== undefined;
    const only = { layers: layers.slice(1, 2).map(({ layer }) => layer) };
    const first = start(only);
    await half;
    const others = [start(only), start(only)].map(ended);
    while ((await readdir(directory)).length === 0) await new Promise(setImmediate);
    first.kill('SIGKILL');
    expect(await Promise.all(others)).toEqual([well, well]);
    expect([...origin.asked.values()]).toEqual([2]);
    expect(await readdir(directory)).toEqual([layers[1]?.digest]);
  });

  it.skipIf(strace === undefined).each([['rename', 'EACCES', 1], ['rename', 'EROFS', 1], ['rename', 'EIO', 1]])('go on without the cache when %s fails with %s, with one warning and nothing left', async (call, error, first) => {
    const one = { layers: layers.slice(1, 2).map(({ layer }) => layer), workers: 1 };
    const { status, errors } = await ended(start(one, `UV_THREADPOOL_SIZE=1 exec strace -f -qq -o /dev/null -e trace=${call} -e inject=${call}:error=${error}:when=${first}+`));
    expect(status).toBe(0);
    expect(errors).toMatch(new RegExp(`^Warning: .*can't be written.*${error}.*\n$`));
    expect(await readdir(directory)).toEqual([]);
  });

  it('go on without the cache when there are no more files to open, with one warning', async () => {
    const warned: string[] = [];
    // How many files a program has open by itself is another number on every system.
    for (let limit = 16; limit <= 32; limit += 1) {
      const { status, errors } = await ended(start({ layers: layers.slice(0, 2).map(({ layer }) => layer), origin: '' }, `ulimit -n ${limit};`));
      if (status === 0 && errors !== '') warned.push(errors);
    }
    expect(warned.length).toBeGreaterThan(0);
    for (const errors of warned) expect(errors).toMatch(/^Warning: .*going on without it: EMFILE.*\n$/);
    expect(await entriesAreRight()).toBe(true);
  });

  it('work with 64 open files each, and 50 layers asked for at once', async () => {
    const task = { layers: layers.map(({ layer }) => layer), components: 2, workers: 100 };
    const all = await Promise.all(Array.from({ length: 3 }, async () => await ended(start(task, 'ulimit -n 64;'))));
    expect(all).toEqual(Array.from({ length: 3 }, () => well));
    expect(Math.max(...origin.asked.values())).toBe(1);
    expect(await entriesAreRight()).toBe(true);
  }, 30_000);
});
