// SPDX-License-Identifier: Apache-2.0
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../foundation/seed.ts';
import { diffIdOf, digestOf } from './digest.ts';
import { buildImage } from './image.ts';
import { buildLayer, randomLayer } from './layer.ts';
import { MediaType } from './manifest.ts';
import { tarOf } from './tar.ts';

const files = [{ path: 'manifests/a.yaml', content: Buffer.from('a: 1\n') }];

describe('buildLayer', () => {
  it('makes the same bytes on every machine', async () => {
    const layer = buildLayer(await tarOf(files), 'gzip');
    expect(layer.diffId).toBe('sha256:e70a80248a917c43651b8ae8ea34c1e8a34380d018d34d180a2177996eaac29a');
    expect(layer.descriptor.digest).toBe('sha256:fe714fa1b10c2aa2b18befe0bad2ec886a3d7e3a089752db2a5a8e3bc1f299c9');
    expect(layer.bytes.subarray(4, 8)).toEqual(Buffer.alloc(4));
  });

  it('names travelling and uncompressed bytes apart', async () => {
    const tar = await tarOf(files);
    const layer = buildLayer(tar, 'gzip');
    expect(gunzipSync(layer.bytes).equals(tar)).toBe(true);
    expect(layer.diffId).toBe(diffIdOf(tar));
    expect(layer.descriptor).toEqual({ mediaType: MediaType.ociLayerGzip, digest: digestOf(layer.bytes), size: layer.bytes.length });
  });

  it('leaves an uncompressed layer as it is', async () => {
    const tar = await tarOf(files);
    const layer = buildLayer(tar, 'uncompressed');
    expect(layer.bytes.equals(tar)).toBe(true);
    expect(layer.descriptor.mediaType).toBe(MediaType.ociLayer);
    expect(layer.descriptor.digest).toBe(layer.diffId);
  });
});

describe('randomLayer', () => {
  it('depends on the seed alone and has the size asked for', async () => {
    const [one, again, other] = await Promise.all(['a', 'a', 'b'].map((seed) => randomLayer(seededRandom(seed), 200_000)));
    expect(again?.descriptor).toEqual(one?.descriptor);
    expect(other?.descriptor.digest).not.toBe(one?.descriptor.digest);
    const tar = gunzipSync(one?.bytes ?? Buffer.alloc(0));
    expect(diffIdOf(tar)).toBe(one?.diffId);
    expect(tar.length).toBe(512 + Math.ceil(200_000 / 512) * 512 + 1024);
  });
});

describe('buildImage', () => {
  it('is the same for equal parts and names configuration, layers, labels and annotations', async () => {
    const layers = [await randomLayer(seededRandom('a'), 100), buildLayer(await tarOf(files), 'uncompressed')];
    const parts = { layers, format: 'docker', labels: { title: 'x' }, annotations: { base: 'y' } } as const;
    const image = buildImage(parts);
    expect(buildImage(parts).digest).toBe(image.digest);
    expect(image.digest).toBe(digestOf(image.manifestBytes));
    expect(JSON.parse(image.manifestBytes.toString())).toEqual(image.manifest);
    expect(image.manifest.config).toEqual({ ...image.configDescriptor, digest: digestOf(image.configBytes) });
    expect(image.manifest.annotations).toEqual({ base: 'y' });
    expect(JSON.parse(image.configBytes.toString())).toMatchObject({
      config: { Labels: { title: 'x' } },
      rootfs: { diff_ids: layers.map(({ diffId }) => diffId) },
    });
  });

  it('gives gzip layers the type of its format and leaves other types alone', async () => {
    const layers = [await randomLayer(seededRandom('a'), 100), buildLayer(await tarOf(files), 'uncompressed')];
    const typesIn = (format: 'docker' | 'oci') => {
      const { mediaType, manifest } = buildImage({ layers, format });
      return [mediaType, manifest.config.mediaType, ...manifest.layers.map((layer) => layer.mediaType)];
    };
    expect(typesIn('docker')).toEqual([MediaType.dockerManifest, MediaType.dockerConfig, MediaType.dockerLayer, MediaType.ociLayer]);
    expect(typesIn('oci')).toEqual([MediaType.ociManifest, MediaType.ociConfig, MediaType.ociLayerGzip, MediaType.ociLayer]);
  });
});
