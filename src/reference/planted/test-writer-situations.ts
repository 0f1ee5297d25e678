// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { unfinishedName } from '../cache/unfinished.ts';
import { content, heldAt, onDisk, plain, read, within, type Bench, type Situation } from './test-bench.ts';
import { holdFileCall } from './test-file-hook.ts';

/** All that readers got, and what lies there in the end; `right` only if all of it is. */
async function sum(bench: Bench, ...got: readonly string[]): Promise<string> {
  const wrong = [...got.filter((one) => one !== 'right'), ...(await bench.wrongFiles())];
  return wrong.length === 0 ? 'right' : wrong.join('; ');
}

/** One has written half of the entry when another one wants it. */
const halfWritten: Situation = async (bench) => {
  const held = heldAt(200_000);
  const leader = read(bench.open(), held.layer);
  await onDisk(bench.directory, 200_000);
  const { cache, locking } = bench.openObserved();
  const follower = read(cache, plain());
  await Promise.race([follower, locking]);
  held.go();
  return await sum(bench, await leader, await follower);
};

interface TwoPlaces {
  readonly leader: number;
  readonly follower: number;
  /** How that looks on disk, where both write: a download that has got so far is not yet a file that has. */
  readonly onDisk: readonly [bytes: number, files: number];
}

/** Both write, and have got so far when one of them goes on to its end, then the other one. */
function twoWriters(places: TwoPlaces, last: 'leader' | 'follower'): Situation {
  return async (bench) => {
    const [one, two] = [heldAt(places.leader), heldAt(places.follower)];
    const leader = read(bench.open(), one.layer);
    await onDisk(bench.directory, places.leader);
    const { cache, locking } = bench.openObserved();
    const follower = read(cache, two.layer);
    await (bench.isBuggy ? onDisk(bench.directory, ...places.onDisk) : locking);
    const [first, second] = last === 'leader' && bench.isBuggy ? [two, one] : [one, two];
    first.go();
    await (first === one ? leader : follower);
    second.go();
    const got = [await leader, await follower];
    return await sum(bench, ...got, await read(bench.open(), plain()));
  };
}

/** The number of a process that has ended. */
function endedProcess(): number {
  return Number(execFileSync(process.execPath, ['--eval', 'console.log(process.pid)'], { encoding: 'utf8' }));
}

export const writerSituations: Readonly<Record<string, Situation>> = {
  'in-place-write': halfWritten,
  'killed-writers-file-adopted': async (bench) => {
    await mkdir(bench.directory, { recursive: true });
    await writeFile(unfinishedName(bench.entry, endedProcess()), content.subarray(0, 100_000));
    return await sum(bench, await read(bench.open(), plain()));
  },
  'broken-download-published': async (bench) => {
    const layer = plain();
    layer.hold = (offset) => {
      if (offset === 200_000) throw new Error('reset');
    };
    const cache = bench.open();
    await read(cache, layer);
    await cache.close();
    return await sum(bench, await read(bench.open(), plain()));
  },
  'publish-refuses-existing': twoWriters({ leader: 300_000, follower: 300_000, onDisk: [300_000, 2] }, 'follower'),
  'shared-temporary-name': twoWriters({ leader: 200_000, follower: 100_000, onDisk: [100_000, 1] }, 'follower'),
  'lock-dropped-early': twoWriters({ leader: 200_000, follower: 100_000, onDisk: [100_000, 1] }, 'follower'),
  'lock-outside-the-cache': twoWriters({ leader: 200_000, follower: 100_000, onDisk: [100_000, 1] }, 'follower'),
  'append-after-publish': twoWriters({ leader: 200_000, follower: 300_000, onDisk: [500_000, 1] }, 'leader'),
  // Two have to be stopped: one that knows of the entry, and one that is about to replace it.
  'delete-then-rename': async (bench) => {
    const [one, two] = [heldAt(300_000), heldAt(300_000)];
    const leader = read(bench.open(), one.layer);
    await onDisk(bench.directory, 300_000);
    const { cache, locking } = bench.openObserved();
    const follower = read(cache, two.layer);
    await (bench.isBuggy ? two.reached : locking);
    one.go();
    const first = await leader;
    if (!bench.isBuggy) await follower;
    const opening = holdFileCall('open', /[0-9a-f]{64}$/);
    const replacing = holdFileCall('rename', /\.tmp$/);
    const reader = read(bench.open(), plain());
    await opening.reached;
    two.go();
    if (bench.isBuggy) await replacing.reached;
    opening.go();
    const third = await reader;
    replacing.go();
    return await sum(bench, first, third, await follower);
  },
  'removes-others-unfinished': twoWriters({ leader: 200_000, follower: 100_000, onDisk: [100_000, 1] }, 'follower'),
  'write-error-ignored': async (bench) => {
    await mkdir(bench.directory, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', bench.directory]);
    try {
      const first = await read(bench.open(), plain());
      return await sum(bench, first, await read(bench.open(), plain()));
    } finally {
      execFileSync('umount', [bench.directory]);
    }
  },
  'temporary-on-another-disk': async (bench) => {
    const copying = holdFileCall(bench.isBuggy ? 'appendFile' : 'rename', /sha256/, bench.isBuggy ? 2 : 1);
    const leader = read(bench.open(), plain());
    await copying.reached;
    const { cache, locking } = bench.openObserved();
    const follower = read(cache, plain());
    await Promise.race([follower, locking]);
    copying.go();
    return await sum(bench, await follower, await leader);
  },
  'stale-lock-file': async (bench) => {
    await mkdir(bench.directory, { recursive: true });
    await writeFile(`${bench.entry}.lock`, '');
    const stop = new AbortController();
    const cache = bench.open();
    const got = await within(bench.isBuggy ? 300 : 60_000, read(cache, plain(), stop.signal));
    stop.abort();
    await cache.close();
    return got;
  },
  'one-lock-for-all': async (bench) => {
    const held = heldAt(200_000);
    const leader = read(bench.open(), held.layer);
    await onDisk(bench.directory, 200_000);
    const other = read(bench.open(), plain(Buffer.from('another layer')));
    const got = await within(bench.isBuggy ? 300 : 60_000, other);
    held.go();
    await Promise.all([leader, other]);
    return got;
  },
  'impatient-waiter': async (bench) => {
    const held = heldAt(200_000);
    const leader = read(bench.open(), held.layer);
    await onDisk(bench.directory, 200_000);
    const { cache, locking } = bench.openObserved();
    const follower = read(cache, plain());
    await (bench.isBuggy ? follower : locking);
    held.go();
    return await sum(bench, await leader, await follower);
  },
};
