// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPolicyApi } from './policy-api.ts';
import type { EmbeddedServer } from './server.ts';

let api: EmbeddedServer;
const policies = '/apis/appstudio.redhat.com/v1alpha1/namespaces/acceptance/enterprisecontractpolicies';

beforeAll(async () => (api = await startPolicyApi()));
afterAll(async () => await api.close());

interface Answer {
  readonly status: number;
  readonly body: { readonly kind?: string; readonly reason?: string; readonly code?: number; readonly spec?: unknown; readonly items?: readonly unknown[]; readonly metadata?: unknown };
}

async function ask(method: string, path: string, body?: unknown): Promise<Answer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(`${api.url}${path}`, { method, ...(body === undefined ? {} : { body: text }) });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

function policy(name: string, spec: unknown = {}, kind = 'EnterpriseContractPolicy'): unknown {
  return { apiVersion: 'appstudio.redhat.com/v1alpha1', kind, metadata: { name }, spec };
}

describe('objects', () => {
  it('are created, read, replaced and listed', async () => {
    expect(await ask('POST', policies, policy('one', { a: 1 }))).toMatchObject({ status: 201 });
    expect(await ask('GET', `${policies}/one`)).toMatchObject({ status: 200, body: { kind: 'EnterpriseContractPolicy', spec: { a: 1 }, metadata: { name: 'one', namespace: 'acceptance' } } });
    expect(await ask('PUT', `${policies}/one`, policy('one', { a: 2 }))).toMatchObject({ status: 200 });
    expect((await ask('GET', `${policies}/one`)).body.spec).toEqual({ a: 2 });
    expect((await ask('GET', policies)).body).toMatchObject({ kind: 'EnterpriseContractPolicyList', items: [{ spec: { a: 2 } }] });
  });

  it('of another kind, namespace or world are apart', async () => {
    await ask('POST', policies, policy('apart'));
    for (const path of [`/other${policies}/apart`, `${policies.replace('acceptance', 'elsewhere')}/apart`, `${policies.replace('enterprisecontractpolicies', 'snapshots')}/apart`]) {
      expect((await ask('GET', path)).status).toBe(404);
    }
    expect((await ask('POST', `/other${policies}`, policy('apart'))).status).toBe(201);
  });
});

describe('refusals are Kubernetes Status objects', () => {
  it.each([
    ['an object that is not there', 'GET', `${policies}/missing`, undefined, 404, 'NotFound'],
    ['a resource that nobody has', 'GET', '/apis/apps/v1/namespaces/acceptance/deployments/x', undefined, 404, 'NotFound'],
    ['a second creation', 'POST', policies, policy('twice'), 409, 'AlreadyExists'],
    ['a replacement of nothing', 'PUT', `${policies}/nothing`, policy('nothing'), 404, 'NotFound'],
    ['another method', 'DELETE', `${policies}/twice`, undefined, 405, 'MethodNotAllowed'],
    ['a body that is not JSON', 'POST', policies, '{', 400, 'BadRequest'],
    ['a body without a name', 'POST', policies, { apiVersion: 'appstudio.redhat.com/v1alpha1', kind: 'EnterpriseContractPolicy' }, 400, 'BadRequest'],
    ['a name that can not be one', 'POST', policies, policy('../escape'), 400, 'BadRequest'],
    ['a kind of another resource', 'POST', policies, policy('kind', {}, 'Snapshot'), 400, 'BadRequest'],
    ['a name unlike the URL', 'PUT', `${policies}/twice`, policy('thrice'), 400, 'BadRequest'],
    ['a body without end', 'POST', policies, 'x'.repeat(2 * 1024 * 1024), 413, 'RequestEntityTooLarge'],
  ])('%s', async (_what, method, path, body, status, reason) => {
    await ask('POST', policies, policy('twice'));
    const answer = await ask(method, path, body);
    expect(answer).toMatchObject({ status, body: { kind: 'Status', reason, code: status } });
  });
});
