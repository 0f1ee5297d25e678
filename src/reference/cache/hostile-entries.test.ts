// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { seededRandom } from '../../foundation/seed.ts';
import { bytes, digest, openTestDirectory, plain, readAll, type TestDirectory } from './test-directory.ts';

let base: string;
let directory: string;
let warnings: TestDirectory['warnings'];
let openCache: TestDirectory['openCache'];

beforeEach(async () => void ({ base, directory, warnings, openCache } = await openTestDirectory()));
afterEach(async () => await rm(base, { recursive: true }));

const flipped = Buffer.from(bytes);
flipped[150_000] = (flipped[150_000] ?? 0) ^ 1;
const hostile: Record<string, (entry: string) => Promise<unknown>> = {
  'is empty': async (entry) => await writeFile(entry, ''),
  'is truncated': async (entry) => await writeFile(entry, bytes.subarray(0, 100_000)),
  'is too long': async (entry) => await writeFile(entry, Buffer.concat([bytes, Buffer.alloc(512)])),
  'has a bit flipped': async (entry) => await writeFile(entry, flipped),
  'is another layer': async (entry) => await writeFile(entry, seededRandom('another').bytes(300_000)),
  'is a folder': async (entry) => await mkdir(join(entry, 'inner'), { recursive: true }),
  'is a link out of the cache': async (entry) => {
    await writeFile(join(base, 'outside'), flipped);
    await symlink(join(base, 'outside'), entry);
  },
  'is a link to the right bytes out of the cache': async (entry) => {
    await writeFile(join(base, 'outside'), bytes);
    await symlink(join(base, 'outside'), entry);
  },
  'is a link to nowhere': async (entry) => await symlink(join(base, 'nowhere'), entry),
  'is a pipe': async (entry) => execFileSync('mkfifo', [entry]),
};

it.each(Object.keys(hostile))('replaces an entry that %s, with one warning', async (how) => {
  const entry = join(directory, digest);
  await mkdir(directory, { recursive: true });
  await hostile[how]?.(entry);
  expect(await readAll(openCache(), plain())).toBe(true);
  expect(warnings).toHaveLength(1);
  expect(await readdir(directory)).toEqual([digest]);
  expect((await readFile(entry)).equals(bytes)).toBe(true);
  expect((await stat(entry)).isFile()).toBe(true);
  if (how === 'is a link out of the cache') expect((await readFile(join(base, 'outside'))).equals(flipped)).toBe(true);
});
