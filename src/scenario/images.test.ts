// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRegistry } from '../embedded/registry.ts';
import { ResourceStack } from '../foundation/resources.ts';
import { diffIdOf, digestOf, type Digest } from '../oci/digest.ts';
import { MediaType, type ImageConfig, type Manifest } from '../oci/manifest.ts';
import { createRegistryClient, type RegistryClient } from '../oci/registry-client.ts';
import { readTar } from '../oci/tar.ts';
import { createTransport } from '../oci/transport.ts';
import { ImageShelf } from './images.ts';

const resources = new ResourceStack();
const limits = { entryBytes: 2 ** 24, totalBytes: 2 ** 24, entries: 100 };
let registry: RegistryClient;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'images-test-'));
  resources.defer('folder', async () => await rm(folder, { recursive: true }));
  const transport = resources.own('transport', createTransport());
  const { url } = resources.own('registry', await startRegistry({ directory: folder }));
  registry = createRegistryClient({ baseUrl: url, transport });
});

afterAll(async () => await resources[Symbol.asyncDispose]());

const shelf = (prefix: string): ImageShelf => new ImageShelf({ registry, host: 'registry.local', prefix });

/** As it lies in the registry, not as the shelf says. */
async function pulled(repository: string, tag = 'latest'): Promise<{ digest: Digest; mediaType: string; manifest: Manifest; config: ImageConfig; layers: Buffer[] }> {
  const { bytes, digest, mediaType } = (await registry.getManifest(repository, tag))!;
  const manifest = JSON.parse(bytes.toString('utf8')) as Manifest;
  const config = JSON.parse((await registry.getBlobBytes(repository, manifest.config.digest, 1e6)).toString('utf8')) as ImageConfig;
  const layers = await Promise.all(manifest.layers.map(async (layer) => await registry.getBlobBytes(repository, layer.digest, 1e7)));
  return { digest, mediaType, manifest, config, layers };
}

async function pathsIn(tar: Buffer): Promise<string[]> {
  const paths = [];
  for await (const { path, content } of readTar(Readable.from([tar]), limits)) {
    paths.push(path);
    await buffer(content);
  }
  return paths;
}

describe('an image', () => {
  it('has two layers of its own, a parent, a title, and the kind that docker makes', async () => {
    const { image } = await shelf('plain').pushImage('acceptance/image');
    const { digest, mediaType, manifest, config, layers } = await pulled('plain/acceptance/image');
    expect(digest).toBe(image.digest);
    expect(mediaType).toBe(MediaType.dockerManifest);
    expect(layers).toHaveLength(2);
    expect(new Set(config.rootfs.diff_ids).size).toBe(2);
    expect(layers.map((layer) => diffIdOf(gunzipSync(layer)))).toEqual(config.rootfs.diff_ids);
    expect(config.config.Labels).toEqual({ 'org.opencontainers.image.title': 'acceptance/image' });
    const parent = await pulled('plain/acceptance/image/parent');
    expect(manifest.annotations).toEqual({ 'org.opencontainers.image.base.name': `registry.local/plain/acceptance/image/parent:latest@${parent.digest}` });
    expect(parent.manifest.layers).toEqual(manifest.layers.slice(0, 1));
  });

  it('is the same for the same scenario and name, whatever else was made before, and another one otherwise', async () => {
    const first = (await shelf('same').pushImage('image')).image.digest;
    const again = shelf('same');
    await again.pushImage('other');
    expect((await again.pushImage('image')).image.digest).toBe(first);
    expect((await again.pushImage('image')).image.digest).toBe(first);
    expect(again.named('other').image.digest).not.toBe(first);
    expect((await shelf('another').pushImage('image')).image.digest).not.toBe(first);
  });

  it('may have a tag in its name; without one it is the latest', async () => {
    const images = shelf('tags');
    const [v1, latest] = [await images.pushImage('image:v1'), await images.pushImage('image')];
    expect((await pulled('tags/image', 'v1')).digest).toBe(v1.image.digest);
    expect((await pulled('tags/image')).digest).toBe(latest.image.digest);
    expect(v1.image.digest).not.toBe(latest.image.digest);
    expect(images.named('image:latest')).toBe(latest);
    expect(images.referenceOf('image:v1')).toBe('registry.local/tags/image');
    const labelled = await images.addLabels('image:v1', { a: 'b' });
    expect((await pulled('tags/image', 'v1')).digest).toBe(labelled.image.digest);
    expect(images.all()).toHaveLength(2);
  });

  it('carries given files in a further layer, uncompressed', async () => {
    const files = [{ path: 'manifests/a.yaml', content: Buffer.from('a: 1\n') }, { path: 'b', content: Buffer.alloc(0) }];
    const { image } = await shelf('files').pushImage('image', files);
    const { manifest, config, layers } = await pulled('files/image');
    expect(manifest.layers.map(({ mediaType }) => mediaType)).toEqual([MediaType.dockerLayer, MediaType.dockerLayer, MediaType.ociLayer]);
    expect(digestOf(layers[2]!)).toBe(config.rootfs.diff_ids[2]);
    expect(await pathsIn(layers[2]!)).toEqual(['manifests/a.yaml', 'b']);
    expect((await shelf('files').pushImage('image', files)).image.digest).toBe(image.digest);
  });

  it('is pushed again with labels, as another image of the same layers', async () => {
    const images = shelf('labels');
    const before = (await images.pushImage('image')).image;
    await images.addLabels('image', { version: '1', unchanged: 'yes' });
    const after = (await images.addLabels('image', { version: '2' })).image;
    const { digest, config, manifest } = await pulled('labels/image');
    expect(digest).toBe(after.digest);
    expect(digest).not.toBe(before.digest);
    expect(images.named('image').image.digest).toBe(digest);
    expect(manifest.layers).toEqual(before.manifest.layers);
    expect(config.config.Labels).toEqual({ 'org.opencontainers.image.title': 'image', version: '2', unchanged: 'yes' });
  });

  it('that nobody has pushed is told, with the step that is missing', async () => {
    const missing = { code: 'STEP_OUT_OF_ORDER', hint: expect.stringContaining('an image named "image"') };
    expect(() => shelf('none').named('image')).toThrow(expect.objectContaining(missing));
    await expect(shelf('none').addLabels('image', {})).rejects.toMatchObject(missing);
  });
});

describe('operator bundles', () => {
  it('share exactly one layer, and have one of their own each', async () => {
    await shelf('bundles').pushBundles('acceptance/bundle', 3);
    const images = await Promise.all([1, 2, 3].map(async (number) => await pulled(`bundles/acceptance/bundle-${number}`)));
    const digests = images.map(({ manifest }) => manifest.layers.map(({ digest }) => digest));
    expect(digests.map((layers) => layers.length)).toEqual([2, 2, 2]);
    expect(new Set(digests.map(([shared]) => shared)).size).toBe(1);
    expect(new Set(digests.flat()).size).toBe(4);
    // A cache that goes by sizes is right there, as with most images.
    expect(new Set(images.flatMap(({ manifest }) => manifest.layers.map(({ size }) => size))).size).toBe(4);
    expect(new Set(images.map(({ digest }) => digest)).size).toBe(3);
    for (const { config, layers } of images) {
      expect(config.config.Labels).toMatchObject({ 'operators.operatorframework.io.bundle.manifests.v1': 'manifests/' });
      expect(layers.every((layer) => layer.length > 256 * 1024)).toBe(true);
    }
    expect(await pathsIn(gunzipSync(images[1]!.layers[0]!))).toContain('manifests/operator.clusterserviceversion.yaml');
    expect(await pathsIn(gunzipSync(images[1]!.layers[1]!))).toContain('manifests/part-2.yaml');
  });

  it('of another name share nothing with them', async () => {
    const images = shelf('two-sets');
    const [one, other] = [await images.pushBundles('one', 2), await images.pushBundles('other', 2)];
    const layersOf = (set: typeof one): string[] => set.flatMap(({ image }) => image.layers.map(({ diffId }) => diffId as string));
    expect(layersOf(one).filter((layer) => layersOf(other).includes(layer))).toEqual([]);
  });

  it('are the same in every run', async () => {
    const digests = async (): Promise<Digest[]> => (await shelf('same-bundles').pushBundles('bundle', 2)).map(({ image }) => image.digest);
    expect(await digests()).toEqual(await digests());
  });
});

describe('known layers', () => {
  it('are known in both forms, with the images that have them; bundles are read', async () => {
    const images = shelf('known');
    await images.pushImage('image', [{ path: 'a', content: Buffer.from('a') }]);
    expect(images.readLayers()).toEqual([]);
    expect(images.knownLayers().map((layer) => layer.images)).toEqual([['image'], ['image'], ['image']]);
    await images.pushBundles('bundle', 2);
    expect(images.readLayers().map((layer) => layer.images)).toEqual([['bundle-1', 'bundle-2'], ['bundle-1'], ['bundle-2']]);
    expect(images.knownLayers()).toHaveLength(6);
    for (const { digest, diffId, compressed, uncompressed } of images.knownLayers()) {
      expect(digestOf(compressed)).toBe(digest);
      expect(diffIdOf(uncompressed)).toBe(diffId);
      expect((digest === (diffId as string) ? compressed : gunzipSync(compressed)).equals(uncompressed)).toBe(true);
    }
  });

  it('stay the same when a bundle gets another label', async () => {
    const images = shelf('relabelled');
    await images.pushBundles('bundle', 2);
    const before = images.readLayers();
    await images.addLabels('bundle-1', { version: '2' });
    expect(images.readLayers()).toEqual(before);
  });

  it('are read of an image that becomes a bundle by its label', async () => {
    const images = shelf('becomes');
    await images.pushImage('image', [{ path: 'manifests/a.yaml', content: Buffer.from('a') }]);
    await images.addLabels('image', { 'operators.operatorframework.io.bundle.manifests.v1': 'manifests/' });
    expect(images.readLayers().map((layer) => layer.images)).toEqual([['image'], ['image'], ['image']]);
  });
});

it('images are named as references name them', async () => {
  const images = shelf('names');
  await images.pushBundles('bundle', 1);
  expect(images.all().map(({ name }) => name)).toEqual(['bundle-1']);
  expect([images.repositoryOf('a/b'), images.referenceOf('a/b')]).toEqual(['names/a/b', 'registry.local/names/a/b']);
});
