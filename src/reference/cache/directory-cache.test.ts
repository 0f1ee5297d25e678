// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { mkdir, open, readdir, readFile, readlink, rm, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../../foundation/seed.ts';
import { digestOf } from '../../oci/digest.ts';
import { readLayer } from '../read-layer.ts';
import { entryFiles, entryName } from './entry-files.ts';
import type { EntryKey } from './layer.ts';
import { safeParts } from './parts.ts';
import { prune } from './prune.ts';
import { bytes, digest, openTestDirectory, plain, readAll, type TestDirectory } from './test-directory.ts';
import { bytesOf, point, testLayer } from './test-layer.ts';
import { unfinishedName } from './unfinished.ts';

let base: string;
let directory: string;
let warnings: TestDirectory['warnings'];
let openCache: TestDirectory['openCache'];

beforeEach(async () => void ({ base, directory, warnings, openCache } = await openTestDirectory()));
afterEach(async () => await rm(base, { recursive: true }));

async function changeByteAt(path: string, offset: number): Promise<void> {
  await using file = await open(path, 'r+');
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, offset);
  await file.write(buffer.map((byte) => byte ^ 1), 0, 1, offset);
}

describe('directoryCache', () => {
  it('keeps the compressed form under its digest, the tar under its diffID, and nothing else', async () => {
    const layer = testLayer(bytes);
    expect(await readAll(openCache(), layer)).toBe(true);
    expect((await readdir(directory)).sort()).toEqual([digestOf(layer.travelling), digest].sort());
    expect((await readFile(join(directory, digest))).equals(bytes)).toBe(true);
    expect((await readFile(join(directory, digestOf(layer.travelling)))).equals(layer.travelling)).toBe(true);
    expect(await readAll(openCache(), layer)).toBe(true);
    expect(layer.fetched).toBe(1);
    expect(warnings).toEqual([]);
  });

  it('fetches once for caches on one directory that know nothing of each other', async () => {
    const middle = point();
    const layer = plain();
    layer.hold = async (offset) => void (offset === 100_000 && (await middle.reached));
    const reading = [openCache(), openCache(), openCache(join(base, 'ec', '..', 'ec', 'images'))].map(async (cache) => await readAll(cache, layer));
    middle.reach();
    expect(await Promise.all(reading)).toEqual([true, true, true]);
    expect(layer.fetched).toBe(1);
    expect(await readdir(directory)).toEqual([digest]);
  });

  it('shows nothing under an entry\'s name before all of it is there', async () => {
    const [middle, seen] = [point(), point()];
    const layer = plain();
    layer.hold = async (offset) => void (offset === 200_000 && (middle.reach(), await seen.reached));
    const reading = readAll(openCache(), layer);
    await middle.reached;
    while ((await readdir(directory).catch(() => [])).length === 0) await new Promise(setImmediate);
    expect(await readdir(directory)).toEqual([expect.stringMatching(/^sha256:[0-9a-f]{64}\.\d+\.[0-9a-f]{8}\.[0-9a-f]{12}\.tmp$/)]);
    seen.reach();
    expect(await reading).toBe(true);
  });

  it('names entries so that Windows takes them', () => {
    expect(entryName(digest, 'win32')).toBe(digest.replace(':', '-'));
    expect(entryName(digest, 'linux')).toBe(digest);
  });

  it('removes what a writer that is gone has left, and nobody else\'s', async () => {
    const dead = Number(execFileSync(process.execPath, ['--eval', 'console.log(process.pid)'], { encoding: 'utf8' }));
    const entry = join(directory, digest);
    // Of a writer elsewhere, whose number says nothing here, it is known how long ago it wrote.
    const [gone, mine, elsewhere, longAgo] = [unfinishedName(entry, dead), unfinishedName(entry), unfinishedName(entry, dead, '0'.repeat(8)), unfinishedName(entry, dead, '0'.repeat(8))];
    await mkdir(directory, { recursive: true });
    for (const file of [gone, mine, elsewhere, longAgo]) await writeFile(file, 'half');
    const twoDaysAgo = new Date(Date.now() - 48 * 3_600_000);
    await utimes(longAgo, twoDaysAgo, twoDaysAgo);
    expect(await readAll(openCache(), plain())).toBe(true);
    expect((await readdir(directory)).sort()).toEqual([entry, mine, elsewhere].map((path) => basename(path)).sort());
  });

  it('works without a directory that can not be made, with one warning', async () => {
    await writeFile(join(base, 'file'), '');
    const cache = openCache(join(base, 'file', 'images'));
    for (let turn = 0; turn < 2; turn += 1) expect(await readAll(cache, plain())).toBe(true);
    expect(warnings).toEqual([expect.stringContaining('ENOTDIR')]);
  });

  it.skipIf(process.platform !== 'linux' || process.getuid?.() !== 0)('works in a directory that is read-only, with one warning', async () => {
    await mkdir(directory, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', directory]);
    try {
      const cache = openCache();
      for (let turn = 0; turn < 2; turn += 1) expect(await readAll(cache, plain())).toBe(true);
      expect(warnings).toEqual([expect.stringContaining('EROFS')]);
    } finally {
      execFileSync('umount', [directory]);
    }
  });

  it.skipIf(process.platform !== 'linux' || process.getuid?.() !== 0)('works on a full disk, with one warning and nothing left', async () => {
    await mkdir(directory, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', directory]);
    try {
      const cache = openCache();
      const read = await Promise.all(Array.from({ length: 4 }, async () => await readAll(cache, plain())));
      expect(read).toEqual([true, true, true, true]);
      expect(warnings).toEqual([expect.stringContaining('ENOSPC')]);
      expect(await readdir(directory)).toEqual([]);
    } finally {
      execFileSync('umount', [directory]);
    }
  });

  it('fetches again what is taken away while somebody is about to read it', async () => {
    const cache = openCache();
    const layer = plain();
    expect(await readAll(cache, layer)).toBe(true);
    const stream = await (await cache.put(layer)).compressed();
    await rm(join(directory, digest));
    expect((await bytesOf(stream)).equals(bytes)).toBe(true);
  });

  it('goes on reading what is deleted while it is open', async () => {
    const long = testLayer(seededRandom('long').bytes(4_000_000), { isGzip: false });
    const cache = openCache();
    await readAll(cache, long);
    const stream = await (await cache.put(long)).compressed();
    const [first] = (await stream.iterator({ destroyOnReturn: false }).next()).value as Buffer;
    expect(first).toBe(long.tar[0]);
    await cache.delete(digestOf(long.tar));
    await bytesOf(stream);
    expect(await readdir(directory)).toEqual([]);
  });

  it('lets nobody see the end of an entry that was changed while it was read, and the validator reads past it', async () => {
    const long = seededRandom('long').bytes(24_000_000);
    const layer = testLayer(long, { isGzip: false });
    await readAll(openCache(), layer);
    const got: Buffer[][] = [];
    const isRight = await readLayer(layer, { cache: openCache(), warn: (line) => warnings.push(line) }, async (tar) => {
      const chunks: Buffer[] = [];
      got.push(chunks);
      for await (const chunk of tar as AsyncIterable<Buffer>) {
        chunks.push(chunk);
        // Behind what is read ahead, and in the first round alone.
        if (got.length === 1 && chunks.length === 1) await changeByteAt(join(directory, digestOf(long)), 23_900_000);
      }
      return Buffer.concat(chunks).equals(long);
    });
    expect([isRight, got.length, layer.fetched]).toEqual([true, 2, 2]);
    expect(warnings).toEqual([expect.stringContaining('was changed while it was read')]);
  });

  it('tells with an error which layer and which file it is about', async () => {
    const layer = plain();
    layer.hold = () => { throw new Error('reset'); };
    const failure = await readAll(openCache(), layer).catch((error: unknown) => error);
    expect(failure).toMatchObject({ message: `${digest} could not be fetched for ${join(directory, digest)}`, cause: { message: 'reset' } });
  });

  it('works with the names of Windows, and mends, deletes and prunes by them', async () => {
    const files = { ...entryFiles, nameOf: (key: EntryKey) => entryName(key, 'win32') };
    const cache = openCache(directory, { ...safeParts, files });
    const [layer, names] = [testLayer(bytes), async () => (await readdir(directory)).sort()];
    const expected = [layer.travelling, bytes].map((form) => `sha256-${digestOf(form).slice(7)}`).sort();
    expect(await readAll(cache, layer)).toBe(true);
    expect(await names()).toEqual(expected);
    for (const name of expected) await changeByteAt(join(directory, name), 1000);
    expect(await readAll(cache, layer)).toBe(true);
    expect([layer.fetched, await names()]).toEqual([2, expected]);
    await cache.delete(digestOf(bytes));
    expect(await prune(directory, { maxBytes: 0 })).toMatchObject({ removed: [`sha256-${digestOf(layer.travelling).slice(7)}`] });
    expect(await names()).toEqual([]);
  });

  it('has no file open in the end, whoever left in the middle', async () => {
    const cache = openCache();
    const broken = plain();
    broken.hold = (offset) => { if (offset === 200_000) throw new Error('reset'); };
    await readAll(cache, broken).catch(() => undefined);
    const stop = new AbortController();
    const streams = await Promise.all(Array.from({ length: 20 }, async (_, index) => await (await cache.put(plain())).compressed(index % 2 === 0 ? stop.signal : undefined)));
    const read = streams.map(async (stream, index) => {
      for await (const _chunk of stream) if (index % 4 === 3) break;
    });
    stop.abort();
    await Promise.allSettled(read);
    await cache.close();
    const open = (await Promise.all((await readdir('/proc/self/fd')).map(async (fd) => await readlink(`/proc/self/fd/${fd}`).catch(() => '')))).filter((path) => path.startsWith(directory));
    expect(open).toEqual([]);
    expect(await readdir(directory)).toEqual([digest]);
  });

});
