// SPDX-License-Identifier: Apache-2.0
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGitHost, type GitHost } from '../embedded/git-host.ts';
import { startPolicyApi } from '../embedded/policy-api.ts';
import { seededRandom } from '../foundation/seed.ts';
import { randomLayer } from '../oci/layer.ts';
import { createTransport } from '../oci/transport.ts';
import { openTestStage, type Ended, type TestStage } from './test-stage.ts';

const run = promisify(execFile);
const names = ['a', 'b', 'c'];
let stage: TestStage;
let host: GitHost;

beforeAll(async () => {
  stage = await openTestStage();
  host = await startGitHost({ directory: join(stage.folder, 'git') });
  for (const name of names) {
    const repository = `acceptance/${name}`;
    const { digest } = await stage.push(repository, { layers: [await randomLayer(seededRandom(name), 100)] });
    await stage.sign(repository, digest);
    await stage.attest(repository, digest);
  }
}, 30_000);

afterAll(async () => {
  await host.close();
  await stage[Symbol.asyncDispose]();
});

/** Pushes the compiled examples and returns the commit. */
async function publish(name: string, ...examples: readonly string[]): Promise<string> {
  return await publishFolder(name, await stage.policyFolder(...examples));
}

async function publishFolder(name: string, cwd: string): Promise<string> {
  const identity = { GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@localhost', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@localhost' };
  const env = { PATH: process.env['PATH'], HOME: stage.folder, GIT_SSL_CAINFO: host.certificateFile, ...identity };
  const git = async (...args: readonly string[]): Promise<string> => (await run('git', args, { cwd, env })).stdout.trim();
  await git('init', '--quiet', '--initial-branch=main');
  await git('add', '--all');
  await git('commit', '--quiet', '--message=policy');
  await git('push', '--quiet', `${host.url}/git/${name}.git`, 'main');
  return await git('rev-parse', 'HEAD');
}

async function validate(policy: string, environment: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const components = names.map((name) => ({ name, containerImage: `registry.local/acceptance/${name}` }));
  const args = ['validate', 'image', '--public-key', stage.knownFile, '--policy', policy, '--images', JSON.stringify({ components }), '--show-successes'];
  return await stage.run(args, { SSL_CERT_FILE: host.certificateFile, ...environment });
}

describe('policies of a run', () => {
  it('come from a git repository, fetched once for all components and mentions, and are reported with their commit', async () => {
    const commit = await publish('happy', 'happy_day');
    const source = `git::${host.url}/git/happy.git`;
    const before = host.logs().filter((line) => line.includes('/git/happy.git/info/refs')).length;
    const ended = await validate(JSON.stringify({ sources: [{ policy: [source] }, { policy: [source] }] }), { HTTPS_PROXY: 'http://127.0.0.1:1' });
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' });
    expect(host.logs().filter((line) => line.includes('/git/happy.git/info/refs'))).toHaveLength(before + 1);
    const pinned = `git::${new URL(host.url).host}/git/happy.git?ref=${commit}`;
    expect(ended.report?.policy.sources).toEqual([{ policy: [pinned] }, { policy: [pinned] }]);
    const codes = ended.report?.components.map(({ successes }) => successes?.slice(3).map(({ metadata }) => metadata?.['code']));
    expect(codes).toEqual(names.map(() => ['main.acceptor', 'main.acceptor']));
  });

  it('are named by an object of the cluster', async () => {
    await publish('rejecting', 'reject');
    await using api = await startPolicyApi();
    await using transport = createTransport();
    const object = {
      apiVersion: 'appstudio.redhat.com/v1alpha1',
      kind: 'EnterpriseContractPolicy',
      metadata: { name: 'strict' },
      spec: { sources: [{ policy: [`git::${host.url}/git/rejecting.git`] }], publicKey: stage.known.publicKeyPem },
    };
    const server = `${api.url}/scenario-1`;
    const created = await transport.request(`${server}/apis/appstudio.redhat.com/v1alpha1/namespaces/acceptance/enterprisecontractpolicies`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify(object)),
    });
    expect((await created.bytes(), created.status)).toBe(201);
    const kubeconfig = join(stage.folder, 'kubeconfig');
    const context = { cluster: 'here', namespace: 'acceptance' };
    await writeFile(kubeconfig, JSON.stringify({ 'current-context': 'c', contexts: [{ name: 'c', context }], clusters: [{ name: 'here', cluster: { server } }] }));
    for (const name of ['acceptance/strict', 'strict']) {
      const ended = await validate(name, { KUBECONFIG: kubeconfig });
      expect(ended.exitCode).toBe(1);
      expect(ended.report?.components.map(({ violations }) => violations?.map(({ msg }) => msg))).toEqual(names.map(() => ['Every image is rejected']));
    }
    expect(await validate('acceptance/none', { KUBECONFIG: kubeconfig })).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringMatching(/^Error: can't read .*\n$/) as string });
  });

  it('are let go when the run is interrupted while git waits', async () => {
    await using silent = createServer();
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const connected = once(silent, 'connection');
    const policy = JSON.stringify({ sources: [{ policy: [`git::https://127.0.0.1:${port}/git/a.git`] }] });
    const args = ['validate', 'image', '--image', 'registry.local/a', '--public-key', stage.knownFile, '--policy', policy];
    const child = spawn(stage.program, args, { cwd: stage.folder, env: stage.environment, stdio: ['ignore', 'ignore', 'pipe'] });
    const ended = Promise.all([once(child, 'close'), text(child.stderr)]);
    const [socket] = (await connected) as [Socket];
    child.kill('SIGTERM');
    expect(await ended).toEqual([[143, null], '']);
    expect((await readdir(stage.folder)).filter((name) => name.startsWith('ec-work-'))).toEqual([]);
    socket.destroy();
  });

  it('must lie there compiled', async () => {
    const folder = await stage.policyFolder('reject');
    await rm(join(folder, 'reject.wasm'));
    await publishFolder('uncompiled', folder);
    const ended = await validate(JSON.stringify({ sources: [{ policy: [`git::${host.url}/git/uncompiled.git`] }] }));
    expect(ended).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringMatching(/^Error: reject\.rego .*npm run policies:build -- DIR.*\n$/) as string });
  });
});
