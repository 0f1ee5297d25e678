// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { connect } from 'node:net';
import type Dockerode from 'dockerode';
import { getContainerRuntimeClient, type ContainerRuntimeClient } from 'testcontainers';
import { engineAddress, reaperImage, settleEngineEnvironment } from '../config.ts';
import { withDeadline } from '../foundation/deadline.ts';
import { StampedeError } from '../foundation/errors.ts';
import { hideExposedPorts } from './podman.ts';

/** A container engine that answers: Docker, rootless Docker, or Podman's service. */
export interface Engine {
  readonly api: Dockerode;
  /** Such as `Docker 20.10.24, API 1.41`. */
  readonly description: string;
  /** Podman leaves health checks to systemd, which need not be there. */
  readonly checksHealth: boolean;
  /** As in images: `amd64`. */
  readonly architecture: string;
}

/** Docker 20.10: the oldest that this project was tried with. */
const oldestApi = '1.40';
const answerWithinMs = 10_000;

/**
 * Finds the engine as testcontainers does: DOCKER_HOST, the CLI's context, the usual sockets, those of rootless engines.
 * @throws StampedeError ENGINE_MISSING, ENGINE_TOO_OLD, ENGINE_REMOTE
 */
export async function connectEngine(): Promise<Engine> {
  const { host } = engineAddress();
  if (host !== undefined && isRemote(host)) {
    throw new StampedeError('ENGINE_REMOTE', `DOCKER_HOST is ${host}: loopback there is not loopback here`, { hint: 'use an engine of this machine, or --stage embedded' });
  }
  settleEngineEnvironment();
  const client = await find(host);
  const api = client.container.dockerode;
  const version = await withDeadline(api.version(), answerWithinMs, () => silent(host));
  const product = /podman/i.test(JSON.stringify((version as { Components?: unknown }).Components ?? '')) ? 'Podman' : 'Docker';
  if (isOlder(version.ApiVersion, oldestApi)) {
    throw new StampedeError('ENGINE_TOO_OLD', `${product} ${version.Version} speaks API ${version.ApiVersion}, ${oldestApi} is needed`, { hint: 'use Docker 20.10 or later, or --stage embedded' });
  }
  if (product === 'Podman') hideExposedPorts(client);
  const hasReaperImage = await api.getImage(reaperImage()).inspect().then(() => true, () => false);
  settleEngineEnvironment({ hasReaperImage });
  return { api, description: `${product} ${version.Version}, API ${version.ApiVersion}`, architecture: version.Arch, checksHealth: product === 'Docker' };
}

async function find(host: string | undefined): Promise<ContainerRuntimeClient> {
  const found = getContainerRuntimeClient().catch(async (cause: unknown) => {
    const forbidden = await forbiddenSocket(host);
    if (forbidden !== undefined) throw forbidden;
    const where = host === undefined ? 'no container engine was found' : `no container engine answers at DOCKER_HOST=${host}`;
    throw new StampedeError('ENGINE_MISSING', where, { cause, hint: 'start Docker or Podman, set DOCKER_HOST to its socket, or run without containers: --stage embedded' });
  });
  return await withDeadline(found, answerWithinMs, () => silent(host));
}

/** An engine that is there, but not for this user, is not to be started once more. */
async function forbiddenSocket(host = 'unix:///var/run/docker.sock'): Promise<StampedeError | undefined> {
  const path = /^unix:\/\/(\/.+)$/.exec(host)?.[1];
  if (path === undefined) return undefined;
  const socket = connect(path);
  const code = await once(socket, 'connect').then(() => undefined, (error: NodeJS.ErrnoException) => error.code);
  socket.destroy();
  if (code !== 'EACCES') return undefined;
  return new StampedeError('ENGINE_MISSING', `this user may not use the container engine at ${path}`, { hint: 'join its group (docker) and log in again, use a rootless engine, or run without containers: --stage embedded' });
}

function silent(host: string | undefined): StampedeError {
  return new StampedeError('ENGINE_MISSING', `the container engine${host === undefined ? '' : ` at ${host}`} does not answer`, { hint: 'restart it, or run without containers: --stage embedded' });
}

function isRemote(host: string): boolean {
  const found = /^(?:tcp|https?|ssh):\/\/(?:[^@/]*@)?(\[[^\]]+\]|[^:/]+)/.exec(host);
  return found !== null && (host.startsWith('ssh:') || !['127.0.0.1', 'localhost', '[::1]'].includes(found[1] ?? ''));
}

function isOlder(version: string, wanted: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = wanted.split('.').map(Number);
  return major < wantedMajor || (major === wantedMajor && minor < wantedMinor);
}
