// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as isomorphic from 'isomorphic-git';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTransport } from '../oci/transport.ts';
import { startGitHost, type GitHost } from './git-host.ts';

const run = promisify(execFile);
let folder: string;
let host: GitHost;
let tree: string;
let commits: readonly string[];
/** PEM file. */
let trusted: string;

/** Two commits on main, one more on a branch, a light tag and one with a message. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'git-host-test-'));
  host = await startGitHost({ directory: join(folder, 'host') });
  trusted = host.certificateFile;
  tree = mkdtempSync(join(folder, 'tree-'));
  await git(tree, 'init', '--quiet', '--initial-branch=main');
  for (const name of ['one', 'two', 'three']) {
    if (name === 'three') await git(tree, 'checkout', '--quiet', '-b', 'side');
    writeFileSync(join(tree, name), `${name}\n`);
    await git(tree, 'add', '--all');
    await git(tree, 'commit', '--quiet', `--message=${name}`);
    if (name === 'one') await git(tree, 'tag', 'v1');
  }
  await git(tree, 'tag', '--annotate', '--message=second', 'v2', 'main');
  await git(tree, 'push', '--quiet', `${host.url}/s-1/git/policy.git`, 'main', 'side', 'v1', 'v2');
  commits = await Promise.all(['v1', 'main', 'side'].map(async (name) => await git(tree, 'rev-parse', name)));
});

afterAll(async () => {
  await host.close();
  rmSync(folder, { recursive: true, force: true });
});

async function git(directory: string, ...args: readonly string[]): Promise<string> {
  const identity = { GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@localhost', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@localhost' };
  const env = { ...identity, PATH: process.env['PATH'], HOME: folder, GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0', GIT_SSL_CAINFO: trusted, GIT_TRACE_PACKET: process.env['TRACE'] ?? '0' };
  return (await run('git', [...args], { cwd: directory, env })).stdout.trim();
}

const clone = (): string => mkdtempSync(join(folder, 'clone-'));

describe.each(['0', '1', '2'])('git, protocol version %s', (version) => {
  const speaking = ['-c', `protocol.version=${version}`];

  it('lists every branch and tag', async () => {
    const listed = (await git(folder, ...speaking, 'ls-remote', `${host.url}/s-1/git/policy.git`)).split('\n').map((line) => line.split('\t'));
    const [first, main, side] = commits;
    expect(Object.fromEntries(listed.map(([commit, name]) => [name, commit]))).toMatchObject({ HEAD: main, 'refs/heads/main': main, 'refs/heads/side': side, 'refs/tags/v1': first, 'refs/tags/v2^{}': main });
  });

  it.each([['whole', [], '2'], ['shallow', ['--depth=1'], '1'], ['by tag', ['--branch=v1'], '1'], ['another branch', ['--branch=side', '--single-branch'], '3']])('clones %s', async (_what, flags, count) => {
    const target = clone();
    await git(folder, ...speaking, 'clone', '--quiet', ...flags, `${host.url}/s-1/git/policy`, target);
    expect(await git(target, 'rev-list', '--count', 'HEAD')).toBe(count);
  });

  it('makes a shallow clone whole', async () => {
    const target = clone();
    await git(folder, ...speaking, 'clone', '--quiet', '--depth=1', `${host.url}/s-1/git/policy.git`, target);
    await git(target, ...speaking, 'fetch', '--quiet', '--unshallow');
    expect(await git(target, 'rev-list', '--count', 'HEAD')).toBe('2');
  });
});

describe('isomorphic-git', () => {
  /** Its client of HTTP knows no certificates of somebody's own; this one does. */
  async function reached<T>(action: (http: { request: isomorphic.HttpClient['request'] }) => Promise<T>): Promise<T> {
    await using transport = createTransport({ caPem: readFileSync(host.certificateFile, 'utf8') });
    const request: isomorphic.HttpClient['request'] = async ({ url, method = 'GET', headers = {}, body }) => {
      const parts: Uint8Array[] = [];
      for await (const part of body ?? []) parts.push(part);
      const response = await transport.request(url, { method, headers, ...(parts.length === 0 ? {} : { body: Buffer.concat(parts) }) });
      const bytes = await response.bytes();
      return { url, method, headers: Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, String(value)])), statusCode: response.status, statusMessage: '', body: once(bytes) };
    };
    return await action({ request });
  }

  async function* once(bytes: Uint8Array): AsyncIterableIterator<Uint8Array> {
    yield await Promise.resolve(bytes);
  }

  it.each([[1], [undefined]])('clones a branch to depth %s', async (depth) => {
    const dir = clone();
    await reached(async (http) => await isomorphic.clone({ fs, http, dir, url: `${host.url}/s-1/git/policy.git`, ref: 'side', singleBranch: true, ...(depth === undefined ? {} : { depth }) }));
    expect((await isomorphic.log({ fs, dir })).map(({ oid }) => oid)[0]).toBe(commits[2]);
    expect(await isomorphic.log({ fs, dir })).toHaveLength(depth ?? 3);
    expect(readFileSync(join(dir, 'three'), 'utf8')).toBe('three\n');
  });

  it.each([1, 2] as const)('lists, by protocol version %i', async (protocolVersion) => {
    const refs = await reached(async (http) => await isomorphic.listServerRefs({ http, url: `${host.url}/s-1/git/policy`, protocolVersion, prefix: 'refs/' }));
    expect(refs.map(({ ref }) => ref).sort()).toEqual(expect.arrayContaining(['refs/heads/main', 'refs/heads/side', 'refs/tags/v1', 'refs/tags/v2']));
  });
});

describe('what is refused, with a reason', () => {
  it.each([
    ['the first question of a client of the old protocol', 'GET', '/s-1/git/policy.git/info/refs', 403, 'this host speaks the smart protocol only: use a newer client of git\n'],
    ['another service', 'GET', '/s-1/git/policy.git/info/refs?service=git-upload-archive', 403, 'this host speaks the smart protocol only: use a newer client of git\n'],
    ['a file of a repository', 'GET', '/s-1/git/policy.git/HEAD', 404, 'no such repository\n'],
    ['an object', 'GET', `/s-1/git/policy.git/objects/00/${'0'.repeat(38)}`, 404, 'no such repository\n'],
  ])('%s', async (_what, method, path, status, body) => {
    await using transport = createTransport({ caPem: readFileSync(host.certificateFile, 'utf8') });
    const response = await transport.request(`${host.url}${path}`, { method });
    expect([response.status, (await response.bytes()).toString()]).toEqual([status, body]);
  });

  it('a push, by a host that takes none; what it has is served', async () => {
    await using other = await startGitHost({ directory: join(folder, 'other'), isReadOnly: true });
    cpSync(join(folder, 'host', 'repositories'), join(folder, 'other', 'repositories'), { recursive: true });
    trusted = other.certificateFile;
    await expect(git(tree, 'push', `${other.url}/s-1/git/policy.git`, 'main:again')).rejects.toThrow(/403/);
    await expect(git(tree, 'push', `${other.url}/s-1/git/fresh.git`, 'main')).rejects.toThrow(/403/);
    expect((await git(folder, 'ls-remote', '--heads', `${other.url}/s-1/git/policy.git`)).split('\n').map((line) => line.split('\t')[1])).toEqual(['refs/heads/main', 'refs/heads/side']);
  });
});
