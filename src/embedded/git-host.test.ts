// SPDX-License-Identifier: Apache-2.0
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../foundation/seed.ts';
import { startGitHost, type GitHost } from './git-host.ts';

let folder: string;
let host: GitHost;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'git-host-test-'));
  host = await startGitHost({ directory: join(folder, 'host') });
});

afterAll(async () => {
  await host.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Said {
  readonly status: number;
  readonly output: string;
}

/** The real client, with nobody's settings; it trusts the host's certificate unless told otherwise. */
async function git(directory: string, args: readonly string[], trust = host.certificateFile): Promise<Said> {
  const identity = { GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@localhost', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@localhost' };
  const env = { ...identity, PATH: process.env['PATH'], HOME: folder, GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0', GIT_SSL_CAINFO: trust };
  return await new Promise((resolve) => {
    execFile('git', [...args], { cwd: directory, env, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : Number(error.code), output: stdout + stderr });
    });
  });
}

/** A work tree with one commit. */
async function workTree(content: Uint8Array | string = 'hello\n'): Promise<string> {
  const tree = mkdtempSync(join(folder, 'tree-'));
  await git(tree, ['init', '--quiet', '--initial-branch=main']);
  writeFileSync(join(tree, 'file'), content);
  await git(tree, ['add', '--all']);
  await git(tree, ['commit', '--quiet', '--message=one']);
  return tree;
}

async function clone(path: string, ...flags: readonly string[]): Promise<Said & { readonly target: string }> {
  const target = mkdtempSync(join(folder, 'clone-'));
  return { ...(await git(folder, ['clone', '--quiet', ...flags, `${host.url}${path}`, target])), target };
}

/** Sends a path as it is: clients would tidy it up. */
async function statusOf(path: string, method = 'GET'): Promise<number> {
  return await new Promise((resolve, reject) => {
    const { hostname, port } = new URL(host.url);
    const sent = request({ hostname, port, path, method, ca: readFileSync(host.certificateFile) }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    sent.on('error', reject).end();
  });
}

describe('with the real client', () => {
  it('a push makes the repository, and it is cloned with and without .git', async () => {
    const tree = await workTree();
    expect(await git(tree, ['push', '--quiet', `${host.url}/s-1/git/policy.git`, 'main'])).toMatchObject({ status: 0 });
    for (const path of ['/s-1/git/policy.git', '/s-1/git/policy']) {
      const { status, target } = await clone(path);
      expect(status).toBe(0);
      expect(readFileSync(join(target, 'file'), 'utf8')).toBe('hello\n');
    }
  });

  it('prefixes are worlds of their own', async () => {
    const tree = await workTree();
    await git(tree, ['push', '--quiet', `${host.url}/s-2/git/own.git`, 'main']);
    expect((await clone('/s-3/git/own.git')).status).not.toBe(0);
    expect((await clone('/git/own.git')).status).not.toBe(0);
  });

  it('shallow, and by protocols 0 and 2', async () => {
    const tree = await workTree();
    await git(tree, ['commit', '--quiet', '--allow-empty', '--message=two']);
    await git(tree, ['push', '--quiet', `${host.url}/git/deep.git`, 'main']);
    for (const version of ['0', '2']) {
      const { status, target } = await clone('/git/deep.git', '--depth=1', '--config', `protocol.version=${version}`);
      expect(status).toBe(0);
      expect((await git(target, ['rev-list', '--count', 'HEAD'])).output.trim()).toBe('1');
      const listed = await git(folder, ['-c', `protocol.version=${version}`, 'ls-remote', `${host.url}/git/deep.git`]);
      expect(listed.output).toContain('refs/heads/main');
    }
  });

  it('twenty mebibytes go up in chunks and come down whole', async () => {
    const content = seededRandom('git host').bytes(20 * 1024 * 1024);
    const tree = await workTree(content);
    expect(await git(tree, ['push', '--quiet', `${host.url}/git/large.git`, 'main'])).toMatchObject({ status: 0 });
    const { target } = await clone('/git/large.git');
    expect(readFileSync(join(target, 'file')).equals(content)).toBe(true);
  });

  it('ten clones at once', async () => {
    const tree = await workTree();
    await git(tree, ['push', '--quiet', `${host.url}/git/busy.git`, 'main']);
    const clones = await Promise.all(Array.from({ length: 10 }, async () => await clone('/git/busy.git')));
    expect(clones.map(({ status }) => status)).toEqual(Array(10).fill(0));
  });

  it('two first pushes at once leave one repository, and nothing else', async () => {
    const [one, other] = [await workTree('one'), await workTree('other')];
    const url = `${host.url}/s-4/git/raced.git`;
    await Promise.all([git(one, ['push', '--quiet', url, 'main:one']), git(other, ['push', '--quiet', url, 'main:other'])]);
    const listed = await git(folder, ['ls-remote', '--heads', url]);
    expect(listed.output).toContain('refs/heads/one');
    expect(listed.output).toContain('refs/heads/other');
    expect(readdirSync(join(folder, 'host', 'repositories')).filter((name) => name.startsWith('.new-'))).toEqual([]);
  });

  it('is trusted by its certificate only', async () => {
    const tree = await workTree();
    await git(tree, ['push', '--quiet', `${host.url}/git/trusted.git`, 'main']);
    const byName = host.url.replace('127.0.0.1', 'localhost');
    expect(await git(folder, ['ls-remote', `${byName}/git/trusted.git`])).toMatchObject({ status: 0 });
    expect((await git(folder, ['ls-remote', `${host.url}/git/trusted.git`], '/etc/ssl/certs/ca-certificates.crt')).output).toMatch(/certificate/i);
  });
});

describe('what is refused', () => {
  it.each([
    '/git/missing.git/HEAD',
    '/git/../host/certificate.pem',
    '/git/%2e%2e/info/refs',
    '/git/..git/info/refs',
    '/git/.hidden/info/refs',
    '/../git/x.git/info/refs',
    '/git/a/b.git/info/refs',
    '/git/x.git/config',
    '/git//info/refs',
    '/git/x%00.git/info/refs',
    '/',
  ])('%s', async (path) => {
    expect(await statusOf(`${path}?service=git-upload-pack`)).toBe(404);
  });

  it('a clone of what is not there', async () => {
    expect(await statusOf('/git/nowhere.git/info/refs?service=git-upload-pack')).toBe(404);
    expect(existsSync(join(folder, 'host', 'repositories', 'shared', 'nowhere.git'))).toBe(false);
  });
});

it('ends git when the client breaks off', async () => {
  const tree = await workTree(seededRandom('slow').bytes(8 * 1024 * 1024));
  await git(tree, ['push', '--quiet', `${host.url}/git/slow.git`, 'main']);
  const target = mkdtempSync(join(folder, 'clone-'));
  const env = { PATH: process.env['PATH'], HOME: folder, GIT_SSL_CAINFO: host.certificateFile };
  const child = spawn('git', ['clone', '--quiet', `${host.url}/git/slow.git`, target], { env, stdio: 'ignore', detached: true });
  const backends = (): number => readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && commandOf(pid).includes(`${folder}/host`)).length;
  while (child.exitCode === null && backends() === 0) await new Promise((resolve) => setImmediate(resolve));
  process.kill(-(child.pid ?? 0), 'SIGKILL');
  while (backends() > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(backends()).toBe(0);
});

/** Environment of a process: the backend knows the folder by GIT_PROJECT_ROOT. */
function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return '';
  }
}
