// SPDX-License-Identifier: Apache-2.0
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startPolicyApi } from '../embedded/policy-api.ts';
import type { Launcher, ServiceName, StartedService, StartOptions } from '../stage/service.ts';
import { removeProjects, sweepContainers } from './clean-up.ts';
import { readComposeFile, withDependencies } from './compose-file.ts';
import { hasComposeCommand } from './compose-command.ts';
import { engineTrouble } from './engine-trouble.ts';
import { connectEngine, type Engine } from './engine.ts';
import { requireImages } from './images.ts';
import { LossWatch } from './loss-watch.ts';
import { startReaper } from './reaper.ts';
import { containersOf, GroupLog, hostPortOf, type RunningContainer } from './running-group.ts';
import { newProject, newSessionTag, tagOf } from './session-tag.ts';
import { startByCompose, startByDefinition, type GroupPlan } from './start-group.ts';
import { certificateIn, logKeyAt } from './trust.ts';

export interface ContainerLauncherOptions {
  /** Absolute. */
  readonly composeFile: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** `docker compose` or the parsed file; default: the former where it is there. */
  readonly by?: 'compose' | 'definitions';
}

/** A launcher with the engine behind it; disposing it removes whatever its services have left. */
export interface ContainerLauncher extends Launcher, AsyncDisposable {
  /** Runs that were killed, whose containers were removed first. */
  readonly swept: readonly string[];
}

type ContainerService = Exclude<ServiceName, 'policy-api'>;
const portInside: Readonly<Record<ContainerService, number>> = { registry: 5000, rekor: 3000, git: 8443 };

/**
 * Connects to the engine, removes what killed runs have left, and checks that every image is there.
 * @throws StampedeError ENGINE_MISSING, ENGINE_TOO_OLD, ENGINE_REMOTE, COMPOSE_FILE_INVALID, IMAGE_MISSING, IMAGE_WRONG_PLATFORM
 */
export async function openContainerLauncher({ composeFile, environment, by }: ContainerLauncherOptions): Promise<ContainerLauncher> {
  const file = readComposeFile(composeFile, environment);
  const groups = (Object.keys(portInside) as ContainerService[]).flatMap((service) => withDependencies(file, service));
  const engine = await connectEngine();
  await requireImages(engine, groups);
  const swept = await sweepContainers(engine);
  const way = by ?? (engine.checksHealth && (await hasComposeCommand()) ? 'compose' : 'definitions');
  const tag = newSessionTag();
  const reaper = startReaper(tag);
  const watch = await LossWatch.open(engine);
  const parts: Parts = { engine, watch, tag, way, composeFile, environment };
  return {
    name: `containers (${engine.description})`,
    swept,
    start: async (service, options) => (service === 'policy-api' ? await startEmbedded(options) : await startInContainers(service, options, parts)),
    async [Symbol.asyncDispose]() {
      watch.close();
      await removeProjects(engine, (project) => tagOf(project) === tag);
      await reaper.dismiss();
    },
  };
}

interface Parts {
  readonly engine: Engine;
  readonly watch: LossWatch;
  readonly tag: string;
  readonly way: 'compose' | 'definitions';
  readonly composeFile: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

async function startInContainers(service: ContainerService, { directory, port, onLost }: StartOptions, parts: Parts): Promise<StartedService> {
  const { engine, watch, way, composeFile } = parts;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const environment = port === 0 ? {} : { [`STAMPEDE_${service.toUpperCase()}_PORT`]: String(port) };
  const definitions = withDependencies(readComposeFile(composeFile, { ...parts.environment, ...environment }), service);
  const project = newProject(parts.tag, service);
  const plan: GroupPlan = { project, service, definitions, composeFile, environment, takeLastWords: async () => await watch.takeLastWords(project) };
  const log = new GroupLog();
  const remove = async (): Promise<void> => {
    watch.forget(project);
    try {
      await removeProjects(engine, (name) => name === project);
    } finally {
      await log.close();
    }
  };
  watch.expectStart(project);
  try {
    await (way === 'compose' ? startByCompose(plan) : startByDefinition(engine, plan));
    const containers = await containersOf(engine, project);
    log.follow(engine, containers);
    if (onLost !== undefined) watch.watch(project, () => log.lines(), onLost);
    return await reachable(service, containers, { engine, directory, log, remove });
  } catch (cause) {
    const trouble = engineTrouble(service, cause, await watch.lastWords(project));
    await remove().catch(() => undefined);
    throw trouble;
  }
}

interface Reach {
  readonly engine: Engine;
  readonly directory: string;
  readonly log: GroupLog;
  readonly remove: () => Promise<void>;
}

async function reachable(service: ContainerService, containers: readonly RunningContainer[], { engine, directory, log, remove }: Reach): Promise<StartedService> {
  const port = hostPortOf(containers, service, portInside[service]);
  const url = `${service === 'git' ? 'https' : 'http'}://127.0.0.1:${port}`;
  const trust = service === 'rekor' ? await logKeyAt(url) : service === 'git' ? await certificateIn(engine, containers) : undefined;
  const trustFile = join(directory, service === 'rekor' ? 'log-public-key.pem' : 'certificate.pem');
  if (trust !== undefined) await writeFile(trustFile, trust);
  const logs = (): readonly string[] => log.lines();
  return {
    name: service,
    url,
    ...(trust === undefined ? {} : { trustFile }),
    logs,
    async stop() {
      await remove();
      return { name: service, logs };
    },
    [Symbol.asyncDispose]: remove,
  };
}

/** The policy API is this project's own part: there is nothing real to put in its place but a whole cluster. */
async function startEmbedded({ port }: StartOptions): Promise<StartedService> {
  const server = await startPolicyApi({ port });
  const logs = (): readonly string[] => server.logs();
  const stop = async (): Promise<void> => await server.close();
  return { name: 'policy-api', url: server.url, logs, [Symbol.asyncDispose]: stop, stop: async () => (await stop(), { name: 'policy-api', logs }) };
}

