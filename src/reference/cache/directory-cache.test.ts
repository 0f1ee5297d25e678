// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../../foundation/seed.ts';
import { diffIdOf } from '../../oci/digest.ts';
import { openWorkFolder } from '../work-folder.ts';
import { directoryCache } from './directory-cache.ts';
import type { Layer, LayerCache, ReadTar } from './layer-cache.ts';

const bytes = seededRandom('directory-cache').bytes(300_000);
const diffID = diffIdOf(bytes);

let base: string;
let directory: string;
let warnings: string[];
let opened: number;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'cache-test-'));
  directory = join(base, 'ec', 'images');
  warnings = [];
  opened = 0;
});

afterEach(async () => {
  await rm(base, { recursive: true });
});

function openCache(at = directory): LayerCache {
  return directoryCache({ directory: at, warn: (line) => warnings.push(line), work: openWorkFolder() });
}

function layerOf(content: Buffer = bytes): Layer {
  return {
    diffID,
    open: async () => {
      opened += 1;
      const chunks = Array.from({ length: 10 }, (_, index) => content.subarray(index * 30_000, (index + 1) * 30_000));
      return Readable.from(chunks, { objectMode: false });
    },
  };
}

const readAll: ReadTar<Buffer> = async (tar) => Buffer.concat(await tar.toArray());
const readFirst: ReadTar<number> = async (tar) => {
  for await (const chunk of tar as AsyncIterable<Buffer>) return chunk.length;
  return 0;
};

describe('directoryCache', () => {
  it('downloads once, keeps the uncompressed tar under its diffID, and leaves nothing else', async () => {
    const cache = openCache();
    expect((await cache.read(layerOf(), readAll)).equals(bytes)).toBe(true);
    expect((await openCache().read(layerOf(), readAll)).equals(bytes)).toBe(true);
    expect(opened).toBe(1);
    expect(await readdir(directory)).toEqual([diffID]);
    expect((await readFile(join(directory, diffID))).equals(bytes)).toBe(true);
    expect(warnings).toEqual([]);
  });

  it('lets readers inside one process that come together share one download', async () => {
    const cache = openCache();
    const all = await Promise.all(Array.from({ length: 8 }, async () => await cache.read(layerOf(), readAll)));
    expect(all.every((one) => one.equals(bytes))).toBe(true);
    expect(opened).toBe(1);
  });

  it('verifies the rest for a reader that stops early', async () => {
    await expect(openCache().read(layerOf(), readFirst)).resolves.toBeGreaterThan(0);
    await writeFile(join(directory, diffID), bytes.subarray(0, 299_999));
    await expect(openCache().read(layerOf(), readFirst)).resolves.toBeGreaterThan(0);
    expect(opened).toBe(2);
  });

  const flipped = Buffer.from(bytes);
  flipped[150_000] = (flipped[150_000] ?? 0) ^ 1;
  const hostile: Record<string, (entry: string) => Promise<unknown>> = {
    'is empty': async (entry) => await writeFile(entry, ''),
    'is truncated': async (entry) => await writeFile(entry, bytes.subarray(0, 100_000)),
    'is too long': async (entry) => await writeFile(entry, Buffer.concat([bytes, Buffer.alloc(512)])),
    'has a bit flipped': async (entry) => await writeFile(entry, flipped),
    'is a folder': async (entry) => await mkdir(join(entry, 'inner'), { recursive: true }),
    'is a link out of the cache': async (entry) => {
      await writeFile(join(base, 'outside'), flipped);
      await symlink(join(base, 'outside'), entry);
    },
    'is a link to nowhere': async (entry) => await symlink(join(base, 'nowhere'), entry),
    'is a pipe': async (entry) => execFileSync('mkfifo', [entry]),
  };

  it.each(Object.keys(hostile))('replaces an entry that %s, with one warning', async (how) => {
    const entry = join(directory, diffID);
    await mkdir(directory, { recursive: true });
    await hostile[how]?.(entry);
    expect((await openCache().read(layerOf(), readAll)).equals(bytes)).toBe(true);
    expect(warnings).toHaveLength(1);
    expect(await readdir(directory)).toEqual([diffID]);
    expect((await readFile(entry)).equals(bytes)).toBe(true);
    if (how === 'is a link out of the cache') expect((await readFile(join(base, 'outside'))).equals(flipped)).toBe(true);
  });

  it('keeps nothing of a download that is not the layer, and says so', async () => {
    await expect(openCache().read(layerOf(flipped), readAll)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
    expect(await readdir(directory)).toEqual([]);
  });

  it('keeps nothing of a download that breaks off, passes its error on, and works afterwards', async () => {
    const broken = new Error('reset');
    const cache = openCache();
    const layer: Layer = {
      diffID,
      open: async () => Readable.from((async function* () {
        yield bytes.subarray(0, 1000);
        throw broken;
      })()),
    };
    await expect(cache.read(layer, readAll)).rejects.toBe(broken);
    expect(await readdir(directory)).toEqual([]);
    expect((await cache.read(layerOf(), readAll)).equals(bytes)).toBe(true);
  });

  it('passes on what a reader of right bytes throws, and keeps the entry', async () => {
    const refuse: ReadTar<never> = async () => {
      throw new Error('no tar');
    };
    await expect(openCache().read(layerOf(), refuse)).rejects.toThrow('no tar');
    expect(await readdir(directory)).toEqual([diffID]);
    expect(warnings).toEqual([]);
  });

  it('works without a directory that can not be made, with one warning', async () => {
    await writeFile(join(base, 'file'), '');
    const cache = openCache(join(base, 'file', 'images'));
    for (let turn = 0; turn < 2; turn += 1) {
      expect((await cache.read(layerOf(), readAll)).equals(bytes)).toBe(true);
    }
    expect(warnings).toHaveLength(1);
  });
});
