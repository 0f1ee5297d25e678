// SPDX-License-Identifier: Apache-2.0
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { content, heldAt, onDisk, other, plain, read, type Bench, type Situation } from './test-bench.ts';
import { fileHook, holdFileCall } from './test-file-hook.ts';

/** An entry that was kept must not be fetched again. */
async function keptStill(bench: Bench): Promise<string> {
  const layer = plain(other);
  await read(bench.open(), layer);
  return layer.fetched === 0 ? 'right' : 'fetched again';
}

/** An entry of these bytes lies there before. */
function preplaced(bytes: Buffer): Situation {
  return async (bench) => {
    await mkdir(bench.directory, { recursive: true });
    await writeFile(bench.entry, bytes);
    return await read(bench.open(), plain());
  };
}

const flipped = Buffer.from(content);
flipped[150_000] = (flipped[150_000] ?? 0) ^ 1;

export const entrySituations: Readonly<Record<string, Situation>> = {
  'index-read-before-download': async (bench) => {
    const held = heldAt(200_000);
    const leader = read(bench.open(), held.layer);
    await onDisk(bench.directory, 200_000);
    await read(bench.open(), plain(other));
    held.go();
    await leader;
    return await keptStill(bench);
  },
  'index-changed-without-lock': async (bench) => {
    const writing = holdFileCall(bench.isBuggy ? 'writeFile' : 'rename', /./);
    const leader = read(bench.open(), plain());
    await writing.reached;
    await read(bench.open(), plain(other));
    writing.go();
    await leader;
    return await keptStill(bench);
  },
  'size-published-first': async (bench) => {
    const publishing = holdFileCall('rename', /\.tmp$/);
    const leader = read(bench.open(), plain());
    await publishing.reached;
    const { cache, locking } = bench.openObserved();
    const follower = read(cache, plain());
    await Promise.race([follower, locking]);
    publishing.go();
    return [await leader, await follower].find((got) => got !== 'right') ?? 'right';
  },
  'stat-then-open': async (bench) => {
    await read(bench.open(), plain());
    let isFirst = true;
    fileHook.current = (call, path) => {
      if (call !== 'open' || path !== bench.entry || !isFirst) return undefined;
      isFirst = false;
      return rm(path);
    };
    return await read(bench.open(), plain());
  },
  'evicts-what-others-use': async (bench) => {
    await read(bench.open(), plain());
    const stream = await (await bench.open().put(plain())).compressed();
    await read(bench.open(), plain(other));
    const got = await stream.toArray().then((chunks: Buffer[]) => Buffer.concat(chunks).equals(content), (error: Error) => error.message);
    return got === true ? 'right' : String(got);
  },
  'no-verification': preplaced(flipped),
  'age-instead-of-content': preplaced(content.subarray(0, 100_000)),
  'any-error-is-a-miss': async (bench) => {
    await mkdir(bench.entry, { recursive: true });
    const got = await read(bench.open(), plain());
    return got === 'right' && bench.warnings.length === 0 ? 'nobody was told' : got;
  },
  'key-without-digest': async (bench) => {
    await read(bench.open(), plain(other));
    return await read(bench.open(), plain());
  },
  'windows-name': async (bench) => {
    const platform = Object.getOwnPropertyDescriptor(process, 'platform') ?? {};
    try {
      Object.defineProperty(process, 'platform', { ...platform, value: 'win32' });
      const name = basename(bench.entryOf(content));
      return await Promise.resolve(name.includes(':') ? name : 'right');
    } finally {
      Object.defineProperty(process, 'platform', platform);
    }
  },
};
