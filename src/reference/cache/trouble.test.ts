// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toolOrSkip } from '../../foundation/tools.ts';
import { ended, openPeers, peerLayers, well, type Peers } from './test-peers.ts';

// Whatever a directory does, a process that uses it comes to the right end and says one thing about it. What it read is
// verified by itself: it ends with status 1 when a layer was not what it should be.

const layers = peerLayers(5);
const oneWarning = (what: string): unknown => ({ status: 0, errors: expect.stringMatching(new RegExp(`^Warning: [^\n]*going on without it[^\n]*${what}[^\n]*\n$`)) as string });
const strace = toolOrSkip('strace');
const isRoot = process.getuid?.() === 0;
/** Root may read and write whatever the modes say, unless it gives that right up. */
const unprivileged = isRoot ? 'setpriv --bounding-set -dac_override,-dac_read_search' : '';
let peers: Peers;

beforeEach(async () => (peers = await openPeers(layers)));
afterEach(async () => await peers[Symbol.asyncDispose]());

/** Every entry is there. */
async function fill(): Promise<readonly string[]> {
  expect(await ended(peers.start())).toEqual(well);
  return (await readdir(peers.directory)).map((name) => join(peers.directory, name));
}

describe('without permission', () => {
  it('to make the directory', async () => {
    await chmod(join(peers.directory, '..'), 0o555);
    expect(await ended(peers.start({}, unprivileged))).toEqual(oneWarning('EACCES'));
    await chmod(join(peers.directory, '..'), 0o755);
  });

  it('to write', async () => {
    await mkdir(peers.directory, { mode: 0o555 });
    expect(await ended(peers.start({}, unprivileged))).toEqual(oneWarning('EACCES'));
    expect(await readdir(peers.directory)).toEqual([]);
  });

  it('to write, but to read what is there', async () => {
    await fill();
    await chmod(peers.directory, 0o555);
    expect(await ended(peers.start({}, unprivileged))).toEqual(well);
    expect(Math.max(...peers.asked.values())).toBe(1);
    await chmod(peers.directory, 0o755);
  });

  it.each([['cold', false], ['warm', true]])('at all, %s', async (_how, isWarm) => {
    await (isWarm ? fill() : mkdir(peers.directory));
    await chmod(peers.directory, 0);
    expect(await ended(peers.start({}, unprivileged))).toEqual(oneWarning('EACCES'));
    await chmod(peers.directory, 0o755);
  });

  it('to read entries, which are replaced then', async () => {
    for (const entry of await fill()) await chmod(entry, 0);
    expect(await ended(peers.start({}, unprivileged))).toEqual(oneWarning('EACCES'));
    expect(await ended(peers.start({}, unprivileged))).toEqual(well);
    expect([...peers.asked.values()]).toEqual(layers.map(() => 2));
  });
});

describe.skipIf(!isRoot || process.platform !== 'linux')('on a small file system', () => {
  it.each([['ro', 'EROFS'], ['size=128k', 'ENOSPC'], ['size=700k', 'ENOSPC']])('mounted with %s', async (option, error) => {
    await mkdir(peers.directory);
    execFileSync('mount', ['-t', 'tmpfs', '-o', option, 'tmpfs', peers.directory]);
    try {
      expect(await ended(peers.start({ components: 3 }))).toEqual(oneWarning(error));
      expect(await peers.entriesAreRight()).toBe(true);
    } finally {
      execFileSync('umount', [peers.directory]);
    }
  });
});

describe.skipIf(strace === undefined)('when the system answers', () => {
  const answering = (calls: string, error: string, more = ''): string => `strace -E UV_THREADPOOL_SIZE=1 -f -qq -o /dev/null -e trace=${calls} -e inject=${calls}:error=${error} ${more}`;

  it.each([['rename', 'EACCES'], ['rename', 'EROFS'], ['rename', 'EIO'], ['mkdir', 'EACCES']] as const)('%s with %s', async (call, error) => {
    expect(await ended(peers.start({}, answering(call, error)))).toEqual(oneWarning(error));
    expect(await readdir(peers.directory).catch(() => [])).toEqual([]);
  });

  // Twice: while an entry is looked at, and when it is read by who asked.
  it.each([
    ['statx', 'EIO', ''], ['openat', 'EIO', ''], ['openat', 'EMFILE', ''], ['openat', 'ENFILE', ':when=2+'], ['read,pread64', 'EIO', ''], ['read,pread64', 'EIO', ':when=2+'], ['close', 'EIO', ''],
  ])('%s of entries with %s%s', async (calls, error, when) => {
    const entries = await fill();
    const paths = entries.map((path) => `-P ${path}`).join(' ');
    const end = await ended(peers.start({}, answering(calls, `${error}${when}`, paths)));
    expect(end).toEqual(oneWarning(error));
    expect(await peers.entriesAreRight()).toBe(true);
  });
});

describe('without files to open', () => {
  it.each([['cold', false], ['warm', true]])('goes on, %s', async (_how, isWarm) => {
    if (isWarm) await fill();
    const warned: unknown[] = [];
    // How many files a program has open by itself is another number on every system.
    for (let limit = 16; limit <= 32; limit += 1) {
      const end = await ended(peers.start({ origin: '' }, `ulimit -n ${limit};`));
      if (end.status === 0 && end.errors !== '') warned.push(end);
    }
    expect(warned.length).toBeGreaterThan(0);
    for (const end of warned) expect(end).toEqual(oneWarning('EMFILE'));
    expect(await peers.entriesAreRight()).toBe(true);
  }, 60_000);
});
