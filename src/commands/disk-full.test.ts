// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ContainerDefinition } from '../containers/compose-file.ts';
import type { Engine } from '../containers/engine.ts';
import { emptyImage, startSmallEngine } from '../containers/test-small-engine.ts';
import { hasCode } from '../foundation/errors.ts';
import { buildImages } from '../images/build-images.ts';
import { plainFeature, TestProject } from './test-project.ts';

const small = await startSmallEngine(48);
afterAll(async () => await small?.[Symbol.asyncDispose]());

const tiny = 'stampede-tiny:local';

describe.skipIf(small === undefined)("the engine's disk is full", () => {
  let project: TestProject;
  let engine: Engine;
  beforeAll(async () => {
    const { Arch: architecture } = await small!.api.version();
    engine = { api: small!.api, description: 'a small one', checksHealth: true, architecture };
    await text(await small!.api.loadImage(Readable.from([await emptyImage(tiny, architecture)])));
  });
  beforeEach(async () => (project = await TestProject.open()));
  afterEach(async () => {
    small!.empty();
    await project.close();
  });

  it('no stage: one clear error with what to do, and nothing is left', async () => {
    await project.feature(plainFeature);
    await project.script('#!/bin/sh\nexit 0\n');
    const images = ['REGISTRY', 'DATABASE', 'REDIS', 'TRILLIAN_LOG_SERVER', 'TRILLIAN_LOG_SIGNER', 'REKOR', 'GIT'].map((name) => [`STAMPEDE_${name}_IMAGE`, tiny]);
    small!.fill();
    const { status, output } = await project.acceptance(['--stage', 'containers'], { ...Object.fromEntries(images), DOCKER_HOST: small!.dockerHost });
    expect(output).toContain("DISK_FULL: ");
    expect(output).toContain("the engine's disk is full");
    expect(output).toMatch(/^ {2}try: make room: docker system df/m);
    expect(output).not.toMatch(/^ {4}at /m);
    expect(status).toBe(4);
    expect(await small!.api.listContainers({ all: true })).toEqual([]);
    expect(project.leftSessions()).toEqual([]);
  });

  /** Builds one image of nothing but a file, and a program, each of so many megabytes. */
  async function failure(sizes: { readonly program: number; readonly file: number }): Promise<unknown> {
    const folder = join(project.folder, 'images');
    mkdirSync(join(folder, 'one'), { recursive: true });
    await project.write('images/one/Containerfile', 'FROM scratch\nCOPY file /\n');
    writeFileSync(join(folder, 'one', 'file'), Buffer.alloc(sizes.file << 20, 'x'));
    await project.write('images/programs/build.sh', `#!/bin/sh\nmkdir "$1" && head -c ${sizes.program << 20} /dev/zero > "$1/program"\n`);
    await project.makeExecutable('images/programs/build.sh');
    const build = { context: join(folder, 'one'), dockerfile: 'Containerfile', arguments: {} };
    const health = { test: ['CMD', 'true'], intervalMs: 1000, timeoutMs: 1000, retries: 1 };
    const definition: ContainerDefinition = { service: 'one', image: 'stampede-one:local', build, command: undefined, environment: {}, ports: [], dependsOn: [], health };
    return await buildImages(engine, { folder, definitions: [definition], base: tiny, isFresh: true, say: () => undefined, done: () => undefined }).then(() => undefined, (error: unknown) => error);
  }

  it('no image: neither one that is taken over nor one that is built', async () => {
    const takenOver = await failure({ program: 64, file: 1 });
    expect(hasCode(takenOver, 'DISK_FULL'), String(takenOver)).toBe(true);
    expect((takenOver as Error).message).toContain('stampede-programs:local');
    const built = await failure({ program: 1, file: 64 });
    expect(hasCode(built, 'DISK_FULL'), String(built)).toBe(true);
    expect((built as Error).message).toContain('stampede-one:local');
    expect((await small!.api.listImages()).flatMap(({ RepoTags }) => RepoTags ?? [])).not.toContain('stampede-one:local');
  });

  it('the same goes through where there is room', async () => {
    expect(await failure({ program: 1, file: 1 })).toBeUndefined();
  });
});
