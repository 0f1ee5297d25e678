// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGitHost, type GitHost } from '../embedded/git-host.ts';
import { startPolicyApi } from '../embedded/policy-api.ts';
import { toolOrSkip } from '../foundation/tools.ts';
import { kubeconfigFor } from '../stage/kubeconfig.ts';

const run = promisify(execFile);
const go = toolOrSkip('go');
const sources = fileURLToPath(new URL('./go-clients/', import.meta.url));

describe.skipIf(go === undefined)('clients written in Go', () => {
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'go-clients-'));
    mkdirSync(join(folder, 'bin'));
    await run(go ?? '', ['build', '-buildvcs=false', '-o', join(folder, 'bin'), './git', './policies'], { cwd: sources });
  }, 600_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const client = async (name: string, ...args: readonly string[]): Promise<unknown> => JSON.parse((await run(join(folder, 'bin', name), [...args], { env: { HOME: folder, PATH: process.env['PATH'] } })).stdout);

  describe('go-git', () => {
    let host: GitHost;
    let commits: Readonly<Record<string, string>>;

    beforeAll(async () => {
      host = await startGitHost({ directory: join(folder, 'host') });
      const tree = join(folder, 'tree');
      const env = { PATH: process.env['PATH'], HOME: folder, GIT_CONFIG_NOSYSTEM: '1', GIT_SSL_CAINFO: host.certificateFile };
      const git = async (...args: readonly string[]): Promise<string> => (await run('git', ['-c', 'user.name=a', '-c', 'user.email=a@localhost', ...args], { cwd: tree, env })).stdout.trim();
      mkdirSync(tree);
      await git('init', '--quiet', '--initial-branch=main');
      for (const name of ['one', 'two', 'three']) {
        if (name === 'three') await git('checkout', '--quiet', '-b', 'side');
        writeFileSync(join(tree, name), name);
        await git('add', '--all');
        await git('commit', '--quiet', `--message=${name}`);
        if (name === 'one') await git('tag', 'v1');
      }
      await git('push', '--quiet', `${host.url}/git/policy.git`, 'main', 'side', 'v1');
      commits = { v1: await git('rev-parse', 'v1'), main: await git('rev-parse', 'main'), side: await git('rev-parse', 'side') };
    });
    afterAll(async () => await host.close());

    it('lists, clones, clones a part and a tag, pushes', async () => {
      const { v1, main, side } = commits;
      expect(await client('git', `${host.url}/git/policy.git`, host.certificateFile, join(folder, 'clones'))).toEqual({
        references: { 'refs/heads/main': main, 'refs/heads/side': side, 'refs/tags/v1': v1 },
        whole: { head: main, commits: 2, files: ['one', 'two'] },
        shallow: { head: side, commits: 1, files: ['one', 'three', 'two'] },
        tag: { head: v1, commits: 1, files: ['one'] },
        push: '',
      });
    });

    it('is refused its push by a host that takes none, after it has cloned', async () => {
      await host.close();
      host = await startGitHost({ directory: join(folder, 'host'), isReadOnly: true });
      expect(await client('git', `${host.url}/git/policy`, host.certificateFile, join(folder, 'others'))).toMatchObject({
        whole: { head: commits['main'] },
        push: expect.stringMatching(/authorization failed|403/) as string,
      });
    });
  });

  it("client-go's dynamic client finds, makes, reads, replaces and lists policies, and is told what is not there", async () => {
    await using api = await startPolicyApi();
    const kubeconfig = join(folder, 'kubeconfig');
    writeFileSync(kubeconfig, kubeconfigFor({ server: api.url, namespace: 'acceptance' }));
    expect(await client('policies', kubeconfig)).toEqual({
      kinds: ['EnterpriseContractPolicy', 'Snapshot'],
      spec: { publicKey: 'one' },
      updated: { publicKey: 'two' },
      namespace: ['acceptance/strict'],
      all: ['acceptance/strict'],
      notFound: true,
      exists: true,
      watch: 'MethodNotAllowed',
    });
  });
});
