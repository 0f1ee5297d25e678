// SPDX-License-Identifier: Apache-2.0
import { basename, dirname } from 'node:path';
import { DockerComposeEnvironment, GenericContainer, Wait, type WaitStrategy } from 'testcontainers';
import type { ContainerDefinition } from './compose-file.ts';
import type { Engine } from './engine.ts';
import { PodmanHealth } from './podman.ts';
import { projectLabel } from './session-tag.ts';

/** A service, all that it needs, dependencies first, and the project that they make together. */
export interface GroupPlan {
  readonly project: string;
  readonly service: string;
  readonly definitions: readonly ContainerDefinition[];
  readonly composeFile: string;
  /** What the compose file's variables are set to. */
  readonly environment: Readonly<Record<string, string>>;
  /** Of a container that did not become healthy, while it is still there. */
  readonly takeLastWords: () => Promise<unknown>;
}

const startupTimeoutMs = 120_000;

/** Starts a group by `docker compose`; all of it is healthy afterwards. */
export async function startByCompose({ project, service, composeFile, environment }: GroupPlan): Promise<void> {
  const up = new DockerComposeEnvironment(dirname(composeFile), basename(composeFile))
    .withProjectName(project)
    .withEnvironment(environment)
    .withClientOptions({ commandOptions: ['--no-build', '--quiet-pull'] })
    .withDefaultWaitStrategy(Wait.forHealthCheck())
    .withStartupTimeout(startupTimeoutMs)
    .up([service]);
  await up.catch((error: unknown) => {
    // Compose tells its whole progress first.
    const lines = (error instanceof Error ? error.message : String(error)).split('\n');
    const words = lines.filter((line) => !/^ ?(?:Container|Network|Volume) \S+ +\w+$/.test(line) && line.trim() !== '');
    throw new Error([...new Set(words)].join('; '));
  });
}

/**
 * Starts a group where there is no `docker compose`, from the same definitions: each container once what it needs is healthy. It knows that by address: the
 * resolver of Podman 4 forgets containers when several start at once, and who asks it for one then waits for a minute.
 */
export async function startByDefinition(engine: Engine, { project, definitions, takeLastWords }: GroupPlan): Promise<void> {
  const network = `${project}_default`;
  await engine.api.createNetwork({ Name: network, CheckDuplicate: true, Labels: { [projectLabel]: project } });
  /** With the address of each. */
  const healthy = new Map<string, Promise<string>>();
  const start = async (definition: ContainerDefinition): Promise<string> => {
    const hosts = await Promise.all(definition.dependsOn.map(async (host) => ({ host, ipAddress: (await healthy.get(host)) ?? '' })));
    const started = await new DefinedContainer(definition, { project, network }).withExtraHosts(hosts).withWaitStrategy(waitFor(engine, takeLastWords)).start();
    return started.getIpAddress(network);
  };
  for (const definition of definitions) healthy.set(definition.service, start(definition));
  const attempts = await Promise.allSettled(definitions.map(async ({ service }) => await healthy.get(service)));
  const failed = attempts.find((attempt) => attempt.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

function waitFor({ checksHealth }: Engine, takeLastWords: () => Promise<unknown>): WaitStrategy {
  const wait = checksHealth ? Wait.forHealthCheck() : new PodmanHealth(takeLastWords);
  return wait.withStartupTimeout(startupTimeoutMs);
}

/**
 * Ports on loopback: testcontainers by itself publishes on all interfaces. In the group's network alone: it would join the
 * engine's own one as well, where every other container is.
 */
class DefinedContainer extends GenericContainer {
  readonly #definition: ContainerDefinition;

  constructor(definition: ContainerDefinition, { project, network }: { readonly project: string; readonly network: string }) {
    super(definition.image);
    this.#definition = definition;
    const { test, intervalMs, timeoutMs, retries } = definition.health;
    this.withName(`${project}-${definition.service}-1`)
      .withNetworkMode(network)
      .withLabels({ [projectLabel]: project, 'com.docker.compose.service': definition.service })
      .withEnvironment({ ...definition.environment })
      .withHealthCheck({ test: ['CMD', ...test.slice(1)], interval: intervalMs, timeout: timeoutMs, retries })
      .withExposedPorts(...definition.ports.map(({ container }) => container));
    // Podman gives a container ten seconds to end even where its removal is forced.
    this.createOpts.StopTimeout = 0;
    this.createOpts.NetworkingConfig = { EndpointsConfig: { [network]: { Aliases: [definition.service] } } };
    if (definition.command !== undefined) this.withCommand([...definition.command]);
  }

  protected override async beforeContainerCreated(): Promise<void> {
    const bindings = this.#definition.ports.map(({ container, host }) => [`${container}/tcp`, [{ HostIp: '127.0.0.1', HostPort: host === 0 ? '' : String(host) }]] as const);
    this.hostConfig.PortBindings = Object.fromEntries(bindings);
  }
}
