// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { startGitHost, type GitHost } from '../../embedded/git-host.ts';
import { createTransport } from '../../oci/transport.ts';
import { openWorkFolder } from '../work-folder.ts';
import { fetchPolicy, type FetchedPolicy } from './fetch.ts';
import { parsePolicySource } from './source.ts';

const run = promisify(execFile);
const identity = { GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@localhost', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@localhost' };

/** These sources lie elsewhere. */
const noRegistry = { transport: createTransport(), insecure: false };
let folder: string;
let host: GitHost;
let address: string;
let first: string;
let second: string;
let work = openWorkFolder();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fetch-test-'));
  host = await startGitHost({ directory: join(folder, 'host') });
  address = `${host.url}/git/policy.git`;
  [first, second] = await publishTwoCommits();
});

afterAll(async () => {
  await host.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
});

beforeEach(() => {
  vi.stubEnv('GIT_SSL_CAINFO', undefined);
  vi.stubEnv('GIT_SSL_NO_VERIFY', undefined);
  vi.stubEnv('SSL_CERT_FILE', host.certificateFile);
  work = openWorkFolder();
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await work.clear();
});

/** The second commit is `main`, the first the tag `v1`; both have `sub/which.txt`. */
async function publishTwoCommits(): Promise<[string, string]> {
  const cwd = join(folder, 'source');
  await mkdir(join(cwd, 'sub'), { recursive: true });
  const env = { ...process.env, ...identity, GIT_SSL_CAINFO: host.certificateFile, HOME: folder, NO_PROXY: '*' };
  const git = async (...args: readonly string[]): Promise<string> => (await run('git', args, { cwd, env })).stdout.trim();
  const commit = async (content: string): Promise<string> => {
    await writeFile(join(cwd, 'sub', 'which.txt'), content);
    await git('add', '--all');
    await git('commit', '--quiet', '--message', content);
    return await git('rev-parse', 'HEAD');
  };
  await git('init', '--quiet', '--initial-branch=main');
  const one = await commit('first');
  await git('tag', 'v1');
  const two = await commit('second');
  await git('push', '--quiet', address, 'main', 'v1');
  return [one, two];
}

async function fetch(source: string): Promise<FetchedPolicy & { which: string }> {
  const fetched = await fetchPolicy(parsePolicySource(source), work, noRegistry);
  return { ...fetched, which: await readFile(join(fetched.folder, 'which.txt'), 'utf8') };
}

describe('fetchPolicy', () => {
  it('takes the default branch, a branch, a tag, or a commit of the history', async () => {
    expect(await fetch(`git::${address}//sub`)).toMatchObject({ version: second, which: 'second' });
    expect(await fetch(`git::${address}//sub?ref=main`)).toMatchObject({ version: second, which: 'second' });
    expect(await fetch(`git::${address}//sub?ref=v1`)).toMatchObject({ version: first, which: 'first' });
    expect(await fetch(`git::${address}//sub?ref=${first}`)).toMatchObject({ version: first, which: 'first' });
  });

  it('trusts only the certificates it is told of', async () => {
    vi.stubEnv('SSL_CERT_FILE', undefined);
    await expect(fetch(`git::${address}//sub`)).rejects.toMatchObject({ code: 'GIT_FAILED' });
    vi.stubEnv('GIT_SSL_NO_VERIFY', 'true');
    expect(await fetch(`git::${address}//sub`)).toMatchObject({ which: 'second' });
  });

  it('never goes to a loopback address through a proxy', async () => {
    for (const name of ['HTTPS_PROXY', 'https_proxy']) vi.stubEnv(name, 'http://127.0.0.1:1');
    expect(await fetch(`git::${address}//sub`)).toMatchObject({ which: 'second' });
  });

  it.each(['?ref=nowhere', '?ref=--upload-pack=x', `?ref=${'0'.repeat(40)}`])('says what git said about %s', async (query) => {
    await expect(fetch(`git::${address}//sub${query}`)).rejects.toMatchObject({ code: 'GIT_FAILED', message: expect.stringMatching(/: \S+/) as string });
  });

  it('names a folder that is not there, in the repository or here', async () => {
    await expect(fetch(`git::${address}//none`)).rejects.toMatchObject({ code: 'POLICY_MALFORMED' });
    await expect(fetch(join(folder, 'none'))).rejects.toMatchObject({ code: 'POLICY_MALFORMED' });
  });

  it('takes a folder as it lies there', async () => {
    expect(await fetch(join(folder, 'source', 'sub'))).toMatchObject({ version: undefined, which: 'second' });
  });

  it('says that git is missing', async () => {
    vi.stubEnv('PATH', folder);
    await expect(fetch(`git::${address}`)).rejects.toMatchObject({ code: 'GIT_MISSING' });
  });
});
