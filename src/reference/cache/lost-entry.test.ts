// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../../foundation/seed.ts';
import { digestOf } from '../../oci/digest.ts';
import { openWorkFolder } from '../work-folder.ts';
import { directoryCache } from './directory-cache.ts';
import { entryFiles, type EntryFiles } from './entry-files.ts';
import { safeParts } from './parts.ts';
import type { SafeCache } from './safe-cache.ts';
import { streamOf } from './streams.ts';
import { bytesOf, testLayer } from './test-layer.ts';

// A hit is read twice: once before anybody gets it, once by who asked. What befalls the entry in between or in the
// middle of the second pass must not reach the reader.

const long = seededRandom('lost-entry').bytes(4_000_000);
const entry = digestOf(long);
let directory: string;
let warnings: string[];

beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'lost-entry-')), 'images');
  warnings = [];
  await bytesOf((await openCache().put(testLayer(long, { isGzip: false }))).compressed());
});

afterEach(async () => await rm(join(directory, '..'), { recursive: true }));

function openCache(files: EntryFiles = entryFiles, openEntries = safeParts.openEntries): SafeCache {
  return directoryCache({ directory, warn: (line) => warnings.push(line), work: openWorkFolder(), parts: { ...safeParts, files, openEntries } });
}

/** The bytes of a stream, with something done after its first chunk. */
async function bytesAround(stream: Readable, afterFirst: () => Promise<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    if (chunks.length === 1) await afterFirst();
  }
  return Buffer.concat(chunks);
}

/** Files whose `nth` opening for reading is another one than the file system gives. */
function opening(nth: number, instead: (path: string) => Promise<Readable | undefined>): EntryFiles {
  let opened = 0;
  return { ...entryFiles, open: async (path) => await ((opened += 1) === nth ? instead(path) : entryFiles.open(path)) };
}

/** Gives the first megabyte of the entry, as it is or changed, and then an error of the disk. */
function breaking(change: (chunk: Buffer) => Buffer = (chunk) => chunk) {
  return async (path: string): Promise<Readable> => {
    const source = (await entryFiles.open(path)) as AsyncIterable<Buffer>;
    const broken = async function* (): AsyncGenerator<Buffer> {
      for await (const chunk of source) {
        yield change(chunk);
        throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' });
      }
    };
    return streamOf(broken());
  };
}

describe('a hit', () => {
  it('whose place was taken away and whose entry is gone then goes on where it was', async () => {
    const cache = openCache(entryFiles, 1);
    const layer = testLayer(long, { isGzip: false });
    const got = await bytesAround(await (await cache.put(layer)).compressed(), async () => {
      await bytesOf((await cache.put(layer)).compressed());
      await rm(join(directory, entry));
    });
    expect(got.equals(long)).toBe(true);
    expect(layer.fetched).toBe(1);
  });

  it('that can not be opened a second time is fetched, with one warning', async () => {
    const failing = async (): Promise<never> => await Promise.reject(Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' }));
    const layer = testLayer(long, { isGzip: false });
    const got = await bytesOf((await openCache(opening(2, failing)).put(layer)).compressed());
    expect(got.equals(long)).toBe(true);
    expect(layer.fetched).toBe(1);
    expect(warnings).toEqual([expect.stringContaining('EMFILE')]);
  });

  it('whose disk fails in the middle of it goes on with what is fetched, with one warning', async () => {
    const layer = testLayer(long, { isGzip: false });
    const got = await bytesOf((await openCache(opening(2, breaking())).put(layer)).compressed());
    expect(got.equals(long)).toBe(true);
    expect(layer.fetched).toBe(1);
    expect(warnings).toEqual([expect.stringContaining('EIO')]);
  });

  it('that gave wrong bytes before its disk failed does not end well', async () => {
    const flipped = (chunk: Buffer): Buffer => chunk.map((byte, index) => (index === 1000 ? byte ^ 1 : byte)) as Buffer;
    const layer = testLayer(long, { isGzip: false });
    const reading = bytesOf((await openCache(opening(2, breaking(flipped))).put(layer)).compressed());
    await expect(reading.then((got) => `${got.length} bytes, and a good end`)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
  });
});
