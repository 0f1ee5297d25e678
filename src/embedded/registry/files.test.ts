// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { replaceFile } from '../../foundation/replace-file.ts';
import { isThere, namesIn, readIfThere, removeIfThere } from './files.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'registry-test-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

it('replaces a file and leaves nothing else, folders being made', async () => {
  const path = join(folder, 'a', 'b');
  for (const content of ['first', 'second']) replaceFile(path, content);
  expect([await readFile(path, 'utf8'), await readdir(join(folder, 'a'))]).toEqual(['second', ['b']]);
});

it('leaves nothing when a file can not be put there', async () => {
  await mkdir(join(folder, 'taken', 'inside'), { recursive: true });
  expect(() => replaceFile(join(folder, 'taken'), 'x')).toThrow(expect.objectContaining({ syscall: 'rename' }));
  expect(await readdir(folder)).toEqual(['taken']);
});

it('names what is whole, in order, and tells an empty folder from none', async () => {
  for (const name of ['b', '.half-written', 'Z', 'a']) await writeFile(join(folder, name), '');
  expect(namesIn(folder)).toEqual(['Z', 'a', 'b']);
  expect(namesIn(join(folder, 'none'))).toBeUndefined();
});

it('tells what is not there from what fails', async () => {
  await writeFile(join(folder, 'file'), 'x');
  for (const missing of [join(folder, 'none'), join(folder, 'file', 'below')]) {
    expect([readIfThere(missing), isThere(missing), await removeIfThere(missing)]).toEqual([undefined, false, false]);
  }
  expect(isThere(join(folder, 'file'))).toBe(true);
  expect(() => readIfThere(folder)).toThrow(/EISDIR/);
  expect(() => isThere(join(folder, 'x'.repeat(300)))).toThrow(/ENAMETOOLONG/);
});
