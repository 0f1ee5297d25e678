// SPDX-License-Identifier: Apache-2.0
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDoor, type Door } from '../src/faults/door.ts';
import { createGateKeeper } from '../src/faults/gate-keeper.ts';
import { root } from '../src/foundation/root.ts';
import { openRecorder } from '../src/history/recorder.ts';
import { median } from './median.ts';

export interface ProxyThroughput {
  readonly directMiBps: number;
  readonly proxiedMiBps: number;
  readonly ratio: number;
  /** How much the process with the door grew at most while bytes went through it. */
  readonly rssGrowthMiB: number;
}

const mebibyte = 1024 * 1024;
const rounds = 3;
const peer = join(root, 'bench', 'proxy-peer.ts');

export interface ProxyLoad {
  readonly bytes: number;
  /** What the client does with the bytes: every client of a registry verifies the digest, a counter shows the bare cost. */
  readonly reader: 'verifies' | 'counts';
}

/** Streams `bytes` from one process to another, directly and through a door in this process, by turns; medians. */
export async function measureProxy({ bytes, reader }: ProxyLoad): Promise<ProxyThroughput> {
  const folder = await mkdtemp(join(tmpdir(), 'stampede-bench-'));
  const origin = start('origin');
  try {
    const { port } = await told<{ readonly port: number }>(origin);
    const upstream = `http://127.0.0.1:${port}`;
    const recorder = openRecorder(join(folder, 'history.ndjson'));
    const gates = createGateKeeper([], { participants: [], recorder });
    await using door = await openDoor({ participant: 'bench', upstream, hosts: ['registry.local'], recorder, gates });
    return await measure({ bytes, reader, upstream, door });
  } finally {
    origin.kill();
    await rm(folder, { recursive: true });
  }
}

interface Measurement extends ProxyLoad {
  readonly upstream: string;
  readonly door: Door;
}

async function measure({ bytes, reader, upstream, door }: Measurement): Promise<ProxyThroughput> {
  const path = `v2/bench/blobs/${bytes}`;
  const direct: number[] = [];
  const proxied: number[] = [];
  const before = process.memoryUsage.rss();
  let highest = before;
  const sampler = setInterval(() => (highest = Math.max(highest, process.memoryUsage.rss())), 10);
  for (let round = 0; round < rounds; round += 1) {
    direct.push(await receive(bytes, [`${upstream}/${path}`, reader]));
    proxied.push(await receive(bytes, [`http://registry.local/${path}`, reader, door.url]));
  }
  clearInterval(sampler);
  const [directMiBps, proxiedMiBps] = [median(direct), median(proxied)];
  return { directMiBps, proxiedMiBps, ratio: proxiedMiBps / directMiBps, rssGrowthMiB: (highest - before) / mebibyte };
}

/** MiB a second as the receiving process saw them. */
async function receive(expected: number, addresses: readonly string[]): Promise<number> {
  const { bytes, durationMs } = await told<{ readonly bytes: number; readonly durationMs: number }>(start('client', ...addresses));
  if (bytes !== expected) throw new Error(`${bytes} of ${expected} bytes came through`);
  return bytes / mebibyte / (durationMs / 1000);
}

/** The first message; a process that ends without one has failed. */
async function told<Message>(child: ChildProcess): Promise<Message> {
  const ended = once(child, 'exit').then(([status]) => {
    throw new Error(`the process at the other end ended with ${status}`);
  });
  const [message] = (await Promise.race([once(child, 'message'), ended])) as [Message];
  ended.catch(() => undefined);
  return message;
}

function start(...words: readonly string[]): ChildProcess {
  return fork(peer, words, { execArgv: ['--import', import.meta.resolve('tsx')] });
}
