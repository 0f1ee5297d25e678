// SPDX-License-Identifier: Apache-2.0
import { setTimeout as pause } from 'node:timers/promises';
import type { Container, default as Dockerode } from 'dockerode';
import type { ContainerRuntimeClient, WaitStrategy } from 'testcontainers';

type Modem = Dockerode['modem'];

const mended = new WeakSet<object>();

/**
 * Podman lists a port that an image only exposes among those to be published, bound to nothing, and testcontainers waits
 * until it is bound to the host, which it never is. From here on testcontainers sees published ports only.
 */
export function hideExposedPorts({ container: client }: Pick<ContainerRuntimeClient, 'container'>): void {
  if (mended.has(client)) return;
  mended.add(client);
  const inspect = client.inspect.bind(client);
  client.inspect = async (container) => {
    const seen = await inspect(container);
    // Docker's type does not know of null.
    const bindings = Object.entries((seen.HostConfig.PortBindings ?? {}) as Record<string, readonly unknown[] | null>);
    return { ...seen, HostConfig: { ...seen.HostConfig, PortBindings: Object.fromEntries(bindings.filter(([, hosts]) => hosts !== null)) } };
  };
}

/** How long after a check that failed the next one begins. */
const pauseMs = 100;

/**
 * Waits until a container is healthy, each check being asked for: Podman leaves the interval to timers of systemd, which
 * need not be there. https://docs.podman.io/en/latest/_static/api.html#tag/containers/operation/ContainerHealthcheckLibpod
 */
export class PodmanHealth implements WaitStrategy {
  readonly #onFailure: () => Promise<unknown>;
  #timeoutMs = 60_000;
  #isSet = false;

  /** `onFailure` is waited for before the container is removed. */
  constructor(onFailure: () => Promise<unknown>) {
    this.#onFailure = onFailure;
  }

  async waitUntilReady(container: Container): Promise<void> {
    const late = AbortSignal.timeout(this.#timeoutMs);
    try {
      while ((await this.#check(container, late)) !== 'healthy') await pause(pauseMs, undefined, { signal: late });
    } catch (cause) {
      await this.#onFailure();
      throw late.aborted ? new Error(`not healthy after ${this.#timeoutMs} ms`, { cause }) : cause;
    }
  }

  withStartupTimeout(timeoutMs: number): this {
    this.#timeoutMs = timeoutMs;
    this.#isSet = true;
    return this;
  }

  isStartupTimeoutSet(): boolean {
    return this.#isSet;
  }

  getStartupTimeout(): number {
    return this.#timeoutMs;
  }

  /** @throws what Podman says, such as that the container does not run */
  async #check({ id, modem }: Container, abortSignal: AbortSignal): Promise<string | undefined> {
    const options = { path: `/v4.0.0/libpod/containers/${id}/healthcheck`, method: 'GET', abortSignal, statusCodes: { 200: true, 404: 'it is gone', 409: 'it ended before it was healthy', 500: 'server error' } };
    return await new Promise((resolve, reject) => {
      (modem as Modem).dial(options, (error, result) => (error === null ? resolve((result as { readonly Status?: string }).Status) : reject(error)));
    });
  }
}
