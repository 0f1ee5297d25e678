// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { startGitHost, type GitHost } from '../embedded/git-host.ts';
import type { PlacedFile } from './examples.ts';
import { publishRepository } from './git-repository.ts';

const run = promisify(execFile);
let root: string;
let host: GitHost;
let count = 0;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'git-repository-test-'));
  host = await startGitHost({ directory: join(root, 'host') });
});

afterEach(() => vi.unstubAllEnvs());

afterAll(async () => {
  await host.close();
  await rm(root, { recursive: true });
});

const file = (path: string, content = path): PlacedFile => ({ path, content: Buffer.from(content) });
const freshUrl = (): string => `${host.url}/s-1/git/repository-${(count += 1)}.git`;

async function publish(files: readonly PlacedFile[], url = freshUrl()): Promise<string> {
  return await publishRepository({ url, certificateFile: host.certificateFile, files });
}

/** As a validator does it. */
async function clone(url: string): Promise<(...args: string[]) => Promise<string>> {
  const target = await mkdtemp(join(root, 'clone-'));
  const env = { PATH: process.env['PATH'], HOME: root, GIT_SSL_CAINFO: host.certificateFile, GIT_CONFIG_NOSYSTEM: '1' };
  await run('git', ['clone', '--quiet', url, target], { env });
  return async (...args) => (await run('git', ['-C', target, ...args], { env })).stdout.trim();
}

describe('publishRepository', () => {
  it('makes one commit that can be cloned, by either name, byte for byte', async () => {
    const url = freshUrl();
    const bytes = Buffer.from([0, 13, 10, 255, 10]);
    const commit = await publish([file('main.rego', 'package main\r\n'), { path: 'deep/er/data.bin', content: bytes }, file('.hidden'), file('ignored.log'), file('.gitignore', '*.log\n')], url);
    for (const address of [url, url.replace(/\.git$/, '')]) {
      const git = await clone(address);
      expect(await git('rev-parse', 'HEAD')).toBe(commit);
      expect(await git('rev-list', '--count', '--all')).toBe('1');
      expect(await git('ls-files')).toBe(['.gitignore', '.hidden', 'deep/er/data.bin', 'ignored.log', 'main.rego'].join('\n'));
      const top = await git('rev-parse', '--show-toplevel');
      expect(await readFile(join(top, 'deep/er/data.bin'))).toEqual(bytes);
      expect(await readFile(join(top, 'main.rego'), 'utf8')).toBe('package main\r\n');
    }
  });

  it('gives the same files the same commit id, on every machine and whoever is at work', async () => {
    const files = [file('main.rego', 'package main\n'), file('data/a.json', '{}\n')];
    const commit = await publish(files);
    vi.stubEnv('GIT_AUTHOR_NAME', 'somebody');
    vi.stubEnv('TZ', 'Pacific/Auckland');
    vi.stubEnv('GIT_DIR', '/nowhere');
    expect(await publish([...files].reverse())).toBe(commit);
    expect(await publish([file('main.rego', 'package main')])).not.toBe(commit);
    // Written down: snapshots of other checkouts depend on it.
    expect(commit).toBe('c6d135fed957e1757b6fb7c85d278fbc31c28421');
  });

  it('has a fixed author and date, and plain files', async () => {
    const url = freshUrl();
    await publish([file('main.rego')], url);
    const git = await clone(url);
    expect(await git('log', '-1', '--format=%an <%ae> %at %cn %ct')).toBe('acceptance <acceptance@localhost> 549 acceptance 549');
    expect(await git('ls-tree', '-r', 'HEAD')).toMatch(/^100644 blob /);
    expect(await git('branch', '--show-current')).toBe('main');
  });

  it('replaces what was published before', async () => {
    const url = freshUrl();
    await publish([file('old.rego')], url);
    const commit = await publish([file('new.rego')], url);
    const git = await clone(url);
    expect([await git('rev-parse', 'HEAD'), await git('ls-files')]).toEqual([commit, 'new.rego']);
  });

  it('makes an empty commit of no files', async () => {
    const url = freshUrl();
    await publish([], url);
    expect(await (await clone(url))('ls-files')).toBe('');
  });

  it.each(['../outside', '/etc/passwd', 'a/../../outside', '..', '.git/config', 'a/.git/hooks/post-checkout', '.GIT/config', '', '.', 'folder/'])('refuses the target %j', async (path) => {
    await expect(publish([file(path, 'x')])).rejects.toMatchObject({ code: 'EXAMPLE_MISSING', message: expect.stringContaining('place inside a repository') });
  });

  it('fails with the words of git', async () => {
    await expect(publish([file('a')], `${host.url}/not/a/repository`)).rejects.toMatchObject({ code: 'GIT_FAILED', message: expect.stringMatching(/git push to .* failed: 404 no such repository/) });
    await expect(publish([file('a')], 'https://127.0.0.1:1/git/a.git')).rejects.toMatchObject({ code: 'GIT_FAILED' });
  });

  it('trusts no other certificate', async () => {
    const other = await startGitHost({ directory: join(root, 'other') });
    try {
      await expect(publish([file('a')], `${other.url}/s-1/git/a.git`)).rejects.toMatchObject({ code: 'GIT_FAILED' });
    } finally {
      await other.close();
    }
  });
});
