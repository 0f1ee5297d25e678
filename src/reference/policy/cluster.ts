// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { parse } from 'yaml';
import { StampedeError } from '../../foundation/errors.ts';
import { createTransport } from '../../oci/transport.ts';

/** The parts of a kubeconfig that are used. https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/ */
interface Kubeconfig {
  readonly 'current-context'?: string;
  readonly contexts?: readonly { readonly name: string; readonly context: { readonly cluster: string; readonly user?: string; readonly namespace?: string } }[];
  readonly clusters?: readonly { readonly name: string; readonly cluster: Cluster }[];
  readonly users?: readonly { readonly name: string; readonly user?: { readonly token?: string } }[];
}

interface Cluster {
  readonly server: string;
  readonly 'certificate-authority-data'?: string;
}

interface Access {
  readonly cluster: Cluster;
  readonly namespace: string;
  readonly token: string | undefined;
}

const nameForm = /^(?:([a-z0-9](?:[-a-z0-9]*[a-z0-9])?)\/)?([a-z0-9](?:[-.a-z0-9]*[a-z0-9])?)$/;

/**
 * Reads an object of the group appstudio.redhat.com/v1alpha1, named `NAMESPACE/NAME` or `NAME` in the namespace of
 * the kubeconfig's current context.
 * @throws StampedeError CONFIG_INVALID, POLICY_API_REFUSED
 */
export async function readClusterObject(resource: string, reference: string): Promise<unknown> {
  const [, namespace, name] = nameForm.exec(reference) ?? [];
  if (name === undefined) {
    throw new StampedeError('CONFIG_INVALID', `${JSON.stringify(reference)} is no file and no name of an object`, {
      hint: 'a policy is inline JSON or YAML, a file, or NAMESPACE/NAME',
    });
  }
  const access = await currentAccess();
  const path = `apis/appstudio.redhat.com/v1alpha1/namespaces/${namespace ?? access.namespace}/${resource}/${name}`;
  const url = new URL(`${access.cluster.server.replace(/\/+$/, '')}/${path}`);
  try {
    return JSON.parse(await get(url.href, access));
  } catch (error) {
    throw new StampedeError('POLICY_API_REFUSED', `can't read ${resource}/${reference} from ${url.origin}`, { cause: error });
  }
}

async function currentAccess(): Promise<Access> {
  const file = (process.env['KUBECONFIG'] ?? '').split(delimiter).find((one) => one !== '') ?? join(homedir(), '.kube', 'config');
  const config = (await readFile(file, 'utf8').then(parse).catch((cause: unknown) => {
    throw new StampedeError('CONFIG_INVALID', `can't read the kubeconfig ${file}`, { cause, hint: 'set KUBECONFIG' });
  })) as Kubeconfig | null;
  const context = (config?.contexts ?? []).find(({ name }) => name === config?.['current-context'])?.context;
  const cluster = (config?.clusters ?? []).find(({ name }) => name === context?.cluster)?.cluster;
  if (context === undefined || cluster === undefined || !URL.canParse(cluster.server)) {
    throw new StampedeError('CONFIG_INVALID', `the kubeconfig ${file} has no current context with a cluster`);
  }
  const token = (config?.users ?? []).find(({ name }) => name === context.user)?.user?.token;
  return { cluster, namespace: context.namespace ?? 'default', token };
}

async function get(url: string, { cluster, token }: Access): Promise<string> {
  const authority = cluster['certificate-authority-data'];
  const trusted = authority === undefined ? {} : { caPem: Buffer.from(authority, 'base64').toString('utf8') };
  await using transport = createTransport({ environment: process.env, ...trusted });
  const headers = { accept: 'application/json', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) };
  const response = await transport.request(url, { headers });
  const body = await response.bytes();
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}`);
  return body.toString('utf8');
}
