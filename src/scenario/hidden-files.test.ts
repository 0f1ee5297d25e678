// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { secretHider } from '../foundation/secrets.ts';
import { hideInFolder } from './hidden-files.ts';

let folder: string;
const hider = secretHider([{ name: 'PASSWORD', text: 'letmein-letmein', kind: 'whole' }]);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hidden-files-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (name: string, content: string | Buffer, mode = 0o644): void => writeFileSync(join(folder, name), content, { mode });
const read = (name: string): string => readFileSync(join(folder, name), 'latin1');

it('takes a secret out of every file, across pieces too, and leaves all else as it is', async () => {
  mkdirSync(join(folder, 'deep/er'), { recursive: true });
  const filler = 'x'.repeat(64 * 1024 - 5);
  write('one', 'a letmein-letmein b', 0o700);
  write('deep/er/two', `${filler}letmein-letmein\n`);
  write('bytes', Buffer.from([0, 255, 13, 10, 200]));
  const before = statSync(join(folder, 'bytes'));
  await hideInFolder(folder, hider, () => false);
  expect(read('one')).toBe('a ${PASSWORD} b');
  expect(statSync(join(folder, 'one')).mode & 0o777).toBe(0o700);
  expect(read('deep/er/two')).toBe(`${filler}\${PASSWORD}\n`);
  expect(statSync(join(folder, 'bytes'))).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs });
  expect(readdirSync(folder, { recursive: true }).sort()).toEqual(['bytes', 'deep', 'deep/er', 'deep/er/two', 'one']);
});

it('leaves a large file alone that has none, and takes one out of its end', async () => {
  const filler = Buffer.alloc(3 * 1024 * 1024, 'x');
  write('clean', filler);
  write('late', Buffer.concat([filler, Buffer.from('letmein-letmein')]));
  const before = statSync(join(folder, 'clean'));
  await hideInFolder(folder, hider, () => false);
  expect(statSync(join(folder, 'clean'))).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs });
  expect(read('late').slice(filler.length)).toBe('${PASSWORD}');
  expect(readdirSync(folder).sort()).toEqual(['clean', 'late']);
});

it('sees a secret whose name is as long as it is', async () => {
  write('one', 'letmein-letmein');
  await hideInFolder(folder, secretHider([{ name: 'PASSWORD_OF_', text: 'letmein-letmein', kind: 'whole' }]), () => false);
  expect(read('one')).toBe('${PASSWORD_OF_}');
});

it('follows no link, and leaves what it is told to leave', async () => {
  const outside = mkdtempSync(join(tmpdir(), 'hidden-files-test-'));
  writeFileSync(join(outside, 'file'), 'letmein-letmein');
  symlinkSync(outside, join(folder, 'folder'));
  symlinkSync(join(outside, 'file'), join(folder, 'link'));
  write('left', 'letmein-letmein');
  await hideInFolder(folder, hider, (name) => name === 'left');
  expect([readFileSync(join(outside, 'file'), 'utf8'), read('left')]).toEqual(['letmein-letmein', 'letmein-letmein']);
  rmSync(outside, { recursive: true });
});
