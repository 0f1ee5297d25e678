// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:http';
import { createServer as createSocket, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plainFeature, TestProject, type Ended } from '../commands/test-project.ts';
import { pidOf, projectLabel, tagOf } from './session-tag.ts';
import { emptyImage } from './test-small-engine.ts';
import { projectComposeFile, testEngine } from './test-engine.ts';

const engine = await testEngine();
let project: TestProject;
beforeAll(async () => {
  project = await TestProject.open();
  await project.feature(plainFeature);
  await project.script('#!/bin/sh\nexit 0\n');
});
afterAll(async () => await project.close());

const inContainers = async (environment: Record<string, string>, args: readonly string[] = []): Promise<Ended> => await project.acceptance(['--stage', 'containers', ...args], environment);

/** Code, exit status, and that a person is told what to do. */
function expectRefusal({ status, output }: Ended, code: string, wanted = 2): void {
  expect(output).toContain(code);
  expect(output).toMatch(/^ {2}try: \S/m);
  expect(output).not.toMatch(/^ {4}at /m);
  expect(status).toBe(wanted);
}

/** Of the commands that were started here: other tests may have a stage at the same time. */
async function leftContainers(): Promise<readonly string[]> {
  const all = await engine!.api.listContainers({ all: true, filters: { label: [projectLabel] } });
  return all.map(({ Labels }) => Labels[projectLabel] ?? '').filter((name) => project.hasStarted(pidOf(tagOf(name) ?? '')));
}

describe('an engine that is no use', () => {
  it('no engine: the embedded stage is named', async () => {
    const ended = await inContainers({ DOCKER_HOST: `unix://${join(project.folder, 'none.sock')}` });
    expectRefusal(ended, 'ENGINE_MISSING');
    expect(ended.output).toContain('--stage embedded');
  });

  it('an engine on another machine: its loopback is not ours', async () => {
    for (const host of ['tcp://192.0.2.1:2375', 'ssh://user@192.0.2.1']) expectRefusal(await inContainers({ DOCKER_HOST: host }), 'ENGINE_REMOTE');
  });

  it('an engine that is too old', async () => {
    const old = createServer((request, response) => response.end(JSON.stringify(request.url?.includes('version') ? { Version: '18.09', ApiVersion: '1.39', Arch: 'amd64' } : {})));
    old.listen(0, '127.0.0.1');
    await once(old, 'listening');
    const ended = await inContainers({ DOCKER_HOST: `tcp://127.0.0.1:${(old.address() as AddressInfo).port}` });
    old.close();
    expectRefusal(ended, 'ENGINE_TOO_OLD');
  });

  it('an engine that never answers does not hang the run', async () => {
    const silent = createSocket();
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const ended = await inContainers({ DOCKER_HOST: `tcp://127.0.0.1:${(silent.address() as AddressInfo).port}` });
    silent.close();
    expectRefusal(ended, 'ENGINE_MISSING');
  });
});

describe.skipIf(engine === undefined)('a stage that can not be', () => {
  it('an image that was not built', async () => {
    const ended = await inContainers({ STAMPEDE_GIT_IMAGE: 'stampede-nowhere:local' });
    expectRefusal(ended, 'IMAGE_MISSING');
    expect(ended.output).toContain('images:build');
  });

  it("an image of others that can't be pulled", async () => {
    expectRefusal(await inContainers({ STAMPEDE_REGISTRY_IMAGE: '127.0.0.1:9/nowhere:1' }), 'IMAGE_MISSING');
    expect(await leftContainers()).toEqual([]);
  });

  it('an image for another architecture', async () => {
    const image = 'stampede-test-strange:local';
    const architecture = engine!.architecture === 'arm64' ? 'amd64' : 'arm64';
    const stream = await engine!.api.loadImage(Readable.from([await emptyImage(image, architecture)]));
    await text(stream);
    try {
      expectRefusal(await inContainers({ STAMPEDE_REDIS_IMAGE: image }), 'IMAGE_WRONG_PLATFORM');
    } finally {
      await engine!.api.getImage(image).remove();
    }
  });

  it('a port that is taken', async () => {
    const taken = createSocket();
    taken.listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const ended = await inContainers({ STAMPEDE_GIT_PORT: String((taken.address() as AddressInfo).port) });
    taken.close();
    expectRefusal(ended, 'PORT_TAKEN');
    expect(await leftContainers()).toEqual([]);
  });

  it('a compose file edited wrongly', async () => {
    const path = join(project.folder, 'compose.yml');
    writeFileSync(path, readFileSync(projectComposeFile, 'utf8').replace('"127.0.0.1:${STAMPEDE_GIT_PORT:-}:8443"', '"8443:8443"'));
    const ended = await inContainers({}, ['--compose-file', path]);
    expectRefusal(ended, 'COMPOSE_FILE_INVALID');
    expect(ended.output).toContain('services.git.ports.0');
  });

  it('a service that ends at once: its last words are shown', async () => {
    const path = join(project.folder, 'compose.yml');
    writeFileSync(path, readFileSync(projectComposeFile, 'utf8').replace('--storage_system=mysql', '--storage_system=none'));
    const ended = await inContainers({}, ['--compose-file', path]);
    expectRefusal(ended, 'SERVICE_START_FAILED', 4);
    expect(ended.output).toMatch(/\[trillian-log-server\] .*none/);
    expect(await leftContainers()).toEqual([]);
  });
});
