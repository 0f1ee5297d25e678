// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, lstatSync, lutimesSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { copyTree } from './copy-tree.ts';

let folder: string;
let source: string;
let target: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'copy-test-'));
  [source, target] = [join(folder, 'source'), join(folder, 'made', 'target')];
  mkdirSync(join(source, 'a', 'b'), { recursive: true });
  writeFileSync(join(source, 'a', 'b', 'deep'), 'deep');
  writeFileSync(join(source, 'program'), '#!/bin/sh\n', { mode: 0o755 });
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const namesIn = (path: string): readonly string[] => (readdirSync(path, { recursive: true }) as string[]).sort();

describe('a copy of a folder', () => {
  it('has its files, with their modes', async () => {
    await copyTree(source, target);
    expect(namesIn(target)).toEqual(['a', 'a/b', 'a/b/deep', 'program']);
    expect([readFileSync(join(target, 'a', 'b', 'deep'), 'utf8'), statSync(join(target, 'program')).mode & 0o777]).toEqual(['deep', 0o755]);
  });

  it('has large files as well', async () => {
    const content = randomBytes(3 * 1024 * 1024);
    writeFileSync(join(source, 'large'), content);
    await copyTree(source, target);
    expect(readFileSync(join(target, 'large')).equals(content)).toBe(true);
  });

  it('is its own: what is written to one of them stays there', async () => {
    await copyTree(source, target);
    writeFileSync(join(target, 'a', 'b', 'deep'), 'changed');
    expect(readFileSync(join(source, 'a', 'b', 'deep'), 'utf8')).toBe('deep');
  });

  it.each(['a/b/deep', '../elsewhere', '/nowhere'])('has a link to %s as it is', async (to) => {
    symlinkSync(to, join(source, 'link'));
    await copyTree(source, target);
    expect(readlinkSync(join(target, 'link'))).toBe(to);
  });

  it('is as closed as the folder is', async () => {
    chmodSync(join(source, 'a'), 0o500);
    await copyTree(source, target);
    expect([statSync(join(target, 'a')).mode & 0o777, namesIn(join(target, 'a'))]).toEqual([0o500, ['b', 'b/deep']]);
  });

  it('goes without what can not be copied, and what is left out', async () => {
    execFileSync('mkfifo', [join(source, 'a', 'pipe')]);
    await copyTree(source, target, { isLeftOut: (path) => path === join(source, 'a', 'b') });
    expect(namesIn(target)).toEqual(['a', 'program']);
  });

  it('goes without what was removed while it was made', async () => {
    const isLeftOut = (path: string): boolean => {
      if (path === join(source, 'program')) rmSync(path);
      return false;
    };
    await copyTree(source, target, { isLeftOut });
    expect(namesIn(target)).toEqual(['a', 'a/b', 'a/b/deep']);
  });

  it('has the times only where they are wanted, of folders and links as well', async () => {
    symlinkSync('program', join(source, 'link'));
    const then = new Date('2001-02-03T04:05:06Z');
    for (const name of ['a/b/deep', 'a']) utimesSync(join(source, name), then, then);
    lutimesSync(join(source, 'link'), then, then);
    await copyTree(source, target, { keepsTimes: true });
    expect(['a/b/deep', 'a', 'link'].map((name) => lstatSync(join(target, name)).mtime)).toEqual([then, then, then]);
    await copyTree(source, join(folder, 'later'));
    expect(statSync(join(folder, 'later', 'a')).mtime).not.toEqual(then);
  });

  it.each(['folder', 'file'])('that can not be made of a %s is an error with its path', async (kind) => {
    const [from, to] = kind === 'folder' ? [join(folder, 'none'), target] : [source, join(source, 'program')];
    await expect(copyTree(from, to)).rejects.toThrow(kind === 'folder' ? /ENOENT.*none/ : /EEXIST.*program/);
  });
});
