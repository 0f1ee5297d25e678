// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { StampedeError } from '../foundation/errors.ts';
import { embeddedLauncher } from './embedded-launcher.ts';
import type { Launcher, ServiceName, StartedService } from './service.ts';
import { serviceNames, startStage } from './stage.ts';

const folder = mkdtempSync(join(tmpdir(), 'stage-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The embedded launcher with one service that does not start, after the others have. */
function failing(name: ServiceName, started: StartedService[]): Launcher {
  return {
    name: 'failing',
    async start(service, options) {
      if (service === name) {
        while (started.length < serviceNames.length - 1) await new Promise((resolve) => setImmediate(resolve));
        throw new Error('planted');
      }
      const running = await embeddedLauncher.start(service, options);
      started.push(running);
      return running;
    },
  };
}

it('starts all services at once and tells of each', async () => {
  const began: string[] = [];
  const launcher: Launcher = {
    name: 'watching',
    async start(service, options) {
      began.push(service);
      // Nobody is up before all have begun.
      while (began.length < serviceNames.length) await new Promise((resolve) => setImmediate(resolve));
      return await embeddedLauncher.start(service, options);
    },
  };
  const told: string[] = [];
  await using stage = await startStage({ launcher, directory: join(folder, 'progress'), onProgress: ({ service }) => told.push(service) });
  expect(told.sort()).toEqual([...serviceNames].sort());
  expect(stage.addresses.launcher).toBe('watching');
});

it.each(serviceNames)('stops what runs when %s does not start', async (name) => {
  const started: StartedService[] = [];
  const attempt = startStage({ launcher: failing(name, started), directory: join(folder, `fails-${name}`) });
  const error: unknown = await attempt.catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: 'SERVICE_START_FAILED', cause: new Error('planted') });
  expect((error as StampedeError).message).toContain(name);
  expect(started).toHaveLength(serviceNames.length - 1);
  for (const { url } of started) await expect(fetch(url)).rejects.toThrow();
});

it('says that a fixed port is taken, with what to do', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const attempt = startStage({ launcher: embeddedLauncher, directory: join(folder, 'taken'), ports: { registry: port } });
  await expect(attempt).rejects.toMatchObject({ code: 'PORT_TAKEN', hint: expect.stringContaining('another port') as string });
  other.close();
});
