// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import type { Environment } from './proxy.ts';
import { createRegistryClient, type RegistryClient } from './registry-client.ts';
import { registryLogin } from './registry-login.ts';
import type { Transport } from './transport.ts';
import { dockerCredentials } from './docker-config.ts';

export interface Connection {
  readonly transport: Transport;
  /** Plain http may be spoken to every registry. */
  readonly insecure: boolean;
  /** Where it stands who asks; absent: nobody in particular. */
  readonly environment?: Environment;
}

const known = new WeakMap<Transport, Map<string, Promise<RegistryClient>>>();

/**
 * The registry at a host, asked as somebody if that is known. As Go's clients do it, https is tried first even where plain http would do.
 * @throws StampedeError CONFIG_INVALID
 */
export async function registryAt(host: string, connection: Connection): Promise<RegistryClient> {
  const clients = known.get(connection.transport) ?? new Map<string, Promise<RegistryClient>>();
  known.set(connection.transport, clients);
  const client = clients.get(host) ?? openRegistry(host, connection);
  clients.set(host, client);
  return await client;
}

async function openRegistry(host: string, { transport, insecure, environment }: Connection): Promise<RegistryClient> {
  const mayBePlain = insecure || isLocal(host);
  const baseUrl = `${mayBePlain && !(await speaksHttps(host, transport)) ? 'http' : 'https'}://${host}`;
  const credentials = environment === undefined ? undefined : dockerCredentials(host, environment);
  return createRegistryClient({ baseUrl, transport, ...(credentials === undefined ? {} : { login: registryLogin(credentials, baseUrl, transport) }) });
}

async function speaksHttps(host: string, transport: Transport): Promise<boolean> {
  try {
    const { body } = await transport.request(`https://${host}/v2/`);
    body.resume();
    return true;
  } catch {
    return false;
  }
}

/** The certificates that SSL_CERT_FILE names, which then are the only ones; a file that is not there is passed over, as Go's programs do. */
export function trustedBy({ SSL_CERT_FILE: file }: Environment): { readonly caPem?: string } {
  try {
    return file === undefined || file === '' ? {} : { caPem: readFileSync(file, 'utf8') };
  } catch {
    return {};
  }
}

/** Names that Go's clients may speak plain http to. */
function isLocal(host: string): boolean {
  const name = host.replace(/:\d+$/, '');
  return name === 'localhost' || name === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(name) || /\.local(host)?$/.test(name);
}
