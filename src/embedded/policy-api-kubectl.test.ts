// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toolOrSkip } from '../foundation/tools.ts';
import { kubeconfigFor } from '../stage/kubeconfig.ts';
import { startPolicyApi } from './policy-api.ts';
import type { EmbeddedServer } from './server.ts';

const run = promisify(execFile);
const kubectl = toolOrSkip('kubectl');

describe.skipIf(kubectl === undefined)('kubectl', { timeout: 30_000 }, () => {
  let folder: string;
  let api: EmbeddedServer;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kubectl-test-'));
    api = await startPolicyApi();
    writeFileSync(join(folder, 'kubeconfig'), kubeconfigFor({ server: api.url, namespace: 'acceptance' }));
    writeFileSync(join(folder, 'world'), kubeconfigFor({ server: `${api.url}/s-1`, namespace: 'acceptance' }));
    const policy = { apiVersion: 'appstudio.redhat.com/v1alpha1', kind: 'EnterpriseContractPolicy', metadata: { name: 'strict' }, spec: { publicKey: 'k8s://a/b', sources: [{ policy: ['oci::x'] }] } };
    writeFileSync(join(folder, 'policy.json'), JSON.stringify(policy));
    await asked('create', '-f', 'policy.json');
  });

  afterAll(async () => {
    await api.close();
    rmSync(folder, { recursive: true });
  });

  async function asked(...words: readonly string[]): Promise<string> {
    return await askedWith('kubeconfig', words);
  }

  async function askedWith(config: string, words: readonly string[]): Promise<string> {
    return (await run(kubectl ?? '', [...words], { cwd: folder, env: { HOME: folder, PATH: process.env['PATH'], KUBECONFIG: join(folder, config) } })).stdout;
  }

  it('creates after it has looked at the schema, and gets what it created', async () => {
    expect(JSON.parse(await asked('get', 'enterprisecontractpolicies', 'strict', '-n', 'acceptance', '-o', 'json'))).toMatchObject({ kind: 'EnterpriseContractPolicy', metadata: { name: 'strict', namespace: 'acceptance' }, spec: { sources: [{ policy: ['oci::x'] }] } });
  });

  it.each([[['-n', 'acceptance']], [['--all-namespaces']]])('lists %j', async (where) => {
    expect(await asked('get', 'enterprisecontractpolicies', ...where)).toMatch(/NAME +AGE\n.*strict +\d+s/);
  });

  it.each(['ecp', 'enterprisecontractpolicy', 'enterprisecontractpolicies.appstudio.redhat.com'])('knows them as %s', async (name) => {
    expect(await asked('get', name, '-o', 'name')).toBe('enterprisecontractpolicy.appstudio.redhat.com/strict\n');
  });

  it('finds the kinds', async () => {
    expect(await asked('api-resources', '--no-headers')).toMatch(/enterprisecontractpolicies +ecp +appstudio\.redhat\.com\/v1alpha1 +true +EnterpriseContractPolicy/);
  });

  it('asks below a path, where other objects are', async () => {
    expect(await askedWith('world', ['get', 'ecp', '-o', 'name'])).toBe('');
  });

  it('is told at once that there is no watch', async () => {
    await expect(asked('get', 'ecp', '--watch')).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('MethodNotAllowed') as string });
  });

  it('is told what is not there', async () => {
    await expect(asked('get', 'ecp', 'lax')).rejects.toThrow(/Error from server \(NotFound\)/);
    await expect(asked('get', 'enterprisecontractpolicies', 'nosuch', '-n', 'acceptance')).rejects.toMatchObject({ code: 1, stdout: '', stderr: 'Error from server (NotFound): enterprisecontractpolicies.appstudio.redhat.com "nosuch" not found\n' });
    await expect(asked('get', 'pods')).rejects.toThrow(`the server doesn't have a resource type "pods"`);
    await expect(asked('create', '-f', 'policy.json')).rejects.toThrow(/AlreadyExists/);
  });
});
