// SPDX-License-Identifier: Apache-2.0
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { testEngine } from '../containers/test-engine.ts';
import { presentImage, removeReplaced } from './content.ts';
import { providePrograms } from './programs-image.ts';
import { pullSource, type PullSource } from '../containers/test-pulled.ts';

const engine = await testEngine();
const image = 'stampede-test-programs:local';
const base = 'stampede-base:local';
const plain = 'stampede-test-plain:local';
const nowhere = `127.0.0.1:9/golang@sha256:${'0'.repeat(64)}`;
const hasBase = engine !== undefined && (await presentImage(engine, base)) !== undefined;
let folder: string;
let source: PullSource;
let said: string[];

async function provide(goImage: string, { isPulled = true, isFresh = false } = {}): Promise<boolean> {
  return await providePrograms(engine!, { image, folder, base: { isPulled }, goImage, isFresh, say: (line) => void said.push(line) });
}

/** The folder in which the script ran that built it. */
async function builtIn(): Promise<string> {
  const container = await engine!.api.createContainer({ Image: image, Cmd: ['nothing'] });
  const tar = await text(await container.getArchive({ path: '/programs/where' }));
  await container.remove();
  return /^\/.*$/m.exec(tar.slice(512))?.[0].trim() ?? tar;
}

/** The base without its label, which what is built on it would inherit: images of others have none. */
async function makePlain(): Promise<void> {
  const container = await engine!.api.createContainer({ Image: base, Cmd: ['nothing'] });
  const [repo, tag] = plain.split(':');
  await text(await engine!.api.importImage(await container.export(), { repo, tag }));
  await container.remove();
}

/** What builds have left on an image: the classic builder keeps each stage. */
async function stagesOn(name: string): Promise<readonly string[]> {
  const of = async (id: string): Promise<readonly string[]> => (await engine!.api.getImage(id).inspect()).RootFS.Layers ?? [];
  const below = await of(name);
  const dangling = await engine!.api.listImages({ filters: { dangling: ['true'] } });
  const layers = await Promise.all(dangling.map(async ({ Id }) => ({ Id, layers: await of(Id) })));
  return layers.filter((one) => one.layers.length > below.length && below.every((layer, at) => layer === one.layers[at])).map(({ Id }) => Id);
}

describe.skipIf(!hasBase)('the programs', () => {
  beforeAll(async () => {
    source = await pullSource(engine!);
    await makePlain();
  });
  beforeEach(() => {
    said = [];
    folder = mkdtempSync(join(tmpdir(), 'programs-test-'));
    writeFileSync(join(folder, 'build.sh'), '#!/bin/sh\nset -eu\ncd "$(dirname "$0")"\nmkdir -p "$1"\npwd > "$1/where"\necho "building one"\n', { mode: 0o755 });
    writeFileSync(join(folder, 'modules.txt'), '');
    copyFileSync(join('images', 'programs', 'Containerfile'), join(folder, 'Containerfile'));
  });
  afterEach(async () => {
    rmSync(folder, { recursive: true });
    await engine!.api.getImage(image).remove().catch(() => undefined);
    await removeReplaced(engine!);
  });
  afterAll(async () => {
    await source.close();
    await engine!.api.getImage(plain).remove();
  });

  it('are built in the Go image, which is pulled by its digest', async () => {
    const goImage = await source.offer(plain);
    expect(await presentImage(engine!, goImage)).toBeUndefined();
    expect(await provide(goImage)).toBe(true);
    expect(await builtIn()).toBe('/source');
    expect(await provide(goImage)).toBe(false);
    const parents = await stagesOn(goImage);
    await removeReplaced(engine!);
    expect(parents).toHaveLength(1);
    expect(await stagesOn(goImage)).toEqual([]);
  });

  it('are built by the Go of this machine where that image can not be pulled, and not asked for again before they have to be', async () => {
    expect(await provide(nowhere)).toBe(true);
    expect(said[0]).toContain("can't pull 127.0.0.1:9/golang: ");
    expect(await builtIn()).toBe(folder);
    said = [];
    expect(await provide(nowhere)).toBe(false);
    expect(said).toEqual([]);
    expect(await provide(nowhere, { isFresh: true })).toBe(true);
    expect(said[0]).toContain("can't pull");
  });

  it('are built by it without a look for that image where the base could not be pulled either', async () => {
    expect(await provide(nowhere, { isPulled: false })).toBe(true);
    expect(said).toEqual(['building one']);
  });
});
