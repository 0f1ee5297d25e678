// SPDX-License-Identifier: Apache-2.0
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { digestOf } from '../../oci/digest.ts';
import { buildReference } from '../../reference-build.ts';
import { makeLayer, type MadeLayer, type PeerLayer, type PeerTask } from '../cache-peer.ts';

/** Holds a response, the `nth` for that layer, when it returns true. */
export type HoldResponse = (response: ServerResponse, bytes: Buffer, nth: number) => boolean;

/** A server of layers that counts, a cache directory, and processes that use both. */
export interface Peers extends AsyncDisposable {
  readonly directory: string;
  /** How often each layer was asked for, by digest. */
  readonly asked: ReadonlyMap<string, number>;
  hold: HoldResponse | undefined;
  /** Starts a process; `before` is what a shell does first: a limit that ends with a semicolon, or programs that run it. */
  start(task?: Partial<PeerTask>, before?: string): ChildProcess;
  entriesAreRight(): Promise<boolean>;
}

export interface PeerLayers {
  readonly layer: PeerLayer;
  readonly made: MadeLayer;
}

/** Every second one of them compressed. */
export function peerLayers(count: number, bytes = 200_000): readonly PeerLayers[] {
  return Array.from({ length: count }, (_, index) => {
    const layer = { seed: `layer-${index}`, bytes, isGzip: index % 2 === 0 };
    return { layer, made: makeLayer(layer) };
  });
}

export async function openPeers(layers: readonly PeerLayers[]): Promise<Peers> {
  const outFile = join(fileURLToPath(new URL('../../..', import.meta.url)), 'dist', 'reference', 'cache-peer-test.cjs');
  const program = await buildReference({ outFile, variant: 'test', program: 'cache-peer' });
  const folder = await mkdtemp(join(tmpdir(), 'cache-processes-'));
  const [directory, origin] = [join(folder, 'images'), join(folder, 'origin')];
  const asked = new Map<string, number>();
  const running: ChildProcess[] = [];
  const server = createServer((request, response) => {
    const digest = (request.url ?? '').slice(1);
    const bytes = layers.find(({ made }) => made.digest === digest)?.made.travelling ?? Buffer.alloc(0);
    const nth = (asked.get(digest) ?? 0) + 1;
    asked.set(digest, nth);
    if (peers.hold?.(response, bytes, nth) !== true) response.end(bytes);
  }).listen(origin);
  await once(server, 'listening');
  const peers: Peers = {
    directory,
    asked,
    hold: undefined,
    start: (task = {}, before = '') => {
      const whole: PeerTask = { directory, layers: layers.slice(0, 5).map(({ layer }) => layer), components: 1, workers: 5, origin, ...task };
      const env = { ...process.env, CACHE_PEER_TASK: JSON.stringify(whole) };
      const first = before.endsWith(';') ? `${before} exec` : `exec ${before}`;
      const child = spawn('/bin/sh', ['-c', `${first} "$0" "$1"`, process.execPath, program], { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
      running.push(child);
      return child;
    },
    entriesAreRight: async () => {
      const names = await readdir(directory);
      const digests = await Promise.all(names.map(async (name) => digestOf(await readFile(join(directory, name)))));
      return names.every((name, index) => name === digests[index]);
    },
    [Symbol.asyncDispose]: async () => {
      for (const { pid, exitCode, signalCode } of running) if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, 'SIGKILL');
      server.close().closeAllConnections();
      await rm(folder, { recursive: true });
    },
  };
  return peers;
}

export interface PeerEnd {
  readonly status: number | null;
  readonly errors: string;
}

/** For one that went well and had nothing to say. */
export const well: PeerEnd = { status: 0, errors: '' };

export async function ended(child: ChildProcess): Promise<PeerEnd> {
  const [errors, [status]] = await Promise.all([text(child.stderr as NodeJS.ReadableStream), once(child, 'close') as Promise<[number | null]>]);
  return { status, errors };
}
