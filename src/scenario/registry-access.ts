// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { registryLogin } from '../oci/registry-login.ts';
import type { RegistryConnection } from '../oci/registry-exchange.ts';
import { createTransport, type Transport } from '../oci/transport.ts';
import { readRegistryPass } from '../stage/registry-security.ts';
import type { StageAddresses } from '../stage/service.ts';

/** Connections to the services of a stage; the git host's are git's own. */
export async function openTransport({ registrySecrets }: StageAddresses): Promise<Transport & AsyncDisposable> {
  const tls = registrySecrets?.tls;
  return createTransport(tls === undefined ? {} : { caPem: await readFile(tls.authorityFile, 'utf8') });
}

/** Who asks the registry; nothing where anybody may. */
export function loginTo({ registryUrl, registrySecrets }: StageAddresses, transport: Transport): Pick<RegistryConnection, 'login'> {
  const pass = readRegistryPass(registrySecrets);
  return pass === undefined ? {} : { login: registryLogin(pass, registryUrl, transport) };
}
