// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import Dockerode, { type Container } from 'dockerode';
import { expect, it, onTestFinished } from 'vitest';
import { hideExposedPorts, PodmanHealth } from './podman.ts';

type Client = Parameters<typeof hideExposedPorts>[0]['container'];

it('a port that is only exposed is not waited for, one that is published is, however often it is mended', async () => {
  let asked = 0;
  const published = [{ HostIp: '127.0.0.1', HostPort: '40001' }];
  const client = { inspect: async () => await Promise.resolve({ Id: `${++asked}`, HostConfig: { NetworkMode: 'bridge', PortBindings: { '3306/tcp': null, '5000/tcp': published } } }) } as unknown as Client;
  hideExposedPorts({ container: client });
  hideExposedPorts({ container: client });
  const seen = await client.inspect(undefined as never);
  expect(seen).toEqual({ Id: '1', HostConfig: { NetworkMode: 'bridge', PortBindings: { '5000/tcp': published } } });
});

/** A container of a Podman that gives these answers to its checks, the last one for ever; and how often it was asked. */
async function checked(...answers: readonly (readonly [status: number, body: object] | 'none')[]): Promise<{ readonly container: Container; asked(): number }> {
  let asked = 0;
  const podman = createServer((request, response) => {
    const answer = request.url === '/v4.0.0/libpod/containers/one/healthcheck' ? answers[Math.min(asked++, answers.length - 1)]! : ([404, {}] as const);
    if (answer !== 'none') response.writeHead(answer[0]).end(JSON.stringify(answer[1]));
  });
  podman.listen(0, '127.0.0.1');
  await once(podman, 'listening');
  onTestFinished(() => void podman.close().closeAllConnections());
  return { container: new Dockerode({ host: '127.0.0.1', port: (podman.address() as AddressInfo).port }).getContainer('one'), asked: () => asked };
}

const never = async (): Promise<never> => await Promise.reject(new Error('nothing failed'));

it('checks are asked for until one says healthy', async () => {
  const { container, asked } = await checked([200, { Status: 'starting' }], [200, { Status: 'unhealthy' }], [200, { Status: 'healthy' }]);
  await new PodmanHealth(never).withStartupTimeout(20_000).waitUntilReady(container);
  expect(asked()).toBe(3);
});

it('a container that ended is told at once, in the words of Podman, once its own were taken', async () => {
  const { container, asked } = await checked([200, { Status: 'starting' }], [409, { message: 'container one is not running' }]);
  let isTold = false;
  const health = new PodmanHealth(async () => await Promise.resolve((isTold = true)));
  await expect(health.withStartupTimeout(20_000).waitUntilReady(container)).rejects.toThrow('container one is not running');
  expect(asked()).toBe(2);
  expect(isTold).toBe(true);
});

it.each([['never healthy', [200, { Status: 'unhealthy' }]] as const, ['a check that never ends', 'none'] as const])('%s: the wait ends', async (_what, answer) => {
  const { container } = await checked(answer);
  await expect(new PodmanHealth(async () => await Promise.resolve()).withStartupTimeout(300).waitUntilReady(container)).rejects.toThrow('not healthy after 300 ms');
});
