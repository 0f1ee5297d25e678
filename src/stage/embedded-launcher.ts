// SPDX-License-Identifier: Apache-2.0
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startGitHost } from '../embedded/git-host.ts';
import { startPolicyApi } from '../embedded/policy-api.ts';
import { startRegistry } from '../embedded/registry.ts';
import { startRekor } from '../embedded/rekor.ts';
import type { EmbeddedServer } from '../embedded/server.ts';
import { makeRegistrySecrets, type RegistrySecrets } from './registry-security.ts';
import type { Launcher, ServiceName, StartedService, StartOptions } from './service.ts';

/** Services in this process: nothing but Node and git is needed. */
export const embeddedLauncher: Launcher = {
  name: 'embedded',
  async start(service, options) {
    await mkdir(options.directory, { recursive: true, mode: 0o700 });
    const { server, ...rest } = await startServer(service, options);
    return started(service, server, rest);
  },
};

interface Running {
  readonly server: EmbeddedServer;
  readonly trustFile?: string;
  readonly secrets?: RegistrySecrets;
}

/** The names that a registry goes by in references. */
const registryHosts = ['registry.local'];

async function startServer(service: ServiceName, { directory, port, manners, isKept = false }: StartOptions): Promise<Running> {
  switch (service) {
    case 'registry': {
      if (manners === undefined) return { server: await startRegistry({ directory, port }) };
      // Beside what it stores: nothing of it can be asked for.
      const { secrets, ...made } = await makeRegistrySecrets(manners, `${directory}-secrets`, registryHosts);
      return { server: await startRegistry({ directory, port, ...made }), secrets };
    }
    case 'rekor': {
      const server = await startRekor({ directory, port, isKept });
      const trustFile = join(directory, 'log-public-key.pem');
      await writeFile(trustFile, server.publicKeyPem);
      return { server, trustFile };
    }
    case 'git': {
      const server = await startGitHost({ directory, port });
      return { server, trustFile: server.certificateFile };
    }
    case 'policy-api':
      return { server: await startPolicyApi({ port }) };
  }
}

function started(name: ServiceName, server: EmbeddedServer, rest: Omit<Running, 'server'>): StartedService {
  const logs = (): readonly string[] => server.logs();
  return {
    name,
    url: server.url,
    ...rest,
    logs,
    async stop() {
      await server.close();
      return { name, logs };
    },
    [Symbol.asyncDispose]: async () => await server.close(),
  };
}
