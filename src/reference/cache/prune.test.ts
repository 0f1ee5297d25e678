// SPDX-License-Identifier: Apache-2.0
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, open, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { digestOf } from '../../oci/digest.ts';
import { prune } from './prune.ts';
import { unfinishedName } from './unfinished.ts';

let directory: string;
const [oldest, middle, youngest]: readonly [string, string, string] = [digestOf(Buffer.from('one')), digestOf(Buffer.from('two')), digestOf(Buffer.from('three'))];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'prune-'));
  for (const [hoursAgo, name] of [[30, oldest], [20, middle], [1, youngest]] as const) {
    const used = new Date(Date.now() - hoursAgo * 3_600_000);
    await writeFile(join(directory, name), Buffer.alloc(1000));
    await utimes(join(directory, name), used, used);
  }
});

afterEach(async () => await rm(directory, { recursive: true }));

const left = async (): Promise<readonly string[]> => (await readdir(directory)).sort();

it('removes what was used longest ago until the rest is small enough', async () => {
  expect(await prune(directory, { maxBytes: 2500 })).toEqual({ removed: [oldest], removedBytes: 1000, keptBytes: 2000 });
  expect(await left()).toEqual([middle, youngest].sort());
});

it('removes what was not used for long', async () => {
  await prune(directory, { maxAgeMs: 10 * 3_600_000 });
  expect(await left()).toEqual([youngest]);
});

it('leaves what somebody has open, whoever it is', async () => {
  const child = execFileSync('/bin/sh', ['-c', 'sleep 60 < "$0" >/dev/null 2>&1 & echo $!', join(directory, oldest)], { encoding: 'utf8' });
  await using file = await open(join(directory, middle));
  try {
    await prune(directory, { maxBytes: 0 });
    expect(await left()).toEqual([oldest, middle].sort());
  } finally {
    process.kill(Number(child), 'SIGKILL');
    await file.stat();
  }
});

it('leaves what somebody has open by another path', async () => {
  const link = `${directory}-link`;
  await symlink(directory, link);
  await using file = await open(join(directory, middle));
  try {
    await prune(link, { maxBytes: 0 });
    expect(await left()).toEqual([middle]);
    await file.stat();
  } finally {
    await rm(link);
  }
});

it('leaves what is open in a container with another view of the disk', { skip: process.getuid?.() !== 0 }, async () => {
  const elsewhere = `${directory}-elsewhere`;
  await mkdir(elsewhere);
  const child = spawn('unshare', ['-m', '/bin/sh', '-c', `mount --bind "${directory}" "${elsewhere}"; exec 3< "${elsewhere}/${oldest}"; echo open; exec sleep 60`], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(child.stdout, 'data');
    await prune(directory, { maxBytes: 0 });
    expect(await left()).toEqual([oldest]);
  } finally {
    child.kill('SIGKILL');
    await once(child, 'close');
    await rm(elsewhere, { recursive: true });
  }
});

it('removes unfinished files of processes that are gone, and nothing that is not its own', async () => {
  const dead = Number(execFileSync(process.execPath, ['--eval', 'console.log(process.pid)'], { encoding: 'utf8' }));
  const [gone, alive] = [unfinishedName(oldest, dead), unfinishedName(oldest)];
  for (const name of [gone, alive, 'README']) await writeFile(join(directory, name), '');
  expect((await prune(directory, {})).removed).toEqual([gone]);
  expect(await left()).toEqual([oldest, middle, youngest, alive, 'README'].sort());
});

it('has nothing to do where there is no cache', async () => {
  expect(await prune(join(directory, 'none'), { maxBytes: 0 })).toEqual({ removed: [], removedBytes: 0, keptBytes: 0 });
});
