// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { Settings } from '../config.ts';
import { StampedeError } from '../foundation/errors.ts';
import type { ResourceStack } from '../foundation/resources.ts';
import { embeddedLauncher } from '../stage/embedded-launcher.ts';
import { externalLauncher, type ExternalAddresses } from '../stage/external-launcher.ts';
import type { Launcher } from '../stage/service.ts';

export interface LauncherRequest {
  readonly settings: Pick<Settings, 'stage' | 'composeFile' | keyof ExternalAddresses>;
  /** The project's own folder. */
  readonly root: string;
  readonly resources: ResourceStack;
  readonly say: (line: string) => void;
}

/** The launcher that the settings ask for; what it needs is loaded only then, and released with `resources`. */
export async function openLauncher({ settings, root, resources, say }: LauncherRequest): Promise<Launcher> {
  switch (settings.stage) {
    case 'embedded':
      return embeddedLauncher;
    case 'containers': {
      const { openContainerLauncher } = await import('../containers/launcher.ts');
      const opening = openContainerLauncher({ composeFile: settings.composeFile ?? join(root, 'docker-compose.yml'), environment: process.env });
      resources.defer('containers', async () => await opening.then(async (launcher) => await launcher[Symbol.asyncDispose](), () => undefined), 30_000);
      const launcher = await opening;
      launcher.swept.forEach((tag) => say(`removed the containers of an earlier run that was killed: ${tag}`));
      return launcher;
    }
    case 'external':
      return externalLauncher(allOf(settings));
  }
}

function allOf({ registryUrl, rekorUrl, gitUrl, gitCertificate }: LauncherRequest['settings']): ExternalAddresses {
  if (registryUrl !== undefined && rekorUrl !== undefined && gitUrl !== undefined && gitCertificate !== undefined) return { registryUrl, rekorUrl, gitUrl, gitCertificate };
  throw new StampedeError('CONFIG_INVALID', 'an external stage needs --registry-url, --rekor-url, --git-url and --git-certificate', { hint: 'deploy/README.md shows one' });
}
