// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { archiveOf, bundleOf, index, named, type Entry } from './test-bundle.ts';
import { limits, unpack } from './unpack.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'unpack-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const plain: readonly Entry[] = [{ name: 'issue.md', content: 'words' }, { name: 'scheduled/plan.json', content: '{}' }];

/** The whole folder in which it was tried, but for the bundle itself. */
function left(): readonly string[] {
  return (readdirSync(folder, { recursive: true }) as string[]).filter((name) => name !== 'b.tar.gz').sort();
}

const at = (): string => join(folder, 'b.tar.gz');
const into = (): string => join(folder, 'in', '..', 'out');

it('takes a bundle apart', async () => {
  const found = await unpack(await bundleOf(at(), plain), into());
  expect(found).toMatchObject({ report: { title: 'sometimes', subject: 'reference' }, smallest: { schedule: 'leader-follower/middle/1' } });
  expect(left()).toEqual(['out', 'out/issue.md', 'out/scheduled', 'out/scheduled/plan.json']);
  expect(readFileSync(join(folder, 'out', 'issue.md'), 'utf8')).toBe('words');
});

describe('what is refused, with nothing kept of it', () => {
  const escape = (name: string): readonly Entry[] => [{ name, content: 'x' }];

  it.each<[string, readonly Entry[], RegExp]>([
    ['a path that climbs', escape('../escaped'), /files\.0\.path/],
    ['one that climbs from below', escape('scheduled/../../escaped'), /files\.0\.path/],
    ['an absolute one', escape('/tmp/escaped-from-bundle'), /files\.0\.path/],
    ['one of another system', escape('..\\escaped'), /files\.0\.path/],
    ['a hidden file', escape('.profile'), /files\.0\.path/],
    ['folders in folders', escape('a/b/c'), /files\.0\.path/],
    ['a name with a null', escape('a\0b'), /files\.0\.path/],
  ])('%s', async (_name, entries, words) => {
    await expect(unpack(await bundleOf(at(), entries), into())).rejects.toThrow(expect.objectContaining({ code: 'BUNDLE_INVALID', message: expect.stringMatching(words) as string }));
    expect(left()).toEqual([]);
  });

  it.each<[string, readonly Entry[], RegExp]>([
    ['a path that climbs, which the index does not name', [...plain, { name: '../escaped', content: 'x' }], /leaves the folder/],
    ['an absolute one, which the index does not name', [...plain, { name: '/tmp/escaped-from-bundle', content: 'x' }], /leaves the folder/],
    ['a link', [...plain, { name: 'link', type: 'symlink', linkname: '/etc/passwd' }], /"link" is a symlink, not a file/],
    ['a link in place of a file', [{ name: 'issue.md', type: 'symlink', linkname: '/etc/passwd' }, ...plain.slice(1)], /"issue\.md" is a symlink/],
    ['a hard link', [...plain, { name: 'issue.md', type: 'link', linkname: 'scheduled/plan.json' }], /is a link, not a file/],
    ['a folder', [...plain, { name: 'more', type: 'directory' }], /is a directory/],
    ['a device', [...plain, { name: 'null', type: 'character-device' }], /is a character-device/],
    ['a pipe', [...plain, { name: 'pipe', type: 'fifo' }], /is a fifo/],
    ['a file that the index does not name', [...plain, { name: 'more', content: 'x' }], /"more", which its index does not name/],
    ['a file twice', [...plain, plain[0] as Entry], /"issue\.md", which its index does not name, or twice/],
    ['other bytes of the same size', [{ name: 'issue.md', content: 'sword' }, ...plain.slice(1)], /issue\.md is not what its index promises/],
    ['a file less', plain.slice(0, 1), /lacks scheduled\/plan\.json/],
  ])('%s', async (_name, entries, words) => {
    const document = { ...index, files: plain.map(({ name, content = '' }) => named(name, content)) };
    await expect(unpack(await bundleOf(at(), entries, document), into())).rejects.toThrow(expect.objectContaining({ code: 'BUNDLE_INVALID', message: expect.stringMatching(words) as string }));
    expect(left()).toEqual([]);
    expect(existsSync('/tmp/escaped-from-bundle')).toBe(false);
  });

  it.each<[string, object, RegExp]>([
    ['a newer version', { ...index, version: 2, files: [] }, /version 2, and this program reads version 1/],
    ['an index with more in it', { ...index, files: [], more: 1 }, /Unrecognized key/],
    ['code', { ...index, files: [], report: { ...index.report, subject: './evil.ts' } }, /code from a bundle is not run/],
    ['a program of this machine', { ...index, files: [], report: { ...index.report, binary: '/bin/sh' } }, /names a program/],
    ['a flag that writes elsewhere', { ...index, files: [], smallest: { ...index.smallest, flags: ['--output', 'json=/home/me/.bashrc'] } }, /leads out of the folder/],
    ['the same in the report', { ...index, files: [], report: { ...index.report, workload: { flags: ['--output=../x'] } } }, /leads out of the folder/],
    ['more images than a machine has room for', { ...index, files: [], smallest: { ...index.smallest, participants: 64, layers: 16, layerBytes: 256 * 1024 * 1024 } }, /more than 2 GiB/],
    ['a name twice', { ...index, files: [named('a', 'a'), named('a', 'a')] }, /names a file twice/],
  ])('%s', async (_name, document, words) => {
    await expect(unpack(await bundleOf(at(), [], document), into())).rejects.toThrow(words);
    expect(left()).toEqual([]);
  });

  it('a report that is none', async () => {
    await expect(unpack(await bundleOf(at(), [], { ...index, files: [], report: { title: 'a' } }), into())).rejects.toThrow(expect.objectContaining({ code: 'REPORT_INVALID' }));
    expect(left()).toEqual([]);
  });

  it('an index that is not the first, is none, or is not there', async () => {
    for (const entries of [[{ name: 'issue.md', content: 'words' }], [{ name: 'bundle.json', content: '{' }], []]) {
      await expect(unpack(await archiveOf(at(), entries), into())).rejects.toThrow(/does not begin with bundle\.json|is not JSON|is empty/);
      expect(left()).toEqual([]);
    }
  });

  it('an archive that is damaged: cut, changed, no archive', async () => {
    const bytes = readFileSync(await bundleOf(at(), plain));
    const changed = Buffer.from(bytes);
    changed[Math.floor(bytes.length / 2)] = (changed[Math.floor(bytes.length / 2)] ?? 0) ^ 0xff;
    for (const wrong of [bytes.subarray(0, bytes.length - 30), changed, Buffer.from('no archive'), gzipSync('no tar, but packed: '.repeat(100)), Buffer.alloc(0)]) {
      writeFileSync(at(), wrong);
      await expect(unpack(at(), into())).rejects.toThrow(expect.objectContaining({ code: 'BUNDLE_INVALID' }));
      expect(left()).toEqual([]);
    }
    writeFileSync(at(), 'no archive');
    const told = await unpack(at(), into()).catch((error: unknown) => error);
    expect(told).toMatchObject({ message: 'the bundle is refused: it is no gzip file, or is damaged (incorrect header check)' });
    expect(told).not.toHaveProperty('cause');
  });

  it('one that unpacks to more than is kept, before it is there', async () => {
    const bomb = await bundleOf(at(), [{ name: 'zeros', content: Buffer.alloc(3 * 1024 * 1024) }]);
    await expect(unpack(bomb, into(), { ...limits, totalBytes: 1024 * 1024 })).rejects.toThrow(/longer than 1048576 bytes/);
    await expect(unpack(bomb, into(), { ...limits, entryBytes: 1024 * 1024 })).rejects.toThrow(/an entry is longer than 1048576 bytes/);
    expect(left()).toEqual([]);
  });

  it('one with more entries than a bundle has', async () => {
    const many = Array.from({ length: 201 }, (_, nth): Entry => ({ name: `f${nth}`, content: 'x' }));
    await expect(unpack(await bundleOf(at(), many, { ...index, files: many.slice(0, 200).map(({ name }) => named(name, 'x')) }), into())).rejects.toThrow(/more than 201 entries/);
    expect(left()).toEqual([]);
  });

  it('what is no file: a folder, a pipe, nothing, or one that is too large', async () => {
    const pipe = join(folder, 'b.tar.gz');
    execFileSync('mkfifo', [pipe]);
    await expect(unpack(pipe, into())).rejects.toThrow(/it is not a file/);
    await expect(unpack(folder, into())).rejects.toThrow(expect.objectContaining({ code: 'BUNDLE_INVALID' }));
    await expect(unpack(join(folder, 'nowhere'), into())).rejects.toThrow(/no bundle can be read/);
    rmSync(pipe);
    await expect(unpack(await bundleOf(at(), plain), into(), { ...limits, packedBytes: 100 })).rejects.toThrow(/no bundle has more than 100/);
    expect(left()).toEqual([]);
  });
});
