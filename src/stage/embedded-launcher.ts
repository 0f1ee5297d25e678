// SPDX-License-Identifier: Apache-2.0
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startGitHost } from '../embedded/git-host.ts';
import { startPolicyApi } from '../embedded/policy-api.ts';
import { startRegistry } from '../embedded/registry.ts';
import { startRekor } from '../embedded/rekor.ts';
import type { EmbeddedServer } from '../embedded/server.ts';
import type { Launcher, ServiceName, StartedService, StartOptions } from './service.ts';

/** Services in this process: nothing but Node and git is needed. */
export const embeddedLauncher: Launcher = {
  name: 'embedded',
  async start(service, options) {
    await mkdir(options.directory, { recursive: true, mode: 0o700 });
    const { server, trustFile } = await startServer(service, options);
    return started(service, server, trustFile);
  },
};

interface Running {
  readonly server: EmbeddedServer;
  readonly trustFile?: string;
}

async function startServer(service: ServiceName, { directory, port }: StartOptions): Promise<Running> {
  switch (service) {
    case 'registry':
      return { server: await startRegistry({ directory, port }) };
    case 'rekor': {
      const server = await startRekor({ directory, port });
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

function started(name: ServiceName, server: EmbeddedServer, trustFile: string | undefined): StartedService {
  const logs = (): readonly string[] => server.logs();
  return {
    name,
    url: server.url,
    ...(trustFile === undefined ? {} : { trustFile }),
    logs,
    async stop() {
      await server.close();
      return { name, logs };
    },
    [Symbol.asyncDispose]: async () => await server.close(),
  };
}
