// SPDX-License-Identifier: Apache-2.0
import type * as FilePromises from 'node:fs/promises';
import { mkdtemp, readdir, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { seededRandom } from '../../foundation/seed.ts';
import { digestOf } from '../../oci/digest.ts';
import { openWorkFolder } from '../work-folder.ts';
import { directoryCache } from './directory-cache.ts';
import { bytesOf, testLayer } from './test-layer.ts';

type Writing = Pick<FileHandle, 'write' | 'close'>;

// What the system may answer to who writes, and no file system here does when it is told to.
const files = vi.hoisted(() => ({ writtenBy: (file: Writing): Writing => file }));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof FilePromises>();
  return { ...real, open: async (...args: Parameters<typeof real.open>) => {
    const file = await real.open(...args);
    return String(args[0]).endsWith('.tmp') ? files.writtenBy(file) : file;
  } };
});

const bytes = seededRandom('entry-files').bytes(300_000);
let directory: string;
let warnings: string[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'entry-files-'));
  warnings = [];
});
afterEach(async () => await rm(directory, { recursive: true }));

async function readAll(): Promise<boolean> {
  const cache = directoryCache({ directory, warn: (line) => warnings.push(line), work: openWorkFolder() });
  const got = await bytesOf((await cache.put(testLayer(bytes, { isGzip: false }))).compressed());
  await cache.close();
  return got.equals(bytes);
}

it('makes no entry of a file that could not be closed well', async () => {
  files.writtenBy = (file) => ({
    write: file.write.bind(file),
    close: async () => {
      await file.close();
      throw Object.assign(new Error('EIO: i/o error, close'), { code: 'EIO' });
    },
  });
  expect(await readAll()).toBe(true);
  expect(warnings).toEqual([expect.stringContaining('EIO')]);
  expect(await readdir(directory)).toEqual([]);
});

it('writes on when the system takes less than it is given', async () => {
  files.writtenBy = (file) => ({
    write: (async (chunk: Buffer, offset: number) => await file.write(chunk, offset, Math.min(1000, chunk.length - offset))) as FileHandle['write'],
    close: file.close.bind(file),
  });
  expect(await readAll()).toBe(true);
  expect(warnings).toEqual([]);
  expect(await readdir(directory)).toEqual([digestOf(bytes)]);
});
