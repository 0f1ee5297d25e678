// SPDX-License-Identifier: Apache-2.0
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTransport, type Transport } from '../../oci/transport.ts';
import { startGitHost, type GitHost } from '../git-host.ts';

let folder: string;
let host: GitHost;
let transport: Transport & AsyncDisposable;
let tree: string;
let commit: string;
let pack: Buffer;
let name: string;
let count = 0;

const environment = { PATH: process.env['PATH'], HOME: '/nonexistent', GIT_CONFIG_NOSYSTEM: '1', GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@localhost', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@localhost' };

/** Not by a call that blocks: the host that it speaks to is in this process. */
async function git(args: readonly string[], input?: string): Promise<Buffer> {
  return await new Promise((resolve, reject) => {
    const child = execFile('git', [...args], { cwd: tree, env: { ...environment, GIT_SSL_CAINFO: host.certificateFile }, encoding: 'buffer' }, (error, stdout) => (error === null ? resolve(stdout) : reject(new Error(error.message, { cause: error }))));
    child.stdin?.end(input);
  });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'first-push-test-'));
  tree = mkdtempSync(join(folder, 'tree-'));
  host = await startGitHost({ directory: join(folder, 'host') });
  transport = createTransport({ caPem: readFileSync(host.certificateFile, 'utf8') });
  await git(['init', '--quiet', '--initial-branch=main']);
  writeFileSync(join(tree, 'file'), 'hello\n');
  await git(['add', '--all']);
  await git(['commit', '--quiet', '--message=one']);
  commit = (await git(['rev-parse', 'HEAD'])).toString().trim();
  pack = await git(['pack-objects', '--stdout', '--revs'], 'HEAD\n');
});

afterAll(async () => {
  await transport[Symbol.asyncDispose]();
  await host.close();
  rmSync(folder, { recursive: true });
});

beforeEach(() => {
  name = `repository-${(count += 1)}`;
});

const url = (): string => `${host.url}/s-1/git/${name}.git`;
const stored = (...path: readonly string[]): string => join(folder, 'host', 'repositories', 's-1', `${name}.git`, ...path);
const line = (text: string): string => (text.length + 4).toString(16).padStart(4, '0') + text;

async function advertised(): Promise<string> {
  return (await (await transport.request(`${url()}/info/refs?service=git-receive-pack`)).bytes()).toString();
}

interface Pushed {
  readonly id?: string;
  readonly reference?: string;
  readonly bytes?: Buffer;
}

async function push({ id = commit, reference = 'refs/heads/main', bytes = pack }: Pushed = {}): Promise<string> {
  const body = Buffer.concat([Buffer.from(`${line(`${'0'.repeat(40)} ${id} ${reference}\0 report-status\n`)}0000`), bytes]);
  const response = await transport.request(`${url()}/git-receive-pack`, { method: 'POST', headers: { 'content-type': 'application/x-git-receive-pack-request' }, body });
  return (await response.bytes()).toString();
}

describe('a first push', () => {
  it('is stored as git itself would have it', async () => {
    expect(await advertised()).toContain(`${'0'.repeat(40)} capabilities^{}\0`);
    expect(await push()).toBe(`${line('unpack ok\n')}${line('ok refs/heads/main\n')}0000`);
    expect((await git(['ls-remote', url()])).toString()).toBe(`${commit}\tHEAD\n${commit}\trefs/heads/main\n`);
    expect(execFileSync('git', ['--git-dir', stored(), 'fsck', '--full', '--strict'], { env: environment, stdio: 'pipe' }).toString()).toBe('');
    expect(await advertised()).toContain(`${commit} refs/heads/main\0`);
  });

  it('says what git has against a pack, and leaves nothing of it', async () => {
    await advertised();
    const damaged = Buffer.from(pack);
    damaged[damaged.length - 30]! ^= 0xff;
    expect(await push({ bytes: damaged })).toMatch(/unpack (?!ok).*ng refs\/heads\/main unpacker error/s);
    expect(readdirSync(stored('refs', 'heads'))).toEqual([]);
    expect(await push()).toContain('ok refs/heads/main');
  });

  it('refuses a branch of a commit that did not come along', async () => {
    expect(await push({ id: 'a'.repeat(40) })).toContain('ng refs/heads/main missing necessary objects');
    expect(existsSync(stored('refs', 'heads', 'main'))).toBe(false);
  });

  it('refuses a commit without its files', async () => {
    const alone = await git(['pack-objects', '--stdout'], `${commit}\n`);
    expect(await push({ bytes: alone })).toMatch(/unpack (?!ok)/);
    expect(readdirSync(stored('refs', 'heads'))).toEqual([]);
  });

  it('of two at once of one branch one wins', async () => {
    await advertised();
    const said = await Promise.all([push(), push()]);
    expect(said.filter((one) => one.includes('ok refs/heads/main'))).toHaveLength(1);
    expect(said.filter((one) => one.includes('ng refs/heads/main'))).toHaveLength(1);
    expect(readdirSync(stored('refs', 'heads'))).toEqual(['main']);
  });

  it.each(['refs/heads/main/../../../config', 'refs/heads/.hidden', 'refs/heads/main.lock', 'refs/notes/x/..', 'HEAD'])('makes no file named %s', async (reference) => {
    const answer = await push({ reference });
    expect(answer).not.toContain(`ok ${reference}`);
    expect(readFileSync(stored('config'), 'utf8')).toContain('bare = true');
    expect(readdirSync(stored('refs', 'heads'))).toEqual([]);
  });

  it('a later one is the business of git', async () => {
    await push();
    expect(await push()).toContain('ng refs/heads/main');
    await git(['push', '--quiet', url(), 'main:refs/heads/other']);
    expect(readdirSync(stored('refs', 'heads')).sort()).toEqual(['main', 'other']);
  });
});
