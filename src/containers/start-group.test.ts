// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it, onTestFinished } from 'vitest';
import { removeProjects } from './clean-up.ts';
import { readComposeFile, withDependencies } from './compose-file.ts';
import { newProject, newSessionTag } from './session-tag.ts';
import { startByDefinition } from './start-group.ts';
import { projectComposeFile, testEngine } from './test-engine.ts';
import { pullSource } from './test-pulled.ts';

const engine = await testEngine();

describe.skipIf(engine === undefined)('a container', () => {
  it('knows by address what it needs: no resolver can forget that', async () => {
    if (engine === undefined) return;
    const [redis] = withDependencies(readComposeFile(projectComposeFile, {}), 'redis');
    if (redis === undefined) throw new Error('there is a redis');
    const project = newProject(newSessionTag(), 'redis');
    onTestFinished(async () => void (await removeProjects(engine, (other) => other === project)));
    const definitions = [{ ...redis, service: 'first', dependsOn: [] }, { ...redis, service: 'second', dependsOn: ['first'] }];
    await startByDefinition(engine, { project, service: 'second', definitions, composeFile: projectComposeFile, environment: {}, takeLastWords: async () => await Promise.resolve() });
    const [first, second] = await Promise.all(['first', 'second'].map(async (service) => await engine.api.getContainer(`${project}-${service}-1`).inspect()));
    const address = first?.NetworkSettings.Networks[`${project}_default`]?.IPAddress;
    expect(address).toMatch(/^\d+(?:\.\d+){3}$/);
    expect(second?.HostConfig.ExtraHosts).toEqual([`first:${address}`]);
  });

  it('runs an image of others, which is pulled by its digest', async () => {
    if (engine === undefined) return;
    const [redis] = withDependencies(readComposeFile(projectComposeFile, {}), 'redis');
    if (redis === undefined) throw new Error('there is a redis');
    const source = await pullSource(engine);
    onTestFinished(source.close);
    const image = await source.offer(redis.image);
    const project = newProject(newSessionTag(), 'redis');
    onTestFinished(async () => void (await removeProjects(engine, (other) => other === project)));
    await startByDefinition(engine, { project, service: 'redis', definitions: [{ ...redis, image }], composeFile: projectComposeFile, environment: {}, takeLastWords: async () => await Promise.resolve() });
    const { Config, State } = await engine.api.getContainer(`${project}-redis-1`).inspect();
    expect([Config.Image, State.Health?.Status]).toEqual([image, 'healthy']);
  });
});
