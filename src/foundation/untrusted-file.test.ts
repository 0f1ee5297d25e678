// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readUntrusted } from './untrusted-file.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'untrusted-file-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

const at = (name: string): string => join(folder, name);

it('reads a file up to the limit', async () => {
  writeFileSync(at('file'), 'x'.repeat(1000));
  expect(await readUntrusted({ path: at('file'), limitBytes: 1000, inside: folder })).toHaveLength(1000);
});

it('does not read on beyond it', async () => {
  writeFileSync(at('file'), 'x'.repeat(1001));
  await expect(readUntrusted({ path: at('file'), limitBytes: 1000 })).rejects.toMatchObject({ code: 'FILE_UNREADABLE', message: expect.stringContaining('more than 1000 bytes') as string });
});

it('reads no endless device, waits on no pipe, follows no link', async () => {
  execFileSync('mkfifo', [at('pipe')]);
  symlinkSync('/etc/hostname', at('link'));
  for (const path of ['/dev/zero', at('pipe'), at('link'), folder]) {
    await expect(readUntrusted({ path, limitBytes: 1000 })).rejects.toMatchObject({ code: 'FILE_UNREADABLE', message: expect.stringContaining('no regular file') as string });
  }
});

it('does not leave the folder it is told of', async () => {
  mkdirSync(at('own'));
  mkdirSync(at('other'));
  writeFileSync(at('other/file'), 'secret');
  symlinkSync(at('other'), at('own/way'));
  for (const path of [at('own/way/file'), at('own/../other/file')]) {
    await expect(readUntrusted({ path, limitBytes: 1000, inside: at('own') })).rejects.toMatchObject({ code: 'FILE_UNREADABLE', message: expect.stringContaining('leads out') as string });
  }
});

it('answers as the system does where there is none', async () => {
  await expect(readUntrusted({ path: at('none'), limitBytes: 1000, inside: folder })).rejects.toMatchObject({ code: 'ENOENT' });
});
