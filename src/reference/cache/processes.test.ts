// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ended, openPeers, peerLayers, well, type Peers } from './test-peers.ts';

const layers = peerLayers(50);
const only = { layers: layers.slice(1, 2).map(({ layer }) => layer) };
let peers: Peers;

beforeEach(async () => (peers = await openPeers(layers)));
afterEach(async () => await peers[Symbol.asyncDispose]());

/** Lets the first download stand half-way until it is let go, and tells when it stands. */
function holdFirstHalfway(): { readonly reached: Promise<void>; readonly go: () => void } {
  let [reach, go] = [(): void => undefined, (): void => undefined];
  const reached = new Promise<void>((resolve) => (reach = resolve));
  peers.hold = (response, bytes, nth) => {
    if (nth > 1) return false;
    go = () => void response.end(bytes.subarray(100_000));
    return response.write(bytes.subarray(0, 100_000), () => reach()) !== undefined;
  };
  return { reached, go: () => go() };
}

async function fileAppears(): Promise<void> {
  while ((await readdir(peers.directory).catch(() => [])).length === 0) await new Promise(setImmediate);
}

describe('processes on one directory', () => {
  it('fetch each layer once: 8 processes, 25 components each, 5 shared layers', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, async () => await ended(peers.start({ components: 25 }))));
    expect(all).toEqual(Array.from({ length: 8 }, () => well));
    expect([...peers.asked.values()]).toEqual([1, 1, 1, 1, 1]);
    expect(await peers.entriesAreRight()).toBe(true);
  }, 30_000);

  it('give right bytes without locks too, with more downloads', async () => {
    const all = await Promise.all(Array.from({ length: 4 }, async () => await ended(peers.start({ components: 5, locks: false }))));
    expect(all).toEqual(Array.from({ length: 4 }, () => well));
    expect(await peers.entriesAreRight()).toBe(true);
  });

  it('take over at once from one that is killed while it downloads', async () => {
    const half = holdFirstHalfway();
    const first = peers.start(only);
    await half.reached;
    const others = [peers.start(only), peers.start(only)].map(ended);
    await fileAppears();
    first.kill('SIGKILL');
    expect(await Promise.all(others)).toEqual([well, well]);
    expect([...peers.asked.values()]).toEqual([2]);
    expect(await readdir(peers.directory)).toEqual([layers[1]?.made.digest]);
  });

  it('work with 64 open files each, and 50 layers asked for at once', async () => {
    const task = { layers: layers.map(({ layer }) => layer), components: 2, workers: 100 };
    const all = await Promise.all(Array.from({ length: 3 }, async () => await ended(peers.start(task, 'ulimit -n 64;'))));
    expect(all).toEqual(Array.from({ length: 3 }, () => well));
    expect(Math.max(...peers.asked.values())).toBe(1);
    expect(await peers.entriesAreRight()).toBe(true);
  }, 30_000);
});

const canUnshare = spawnSync('unshare', ['-n', '-p', '-f', 'true']).status === 0;

// As two containers on one volume, or two machines on one network file system: neither sees the other's locks, nor
// whether its processes live.
describe.skipIf(!canUnshare)('processes that do not see each other', () => {
  const apart = 'unshare -n -p -f --kill-child';
  /** With a process number that the other one's space does not have. */
  const apartAndLater = `${apart} /bin/sh -c 'for turn in $(seq 100); do /bin/true; done; "$0" "$@"; exit $?'`;

  it('each fetch, leave the other\'s unfinished file alone, and both get and keep what is right', async () => {
    const half = holdFirstHalfway();
    const first = ended(peers.start(only, apartAndLater));
    await half.reached;
    await fileAppears();
    expect(await ended(peers.start(only, apart))).toEqual(well);
    half.go();
    expect(await first).toEqual(well);
    expect([...peers.asked.values()]).toEqual([2]);
    expect(await readdir(peers.directory)).toEqual([layers[1]?.made.digest]);
    expect(await peers.entriesAreRight()).toBe(true);
  });

  it('fetch all layers, often, and give right bytes', async () => {
    const all = await Promise.all(Array.from({ length: 3 }, async () => await ended(peers.start({ components: 5 }, apart))));
    expect(all).toEqual(Array.from({ length: 3 }, () => well));
    expect(await peers.entriesAreRight()).toBe(true);
    expect(await readdir(peers.directory)).toHaveLength(8);
  });
});
