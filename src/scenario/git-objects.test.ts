// SPDX-License-Identifier: Apache-2.0
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PlacedFile } from './examples.ts';
import { packCommit } from './git-objects.ts';

let root: string;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'git-objects-test-'));
});

afterAll(() => rmSync(root, { recursive: true }));

const file = (path: string, content: string | Buffer = path): PlacedFile => ({ path, content: Buffer.from(content) });

const author = { NAME: 'acceptance', EMAIL: 'acceptance@localhost', DATE: '1970-01-01T00:09:09Z' };
const environment = {
  PATH: process.env['PATH'],
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  ...Object.fromEntries(['AUTHOR', 'COMMITTER'].flatMap((who) => Object.entries(author).map(([what, value]) => [`GIT_${who}_${what}`, value]))),
};

function git(folder: string, ...args: readonly string[]): string {
  return execFileSync('git', [...args], { cwd: folder, env: environment, encoding: 'utf8' }).trim();
}

/** The commit that git itself makes of the same files. */
function commitOfGit(files: readonly PlacedFile[]): string {
  const folder = mkdtempSync(join(root, 'git-'));
  git(folder, 'init', '--quiet');
  for (const { path, content } of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  git(folder, 'add', '--all', '--force');
  git(folder, 'commit', '--quiet', '--allow-empty', '--message=acceptance');
  return git(folder, 'rev-parse', 'HEAD');
}

/** What git says of a pack that it reads and checks. */
async function checkedByGit(pack: Buffer): Promise<string> {
  const folder = mkdtempSync(join(root, 'pack-'));
  git(folder, 'init', '--quiet', '--bare');
  return await new Promise((resolve, reject) => {
    const child = execFile('git', ['index-pack', '--stdin', '--strict', '--check-self-contained-and-connected'], { cwd: folder, env: environment }, (error, stdout) => (error === null ? resolve(stdout) : reject(new Error(error.message, { cause: error }))));
    child.stdin?.end(pack);
  });
}

describe('packCommit', () => {
  it.each([
    ['nothing', []],
    ['one file', [file('main.rego', 'package main\n')]],
    ['an empty file, and bytes of all kinds', [file('empty', ''), file('bytes', Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)))]],
    ['names that stand between a folder and what is in it', [file('a/b'), file('a.b'), file('a-b'), file('a0'), file('a b'), file('ab/c')]],
    ['folders in folders, and other letters', [file('x/y/z/file'), file('x/y/file'), file('x/file'), file('ä/ö'), file('名')]],
    ['the same bytes twice', [file('one', 'same'), file('two/one', 'same')]],
    ['sizes around those that take one more byte', [15, 16, 17, 2047, 2048, 2049, 300_000].map((size) => file(`size-${size}`, Buffer.alloc(size, 'x')))],
  ])('is what git makes of %s', async (_, files) => {
    const { id, pack } = packCommit(files);
    expect(id).toBe(commitOfGit(files));
    expect(await checkedByGit(pack)).toMatch(/^pack\t/);
  });

  it('keeps the bytes of a file, whatever attributes say', () => {
    const attributes = file('.gitattributes', '* text eol=lf\n');
    expect(packCommit([attributes, file('a', 'x\r\n')]).id).not.toBe(packCommit([attributes, file('a', 'x\n')]).id);
  });

  it('takes the later of two files at one place', () => {
    expect(packCommit([file('a', 'old'), file('./a', 'new')]).id).toBe(packCommit([file('a', 'new')]).id);
  });

  it.each([[['a', 'a/b']], [['a/b', 'a']], [['x/a/b/c', 'x/a/b']]])('refuses %j: a file is no folder', (paths) => {
    expect(() => packCommit(paths.map((path) => file(path)))).toThrow(expect.objectContaining({ code: 'EXAMPLE_MISSING', message: expect.stringContaining('both a file and a folder') }));
  });
});
