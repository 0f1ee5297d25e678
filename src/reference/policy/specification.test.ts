// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { serve } from '../../embedded/server.ts';
import { loadSpecification } from './specification.ts';

const expected = { sources: [{ policy: ['git::https://h/a.git'] }], publicKey: 'k', rekorUrl: undefined };
const spec = { sources: [{ policy: ['git::https://h/a.git'] }], publicKey: 'k', configuration: {} };

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'specification-test-'));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

async function kubeconfig(server: string): Promise<void> {
  const file = join(folder, 'kubeconfig');
  const config = {
    'current-context': 'here',
    contexts: [{ name: 'here', context: { cluster: 'c', user: 'u', namespace: 'acceptance' } }],
    clusters: [{ name: 'c', cluster: { server } }],
    users: [{ name: 'u', user: { token: 'secret' } }],
  };
  await writeFile(file, JSON.stringify(config));
  vi.stubEnv('KUBECONFIG', file);
}

describe('loadSpecification', () => {
  it('reads inline JSON, inline YAML, a file, and an object with a spec', async () => {
    const file = join(folder, 'policy.yaml');
    await writeFile(file, `spec:\n  sources:\n    - policy: ["git::https://h/a.git"]\n  publicKey: k\n`);
    const forms = [JSON.stringify(spec), 'sources:\n  - policy:\n      - git::https://h/a.git\npublicKey: k', file];
    for (const form of forms) expect(await loadSpecification(form)).toEqual(expected);
  });

  it('reads an object of the cluster, with a path prefix, a token and the namespace of the context', async () => {
    const seen: unknown[] = [];
    await using api = await serve(
      createServer(),
      (request, response) => {
        seen.push([request.url, request.headers.authorization]);
        response.end(JSON.stringify({ kind: 'EnterpriseContractPolicy', metadata: { name: 'p' }, spec }));
      },
      { protocol: 'http' },
    );
    await kubeconfig(`${api.url}/prefix/`);
    expect(await loadSpecification('p')).toEqual(expected);
    expect(await loadSpecification('other/p')).toEqual(expected);
    const path = (namespace: string): string =>
      `/prefix/apis/appstudio.redhat.com/v1alpha1/namespaces/${namespace}/enterprisecontractpolicies/p`;
    expect(seen).toEqual([
      [path('acceptance'), 'Bearer secret'],
      [path('other'), 'Bearer secret'],
    ]);
  });

  it('says so when the cluster refuses', async () => {
    await using api = await serve(createServer(), (_request, response) => void response.writeHead(404).end(), { protocol: 'http' });
    await kubeconfig(api.url);
    await expect(loadSpecification('ns/none')).rejects.toMatchObject({ code: 'POLICY_API_REFUSED' });
  });

  it.each([
    ['an address', 'git::https://host/policy.yaml'],
    ['a word that is neither file nor name', '../Nowhere'],
    ['a list', '[{}]'],
    ['broken text', '{"sources": ['],
    ['rules to leave out', JSON.stringify({ ...spec, configuration: { exclude: ['main.acceptor'] } })],
    ['data', JSON.stringify({ sources: [{ policy: ['a'], data: ['oci::b'] }] })],
    ['a policy that is no list', JSON.stringify({ sources: [{ policy: 'a' }] })],
  ])('refuses %s', async (_what, policy) => {
    await expect(loadSpecification(policy)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});
