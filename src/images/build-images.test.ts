// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { testEngine } from '../containers/test-engine.ts';
import type { ContainerDefinition } from '../containers/compose-file.ts';
import { hasCode } from '../foundation/errors.ts';
import { buildImages } from './build-images.ts';
import { presentImage } from './content.ts';
import { programsImage } from './programs-image.ts';

const engine = await testEngine();
const image = 'stampede-test-build:local';
const base = 'stampede-base:local';
let folder: string;
let said: string[];

const definition = (): ContainerDefinition => ({
  service: 'one',
  image,
  build: { context: join(folder, 'one'), dockerfile: 'Containerfile', arguments: {} },
  command: undefined,
  environment: {},
  ports: [],
  dependsOn: [],
  health: { test: ['CMD', 'true'], intervalMs: 1000, timeoutMs: 1000, retries: 1 },
});

/** Which images were built; the project's own programs are as they are. */
async function build(): Promise<readonly string[]> {
  const built: string[] = [];
  const programs = new URL('../../images/programs', import.meta.url).pathname;
  await buildImages(engine!, { folder: join(programs, '..'), definitions: [definition()], base, isFresh: false, say: (line) => void said.push(line), done: (name, { wasBuilt }) => (wasBuilt ? built.push(name) : 0) });
  return built.filter((name) => name !== programsImage);
}

const hasBase = engine !== undefined && (await engine.api.getImage(base).inspect().then(() => true, () => false));
if (engine !== undefined && !hasBase) process.stderr.write(`skipped: building images, ${base} is not there (npm run images:build)\n`);

describe.skipIf(!hasBase)('building an image', () => {
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'build-test-'));
    mkdirSync(join(folder, 'one'));
  });
  beforeEach(() => {
    said = [];
    writeFileSync(join(folder, 'one', 'Containerfile'), 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nCOPY note /note\n');
    writeFileSync(join(folder, 'one', 'note'), 'one');
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await engine!.api.getImage(image).remove().catch(() => undefined);
  });

  it('happens once for one content, and again for another; nothing dangles', async () => {
    expect(await build()).toEqual([image]);
    const first = (await presentImage(engine!, image))?.id;
    expect(await build()).toEqual([]);
    expect((await presentImage(engine!, image))?.id).toBe(first);
    writeFileSync(join(folder, 'one', 'note'), 'two');
    expect(await build()).toEqual([image]);
    expect(await presentImage(engine!, first ?? '')).toBeUndefined();
  });

  it('that fails shows the last lines of the build', async () => {
    writeFileSync(join(folder, 'one', 'Containerfile'), 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nRUN echo on the way && false\n');
    const error = await build().then(() => undefined, (failure: unknown) => failure);
    expect(hasCode(error, 'IMAGE_NOT_BUILT')).toBe(true);
    expect((error as Error).message).toContain('on the way');
  });
});
