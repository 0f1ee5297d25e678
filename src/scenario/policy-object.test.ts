// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPolicyApi } from '../embedded/policy-api.ts';
import { ResourceStack } from '../foundation/resources.ts';
import { createTransport, type Transport } from '../oci/transport.ts';
import { applyPolicyObject } from './policy-object.ts';

const resources = new ResourceStack();
let url: string;
let transport: Transport;

beforeAll(async () => {
  transport = resources.own('transport', createTransport());
  ({ url } = resources.own('policy API', await startPolicyApi()));
});

afterAll(async () => await resources[Symbol.asyncDispose]());

/** As validators ask for it. */
async function read(path: string, world = 's-1'): Promise<{ status: number; object: unknown }> {
  const response = await transport.request(`${url}/${world}/apis/appstudio.redhat.com/v1alpha1/namespaces/acceptance/${path}`);
  return { status: response.status, object: JSON.parse((await response.bytes()).toString('utf8')) };
}

describe('applyPolicyObject', () => {
  it('creates an object', async () => {
    await applyPolicyObject(transport, `${url}/s-1`, { resource: 'enterprisecontractpolicies', name: 'created', spec: { sources: [{ policy: ['git::x'] }] } });
    expect(await read('enterprisecontractpolicies/created')).toEqual({
      status: 200,
      object: {
        apiVersion: 'appstudio.redhat.com/v1alpha1',
        kind: 'EnterpriseContractPolicy',
        metadata: expect.objectContaining({ name: 'created', namespace: 'acceptance' }) as object,
        spec: { sources: [{ policy: ['git::x'] }] },
      },
    });
  });

  it('replaces the one of that name, of that kind, in that world alone', async () => {
    const policy = { resource: 'enterprisecontractpolicies', name: 'same' } as const;
    await applyPolicyObject(transport, `${url}/s-1`, { ...policy, spec: { a: 1, b: 2 } });
    await applyPolicyObject(transport, `${url}/s-2`, { ...policy, spec: { other: true } });
    await applyPolicyObject(transport, `${url}/s-1`, { resource: 'snapshots', name: 'same', spec: { components: [] } });
    await applyPolicyObject(transport, `${url}/s-1`, { ...policy, spec: { a: 3 } });
    expect(await read('enterprisecontractpolicies/same')).toMatchObject({ object: { spec: { a: 3 } } });
    expect((await read('enterprisecontractpolicies/same')).object).not.toHaveProperty('spec.b');
    expect(await read('enterprisecontractpolicies/same', 's-2')).toMatchObject({ object: { spec: { other: true } } });
    expect(await read('snapshots/same')).toMatchObject({ object: { kind: 'Snapshot', spec: { components: [] } } });
  });

  it('fails with what the API says when it refuses', async () => {
    for (const name of ['Not A Name', '', '../../x', 'x'.repeat(300)]) {
      const applied = applyPolicyObject(transport, `${url}/s-1`, { resource: 'snapshots', name, spec: {} });
      await expect(applied).rejects.toMatchObject({ code: 'POLICY_API_REFUSED', message: expect.stringContaining('400') });
    }
    await expect(applyPolicyObject(transport, `${url}/a/b`, { resource: 'snapshots', name: 'x', spec: {} })).rejects.toMatchObject({ code: 'POLICY_API_REFUSED' });
    await expect(applyPolicyObject(transport, 'http://127.0.0.1:1', { resource: 'snapshots', name: 'x', spec: {} })).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
  });
});
