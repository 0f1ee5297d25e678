// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildLayer, type Layer } from '../../oci/layer.ts';
import { tarOf } from '../../oci/tar.ts';
import { bundleLabel } from '../bundle-files.ts';
import { unfinishedName } from '../cache/unfinished.ts';
import { openProxy, openTestStage, type Ended, type TestStage } from '../test-stage.ts';

// The worst kind: exit status 0 for an image that is to be denied, because the cache gave another layer than the one
// that was asked for. Each situation is one that a kill, a broken download, or another process brings about.

let stage: TestStage;
let policy: string;
let harmless: Layer;
let forbidden: Layer;
/** The first file of the forbidden layer, whole: a tar that ends there is a tar. */
const half = 1024;

async function layerWith(...kinds: readonly string[]): Promise<Layer> {
  const files = kinds.map((kind, index) => ({ path: `manifests/${index}.yaml`, content: Buffer.from(`kind: ${kind}\n`) }));
  return buildLayer(await tarOf(files), 'uncompressed');
}

beforeAll(async () => {
  stage = await openTestStage('test');
  policy = JSON.stringify({ sources: [{ policy: [await stage.policyFolder('forbidden_kind')] }] });
  harmless = await layerWith('ConfigMap', 'Role');
  forbidden = await layerWith('ConfigMap', 'ClusterRoleBinding');
  for (const [name, layer] of [['harmless', harmless], ['forbidden', forbidden]] as const) {
    const { digest } = await stage.push(`acceptance/${name}`, { layers: [layer], labels: { [bundleLabel]: 'manifests/' }, format: 'docker' });
    await stage.sign(`acceptance/${name}`, digest);
    await stage.attest(`acceptance/${name}`, digest);
  }
}, 30_000);

afterAll(async () => await stage[Symbol.asyncDispose]());

interface Situation {
  readonly home: string;
  readonly cache: string;
  readonly bug: string;
}

async function validate({ home, bug }: Situation, names: readonly string[], proxy = stage.registryServer.url): Promise<Ended> {
  const components = names.map((name) => ({ name, containerImage: `registry.local/acceptance/${name}` }));
  const args = ['validate', 'image', '--public-key', stage.knownFile, '--policy', policy, '--workers', '1', '--images', JSON.stringify({ components })];
  return await stage.run(args, { HOME: home, HTTP_PROXY: proxy, STAMPEDE_PLANTED_BUG: bug });
}

/** Gives the first half of the forbidden layer, and then nothing, or breaks off. */
function halfOf(then: 'breaks off' | 'nothing', reached: () => void = () => undefined) {
  return (path: string, from: IncomingMessage, to: ServerResponse): boolean => {
    if (!path.endsWith(forbidden.descriptor.digest)) return false;
    from.resume();
    to.write(forbidden.bytes.subarray(0, half), () => {
      reached();
      if (then === 'breaks off') to.destroy();
    });
    return true;
  };
}

async function preplace({ cache }: Situation, name: string, bytes: Uint8Array): Promise<void> {
  await mkdir(cache, { recursive: true });
  await writeFile(join(cache, name), bytes);
}

const deadProcess = (): number => Number(execFileSync(process.execPath, ['--eval', 'console.log(process.pid)'], { encoding: 'utf8' }));

const situations: Readonly<Record<string, (situation: Situation) => Promise<Ended>>> = {
  'no-verification': async (situation) => {
    await preplace(situation, forbidden.diffId, harmless.bytes);
    return await validate(situation, ['forbidden']);
  },
  'age-instead-of-content': async (situation) => {
    await preplace(situation, forbidden.diffId, forbidden.bytes.subarray(0, half));
    return await validate(situation, ['forbidden']);
  },
  'killed-writers-file-adopted': async (situation) => {
    await preplace(situation, unfinishedName(forbidden.diffId, deadProcess()), forbidden.bytes.subarray(0, half));
    return await validate(situation, ['forbidden']);
  },
  'size-published-first': async (situation) => {
    await preplace(situation, `${forbidden.diffId}.size`, Buffer.from(String(forbidden.bytes.length)));
    return await validate(situation, ['forbidden']);
  },
  'broken-download-published': async (situation) => {
    await using proxy = await openProxy(stage.registryServer.url, halfOf('breaks off'));
    await validate(situation, ['forbidden'], proxy.url);
    return await validate(situation, ['forbidden']);
  },
  'waiters-told-success': async (situation) => {
    await using proxy = await openProxy(stage.registryServer.url, halfOf('breaks off'));
    return await validate(situation, ['forbidden'], proxy.url);
  },
  'key-without-digest': async (situation) => {
    await validate(situation, ['harmless']);
    return await validate(situation, ['forbidden']);
  },
  'in-place-write': async (situation) => {
    let reached = (): void => undefined;
    const sent = new Promise<void>((resolve) => (reached = resolve));
    await using proxy = await openProxy(stage.registryServer.url, halfOf('nothing', reached));
    const first = validate(situation, ['forbidden'], proxy.url);
    await sent;
    while ((await readdir(situation.cache).catch(() => [])).length === 0) await new Promise(setImmediate);
    const second = validate(situation, ['forbidden']);
    // The safe cache makes the second wait for the first.
    if (situation.bug !== '') await second;
    await proxy[Symbol.asyncDispose]();
    await first;
    return await second;
  },
};

describe.each(Object.keys(situations))('%s', (name) => {
  const run = async (bug: string): Promise<Ended> => {
    const home = await mkdtemp(join(stage.folder, 'home-'));
    return (await situations[name]?.({ home, cache: join(home, '.cache', 'ec', 'images'), bug })) as Ended;
  };

  it('passes what is to be denied, with status 0 and without a word', async () => {
    expect(await run(name)).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it('is denied with the safe cache', async () => {
    expect((await run('')).exitCode).toBe(1);
  });
});
