// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { hasComposeCommand } from '../containers/compose-command.ts';
import { readComposeFile } from '../containers/compose-file.ts';
import type { Engine } from '../containers/engine.ts';
import { requireImages } from '../containers/images.ts';
import { findBackend } from '../embedded/git-host.ts';
import { serve } from '../embedded/server.ts';
import { findTool } from '../foundation/tools.ts';
import type { Launcher } from '../stage/service.ts';
import { missing, onStage, type Check } from './check.ts';

const run = promisify(execFile);
const withinMs = 5000;

/** Git makes the repositories of scenarios on every stage, and serves them on the embedded one. */
export async function gitCheck(): Promise<Check> {
  try {
    await findBackend();
    const { stdout } = await run('git', ['--version'], { timeout: withinMs });
    return { name: 'git', state: 'ok', found: `${stdout.trim().replace(/^git version /, '')}, with http-backend` };
  } catch (error) {
    return missing('git', error, { means: 'no stage can be started', stops: onStage });
  }
}

/** Services, and a door for each validator, listen on ports of 127.0.0.1 that are free; one is really asked. */
export async function loopbackCheck(): Promise<Check> {
  try {
    await using server = await serve(createServer(), (_request, response) => void response.end('here'), { protocol: 'http' });
    const answer = await fetch(server.url, { signal: AbortSignal.timeout(withinMs) });
    if ((await answer.text()) !== 'here') throw new Error(`somebody else answers at ${server.url}`);
    return { name: 'loopback', state: 'ok', found: 'ports of 127.0.0.1 can be bound and reached' };
  } catch (error) {
    return missing('loopback', error, { means: 'no stage can be started', stops: onStage });
  }
}

export interface ContainersRequest {
  readonly composeFile: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** An engine that answers, and the images in it. What speaks to engines is loaded only here. */
export async function containerChecks({ composeFile, environment }: ContainersRequest): Promise<readonly Check[]> {
  const means = 'the stage of containers: not possible here; the embedded one needs none';
  const { connectEngine } = await import('../containers/engine.ts');
  let engine: Engine;
  try {
    engine = await connectEngine();
  } catch (error) {
    return [missing('container engine', error, { means, stops: ['acceptance:containers'] })];
  }
  const by = engine.checksHealth && (await hasComposeCommand()) ? 'docker compose' : 'the compose file, read by this project';
  return [{ name: 'container engine', state: 'ok', found: `${engine.description}; started by ${by}` }, await imagesCheck(engine, { composeFile, environment })];
}

async function imagesCheck(engine: Engine, { composeFile, environment }: ContainersRequest): Promise<Check> {
  try {
    const { definitions } = readComposeFile(composeFile, environment);
    await requireImages(engine, definitions);
    return { name: 'images', state: 'ok', found: `${definitions.length} services of the compose file have theirs, or can pull them` };
  } catch (error) {
    return missing('images', error, { means: 'the stage of containers: not possible before they are there', stops: ['acceptance:containers'] });
  }
}

/** Services that run already are asked as a run asks them. */
export async function externalChecks(launcher: Launcher, folder: string): Promise<readonly Check[]> {
  const services = ['registry', 'rekor', 'git'] as const;
  return await Promise.all(services.map(async (service): Promise<Check> => {
    const name = `external ${service}`;
    try {
      await using started = await launcher.start(service, { directory: join(folder, service), port: 0 });
      return { name, state: 'ok', found: `answers at ${started.url}` };
    } catch (error) {
      return missing(name, error, { means: 'the external stage: not possible here', stops: ['acceptance'] });
    }
  }));
}

/** Wanted by steps that run it, and by nothing else. */
export async function conftestCheck(): Promise<Check> {
  const conftest = findTool('conftest');
  const means = 'steps that run conftest: not possible here; nothing else needs it';
  if (conftest === undefined) return { name: 'conftest', state: 'missing', found: 'not on the PATH', means, remedy: 'https://www.conftest.dev/install/' };
  const version = await run(conftest, ['--version'], { timeout: withinMs }).catch(() => undefined);
  if (version === undefined) return { name: 'conftest', state: 'missing', found: `${conftest} does not answer --version`, means, remedy: 'install it anew' };
  return { name: 'conftest', state: 'ok', found: version.stdout.trim().split('\n')[0] ?? '' };
}
