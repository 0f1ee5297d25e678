// SPDX-License-Identifier: Apache-2.0
import { connect, createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plainFeature, TestProject, type RunningCommand } from '../commands/test-project.ts';
import { sweepContainers } from './clean-up.ts';
import { pidOf, projectLabel, tagOf } from './session-tag.ts';
import { testEngine } from './test-engine.ts';

const engine = await testEngine();
let project: TestProject;
beforeAll(async () => {
  project = await TestProject.open();
  await project.feature(plainFeature);
});
afterAll(async () => await project.close());

const filters = { label: [projectLabel] };

/** True for what a command of this project has started: other tests may have a stage at the same time. */
function isOurs(labels: Readonly<Record<string, string>> | null | undefined): boolean {
  const tag = tagOf(labels?.[projectLabel] ?? '');
  return tag !== undefined && project.hasStarted(pidOf(tag));
}

/** Containers, networks and volumes of this project's runs. */
async function left(): Promise<readonly string[]> {
  const { api } = engine!;
  const [containers, networks, { Volumes }] = await Promise.all([api.listContainers({ all: true, filters }), api.listNetworks({ filters }), api.listVolumes({ filters })]);
  return [
    ...containers.filter(({ Labels }) => isOurs(Labels)).map(({ Names }) => Names.join()),
    ...networks.filter(({ Labels }) => isOurs(Labels)).map(({ Name }) => Name),
    ...Volumes.filter(({ Labels }) => isOurs(Labels)).map(({ Name }) => Name),
  ].sort();
}

/** A run whose validator waits for its input to end, which it never does. */
async function waiting(environment: Readonly<Record<string, string>> = {}): Promise<RunningCommand> {
  rmSync(join(project.folder, 'waiting'), { force: true });
  await project.script(`#!/bin/sh\ntouch ${join(project.folder, 'waiting')}\nexec sleep 600\n`);
  const running = project.start(['acceptance', ...project.flags(), '--stage', 'containers', '--deadline', '500000'], environment);
  await running.seen(/stage containers/);
  await expect.poll(() => project.exists('waiting'), { timeout: 30_000 }).toBe(true);
  return running;
}

const soon = { timeout: 30_000, interval: 200 };

describe.skipIf(engine === undefined)('nothing is left behind', () => {
  it('after an ordinary end, neither containers nor reaper', async () => {
    await project.script('#!/bin/sh\nexit 0\n');
    const { status, output } = await project.acceptance(['--stage', 'containers']);
    expect(output).toContain('stage containers (');
    expect(status).toBe(0);
    expect(await left()).toEqual([]);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('after %s in the middle', async (signal, wanted) => {
    const { child, ended } = await waiting();
    expect((await left()).length).toBeGreaterThan(9);
    child.kill(signal);
    expect((await ended).status).toBe(wanted);
    expect(await left()).toEqual([]);
  });

  it('after SIGINT while the stage is still starting', async () => {
    const running = project.start(['acceptance', ...project.flags(), '--stage', 'containers']);
    await expect.poll(async () => (await left()).length, soon).toBeGreaterThan(3);
    running.child.kill('SIGINT');
    expect((await running.ended).status).toBe(130);
    await expect.poll(left, soon).toEqual([]);
  });

  it('after SIGKILL: the reaper outlives the run', async () => {
    const { child, ended } = await waiting();
    child.kill('SIGKILL');
    await ended;
    await expect.poll(left, soon).toEqual([]);
  });

  it('after SIGKILL while the stage is still starting', async () => {
    const running = project.start(['acceptance', ...project.flags(), '--stage', 'containers']);
    await expect.poll(async () => (await left()).length, soon).toBeGreaterThan(3);
    running.child.kill('SIGKILL');
    await running.ended;
    await expect.poll(left, soon).toEqual([]);
  });
});

describe.skipIf(engine === undefined)('the stage ends in the middle', () => {
  it('a container ends by itself: its last lines, a clear error, no verdict', async () => {
    const { ended } = await waiting();
    const containers = await engine!.api.listContainers({ filters: { label: ['com.docker.compose.service=registry', projectLabel] } });
    await engine!.api.getContainer(containers.find(({ Labels }) => isOurs(Labels))!.Id).kill();
    const { status, output } = await ended;
    expect(status).toBe(4);
    expect(output).toContain('SERVICE_LOST');
    // How far back they go depends on how often its health was asked for since.
    expect(output).toMatch(/its last lines:\n(.*\n)*.*(listening on .*5000|"GET \/v2\/ )/);
    expect(await left()).toEqual([]);
  });

  it('the engine goes away: a clear error, no hang, and the next start removes what stayed', async () => {
    const way = await engineThrough(join(project.folder, 'engine.sock'));
    const { ended } = await waiting({ DOCKER_HOST: `unix://${join(project.folder, 'engine.sock')}` });
    way.cut();
    const { status, output } = await ended;
    expect(output).toContain('SERVICE_LOST');
    expect(output).toContain('engine went away');
    expect(status, output).toBe(4);
    expect((await left()).length).toBeGreaterThan(9);
    await project.script('#!/bin/sh\nexit 0\n');
    const next = await project.acceptance(['--stage', 'containers']);
    expect(next.output).toContain('removed the containers of an earlier run that was killed');
    expect(next.status).toBe(0);
    expect(await left()).toEqual([]);
  });
});

describe.skipIf(engine === undefined)('sweeping', () => {
  it('leaves the containers of a living run alone', async () => {
    const { child, ended } = await waiting();
    const before = await left();
    expect(await sweepContainers(engine!)).toEqual([]);
    expect(await left()).toEqual(before);
    child.kill('SIGTERM');
    await ended;
  });
});

/** The engine behind another socket, which can be cut off as a crash of the engine would. */
async function engineThrough(path: string): Promise<{ cut(): void }> {
  const { socketPath } = engine!.api.modem as unknown as { readonly socketPath: string };
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(socketPath);
    for (const socket of [near, far]) sockets.add(socket.on('error', () => undefined));
    near.pipe(far).pipe(near);
  });
  server.listen(path);
  await once(server, 'listening');
  return {
    cut() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
