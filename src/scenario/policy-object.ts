// SPDX-License-Identifier: Apache-2.0
import type { Transport } from '../oci/transport.ts';
import { StampedeError } from '../foundation/errors.ts';

/** The namespace that feature files expect their objects in. */
export const policyNamespace = 'acceptance';

const group = 'appstudio.redhat.com';
const version = 'v1alpha1';

const kinds = {
  enterprisecontractpolicies: 'EnterpriseContractPolicy',
  snapshots: 'Snapshot',
} as const;

export interface PolicyObject {
  readonly resource: keyof typeof kinds;
  readonly name: string;
  readonly spec: unknown;
  /** Default: the one of feature files. */
  readonly namespace?: string;
}

/**
 * Creates an object, or replaces the one of that name, as `kubectl apply` would.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/
 * @throws StampedeError POLICY_API_REFUSED
 */
export async function applyPolicyObject(transport: Transport, serverUrl: string, { resource, name, spec, namespace = policyNamespace }: PolicyObject): Promise<void> {
  const collection = `${serverUrl}/apis/${group}/${version}/namespaces/${namespace}/${resource}`;
  const body = { apiVersion: `${group}/${version}`, kind: kinds[resource], metadata: { name, namespace }, spec };
  const send = async (method: string, url: string): Promise<{ status: number; text: string }> => {
    const response = await transport.request(url, {
      method,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify(body)),
    });
    return { status: response.status, text: (await response.bytes(65_536)).toString('utf8') };
  };
  const created = await send('POST', collection);
  const answer = created.status === 409 ? await send('PUT', `${collection}/${name}`) : created;
  if (answer.status >= 300) {
    throw new StampedeError('POLICY_API_REFUSED', `the policy API answered ${answer.status} for ${name}: ${answer.text}`);
  }
}
