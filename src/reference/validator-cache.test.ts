// SPDX-License-Identifier: Apache-2.0
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, rm, truncate } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../foundation/seed.ts';
import { toolOrSkip } from '../foundation/tools.ts';
import { digestOf } from '../oci/digest.ts';
import { buildLayer, randomLayer, type Layer } from '../oci/layer.ts';
import { tarOf } from '../oci/tar.ts';
import { bundleLabel } from './bundle-files.ts';
import { openProxy, openTestStage, type Ended, type TestStage } from './test-stage.ts';

const run = promisify(execFile);
const random = seededRandom('validator-cache');
let stage: TestStage;
let policy: string;
let cache: string;
let shared: Layer;
let manifests: Layer;

beforeAll(async () => {
  stage = await openTestStage();
  policy = JSON.stringify({ sources: [{ policy: [await stage.policyFolder('bundle_files')] }] });
  cache = join(stage.folder, '.cache', 'ec', 'images');
  shared = await randomLayer(random, 3_000_000);
  const csv = { path: 'manifests/operator.yaml', content: Buffer.from('kind: ClusterServiceVersion\n') };
  manifests = buildLayer(await tarOf([csv]), 'uncompressed');
  for (const name of ['one', 'two']) {
    await prepare(`acceptance/${name}`, [await randomLayer(random.fork(name), 1000), shared, manifests], { [bundleLabel]: 'manifests/' });
  }
  await prepare('acceptance/plain', [shared, manifests], {});
}, 30_000);

afterAll(async () => await stage[Symbol.asyncDispose]());
beforeEach(async () => await rm(join(stage.folder, '.cache'), { recursive: true, force: true }));

async function prepare(repository: string, layers: readonly Layer[], labels: Record<string, string>): Promise<void> {
  const { digest } = await stage.push(repository, { layers, labels, format: 'docker' });
  await stage.sign(repository, digest);
  await stage.attest(repository, digest);
}

function args(...names: readonly string[]): readonly string[] {
  const components = names.map((name) => ({ name, containerImage: `registry.local/acceptance/${name}` }));
  return ['validate', 'image', '--public-key', stage.knownFile, '--policy', policy, '--images', JSON.stringify({ components }), '--show-successes'];
}

/** Runs the program and counts what it fetched of the two layers that the images share. */
async function validate(names: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Ended & { fetched: number }> {
  const layers = [shared, manifests].map(({ descriptor }) => descriptor.digest);
  let fetched = 0;
  await using proxy = await openProxy(stage.registryServer.url, (path) => {
    fetched += layers.some((digest) => path.endsWith(digest)) ? 1 : 0;
    return false;
  });
  const ended = await stage.run(args(...names), { HTTP_PROXY: proxy.url, ...environment });
  return { ...ended, fetched };
}

function sharedEntry(): string {
  return join(cache, shared.diffId);
}

describe('the layer cache of a run', () => {
  it('is filled by the first run, each layer once, and used by the second', async () => {
    const cold = await validate(['one', 'two']);
    expect(cold).toMatchObject({ exitCode: 0, stderr: '', fetched: 2 });
    // Three layers in two forms, and one that is its own tar.
    expect(await readdir(cache)).toHaveLength(7);
    const warm = await validate(['one', 'two']);
    expect(warm).toMatchObject({ exitCode: 0, stderr: '', fetched: 0 });
    expect(warm.report?.components).toEqual(cold.report?.components);
    expect(cold.report?.components.map(({ successes }) => successes?.at(-1)?.metadata?.['code'])).toEqual(['manifests.missing', 'manifests.missing']);
  });

  it('is not touched for an image that is no bundle', async () => {
    const ended = await validate(['plain']);
    expect(ended).toMatchObject({ exitCode: 1, fetched: 0 });
    expect(ended.report?.components[0]?.violations?.map(({ metadata }) => metadata?.['code'])).toEqual(['manifests.missing']);
    await expect(readdir(cache)).rejects.toThrow();
  });

  it('mends a truncated tar from the compressed form, warns, and comes to the same result', async () => {
    const cold = await validate(['one']);
    await truncate(sharedEntry(), 1_000_000);
    const mended = await validate(['one']);
    expect(mended).toMatchObject({ exitCode: 0, fetched: 0, stderr: expect.stringMatching(/^Warning: .*\n$/) as string });
    expect(mended.report?.components).toEqual(cold.report?.components);
    expect((await readFile(sharedEntry())).length).toBeGreaterThan(3_000_000);
    expect(await validate(['one'])).toMatchObject({ exitCode: 0, stderr: '', fetched: 0 });
  });
});

const crane = toolOrSkip('crane');
describe.skipIf(crane === undefined)('a cache shared with crane', () => {
  /** Lets crane make an archive; how often it asked for each of the image's layers. */
  const pull = async (): Promise<{ readonly fetched: number; readonly archive: string }> => {
    let fetched = 0;
    await using proxy = await openProxy(stage.registryServer.url, (path) => {
      fetched += [shared, manifests].some(({ descriptor }) => path.endsWith(descriptor.digest)) ? 1 : 0;
      return false;
    });
    const out = join(stage.folder, 'out.tar');
    await run(crane ?? '', ['pull', '--insecure', '--format=legacy', '--cache_path', cache, 'registry.local/acceptance/one', out], { env: { HOME: stage.folder, HTTP_PROXY: proxy.url } });
    return { fetched, archive: digestOf(await readFile(out)) };
  };

  it('has the entries that crane made', async () => {
    expect((await pull()).fetched).toBe(2);
    expect(await validate(['one'])).toMatchObject({ exitCode: 0, stderr: '', fetched: 0 });
  });

  it('has entries that crane takes, and makes the same archive of', async () => {
    const cold = await pull();
    await rm(cache, { recursive: true });
    await validate(['one']);
    const before = await readFile(sharedEntry());
    expect(await pull()).toEqual({ fetched: 0, archive: cold.archive });
    expect((await readFile(sharedEntry())).equals(before)).toBe(true);
  });
});

describe('a layer that does not come as it should', () => {
  const changedAt = (offset: number) => (from: IncomingMessage, to: ServerResponse): true => {
    let first = true;
    from.on('data', (chunk: Buffer) => {
      if (first) chunk[offset] = (chunk[offset] ?? 0) ^ 1;
      first = false;
      to.write(chunk);
    });
    from.on('end', () => to.end());
    return true;
  };
  const cut = (from: IncomingMessage, to: ServerResponse): true => {
    from.once('data', (chunk: Buffer) => to.write(chunk, () => to.destroy()));
    return true;
  };
  it.each([
    ['changed', changedAt(700), () => shared],
    ['changed in the time of compression alone', changedAt(4), () => shared],
    ['changed and uncompressed', changedAt(700), () => manifests],
    ['cut', cut, () => shared],
  ] as const)('%s is a violation, and is not kept', async (_how, spoil, layer) => {
    await using proxy = await openProxy(stage.registryServer.url, (path, from, to) => path.endsWith(layer().descriptor.digest) && spoil(from, to));
    const ended = await stage.run(args('one'), { HTTP_PROXY: proxy.url });
    expect(ended.exitCode).toBe(1);
    expect(ended.report?.components[0]?.violations?.map(({ metadata }) => metadata?.['code'])).toEqual(['builtin.image.accessible']);
    expect((await readdir(cache)).filter((name) => name.startsWith(layer().diffId))).toEqual([]);
    expect(await validate(['one'])).toMatchObject({ exitCode: 0, stderr: '' });
  });
});

describe('a run that is interrupted while it fills the cache', () => {
  it.each([['SIGINT', 130], ['SIGTERM', 143]] as const)('on %s ends with %d and leaves nothing half done', async (signal, status) => {
    let arrived: () => void;
    const half = new Promise<void>((resolve) => (arrived = resolve));
    await using proxy = await openProxy(stage.registryServer.url, (path, from, to) => {
      if (!path.endsWith(shared.descriptor.digest)) return false;
      from.once('data', (chunk: Buffer) => to.write(chunk, () => arrived()));
      return true;
    });
    const child = spawn(stage.program, args('one'), { cwd: stage.folder, env: { ...stage.environment, HTTP_PROXY: proxy.url }, stdio: 'ignore' });
    const closed = once(child, 'close');
    await half;
    while (!(await readdir(cache)).some((name) => name.startsWith(`${shared.diffId}.`))) await new Promise(setImmediate);
    child.kill(signal);
    expect(await closed).toEqual([status, null]);
    expect((await readdir(cache)).filter((name) => name.includes('.tmp') || name === shared.diffId)).toEqual([]);
    expect((await readdir(stage.folder)).filter((name) => name.startsWith('ec-work-'))).toEqual([]);
  });
});
