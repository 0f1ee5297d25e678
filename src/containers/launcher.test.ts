// SPDX-License-Identifier: Apache-2.0
import { afterAll, describe } from 'vitest';
import { launcherSuite } from '../stage/launcher.suite.ts';
import { hasComposeCommand } from './compose-command.ts';
import { openContainerLauncher } from './launcher.ts';
import { projectComposeFile, testEngine } from './test-engine.ts';

const engine = await testEngine();
// As the launcher itself does: with Podman the file is always read here.
const hasCompose = engine?.checksHealth === true && (await hasComposeCommand());

describe.skipIf(engine === undefined)('in containers', async () => {
  for (const by of ['definitions', ...(hasCompose ? (['compose'] as const) : [])] as const) {
    if (engine === undefined) break;
    const launcher = await openContainerLauncher({ composeFile: projectComposeFile, environment: {}, by });
    afterAll(async () => await launcher[Symbol.asyncDispose]());
    launcherSuite({ ...launcher, name: `${launcher.name} by ${by}` });
  }
});
