// SPDX-License-Identifier: Apache-2.0
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { secretHider, type Hider } from '../foundation/secrets.ts';
import { readRegistryPass, type RegistryPass } from '../stage/registry-security.ts';
import type { StageAddresses } from '../stage/service.ts';

/** Replaces by name, in all that is kept of a run, what lets somebody into its registry. */
export function hiderFor({ registrySecrets }: Pick<StageAddresses, 'registrySecrets'>): Hider {
  const pass = readRegistryPass(registrySecrets);
  if (pass === undefined) return secretHider([]);
  return secretHider([
    { name: 'REGISTRY_PASSWORD', text: pass.password, kind: 'whole' },
    { name: 'REGISTRY_AUTHORIZATION', text: basicOf(pass), kind: 'whole' },
    { name: 'REGISTRY_TOKEN', text: pass.tokenPrefix, kind: 'beginning' },
  ]);
}

/**
 * What lets a validator into a registry that it calls `registryName`: DOCKER_CONFIG, a folder in `root` with a file as
 * https://docs.docker.com/reference/cli/docker/#docker-cli-configuration-file-configjson-properties describes. Nothing where anybody is let in.
 */
export async function registryLoginEnvironment({ registrySecrets }: Pick<StageAddresses, 'registrySecrets'>, root: string, registryName: string): Promise<Readonly<Record<string, string>>> {
  const pass = readRegistryPass(registrySecrets);
  if (pass === undefined) return {};
  const folder = join(root, `docker-${registryName.replaceAll(/[^\w.]/g, '-')}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(join(folder, 'config.json'), `${JSON.stringify({ auths: { [registryName]: { auth: basicOf(pass) } } })}\n`, { mode: 0o600 });
  return { DOCKER_CONFIG: folder };
}

function basicOf({ username, password }: RegistryPass): string {
  return Buffer.from(`${username}:${password}`).toString('base64');
}
