// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRegistry } from '../embedded/registry.ts';
import { ResourceStack } from '../foundation/resources.ts';
import { seededRandom } from '../foundation/seed.ts';
import { diffIdOf } from '../oci/digest.ts';
import { buildImage } from '../oci/image.ts';
import { randomLayer } from '../oci/layer.ts';
import { MediaType } from '../oci/manifest.ts';
import { createRegistryClient, type RegistryClient } from '../oci/registry-client.ts';
import { createTransport, type Transport } from '../oci/transport.ts';
import { openImage, readContents } from './image.ts';
import type { Connection } from '../oci/registry-at.ts';
import { policyInput } from './policy-input.ts';

const resources = new ResourceStack();
const random = seededRandom('image');
let connection: Connection;
let registry: RegistryClient;
let host: string;

beforeAll(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'image-test-'));
  resources.defer('folder', async () => await rm(directory, { recursive: true }));
  const { url } = resources.own('registry', await startRegistry({ directory }));
  const transport = resources.own('transport', createTransport());
  connection = { transport, insecure: false };
  host = new URL(url).host;
  registry = createRegistryClient({ baseUrl: url, transport });
});

afterAll(async () => await resources[Symbol.asyncDispose]());

describe('an image', () => {
  it('gives its configuration and its layers uncompressed, whatever they are called', async () => {
    const layers = [await randomLayer(random, 5000), await randomLayer(random, 5000, 'uncompressed'), await randomLayer(random, 5000, 'gzip', MediaType.ociLayer)];
    const built = buildImage({ layers, format: 'docker', labels: { a: 'b' } });
    await registry.pushImage('repo/plain', built, 'latest');
    const image = await openImage(`${host}/repo/plain`, connection);
    expect(image.pinned).toBe(`${host}/repo/plain@${built.digest}`);
    const contents = await readContents(image);
    expect(contents).toMatchObject({ labels: { a: 'b' }, config: { Labels: { a: 'b' } } });
    const read = await Promise.all(contents.layers.map(async (layer) => diffIdOf(await buffer(await layer.uncompressed()))));
    expect(read).toEqual(layers.map(({ diffId }) => diffId));
  });

  it('of an index is that for linux/amd64, under the digest of the index', async () => {
    const [arm, amd] = await Promise.all(['arm', 'amd'].map(async (name) => buildImage({ layers: [await randomLayer(random, 10)], format: 'oci', labels: { name } })));
    if (arm === undefined || amd === undefined) throw new Error('not built');
    for (const image of [arm, amd]) await registry.pushImage('repo/index', image, image.digest);
    const entry = (image: typeof arm, architecture: string): object => ({ mediaType: image.mediaType, digest: image.digest, size: image.manifestBytes.length, platform: { os: 'linux', architecture } });
    const index = { schemaVersion: 2, mediaType: MediaType.ociIndex, manifests: [entry(arm, 'arm64'), entry(amd, 'amd64')] };
    const digest = await registry.putManifest('repo/index', 'latest', Buffer.from(JSON.stringify(index)), MediaType.ociIndex);
    const image = await openImage(`${host}/repo/index:latest`, connection);
    expect(image.digest).toBe(digest);
    expect((await readContents(image)).labels).toEqual({ name: 'amd' });
  });

  it('tells policies of its parent', async () => {
    const parent = buildImage({ layers: [], format: 'docker', labels: { is: 'parent' } });
    await registry.pushImage('repo/child/parent', parent, 'latest');
    const annotations = { 'org.opencontainers.image.base.name': `${host}/repo/child/parent:latest@${parent.digest}` };
    await registry.pushImage('repo/child', buildImage({ layers: [], format: 'docker', annotations }), 'latest');
    const builtin = { outcome: { violations: [], warnings: [], successes: [] }, signatures: [], attestations: [] };
    const input = await policyInput(await openImage(`${host}/repo/child`, connection), builtin, { layerSource: { cache: undefined, warn: () => undefined }, connection });
    expect(input).toMatchObject({ image: { parent: { ref: `${host}/repo/child/parent@${parent.digest}`, config: { Labels: { is: 'parent' } } } } });
  });

  it('is refused when it is not there, or not in order', async () => {
    const built = buildImage({ layers: [await randomLayer(random, 10)], format: 'oci' });
    await registry.pushImage('repo/odd', built, 'latest');
    const odd = { ...built.manifest, layers: [] };
    await registry.putManifest('repo/odd', 'fewer', Buffer.from(JSON.stringify(odd)), MediaType.ociManifest);
    await expect(openImage(`${host}/repo/none`, connection)).rejects.toMatchObject({ code: 'REGISTRY_REFUSED' });
    await expect(openImage('no reference', connection)).rejects.toMatchObject({ code: 'REFERENCE_MALFORMED' });
    await expect(openImage(`${host}/repo/odd:fewer`, connection).then(readContents)).rejects.toMatchObject({ code: 'MANIFEST_MALFORMED' });
  });

  it.each([
    ['registry.local/a', false, 'http://registry.local'],
    ['localhost:5000/a', false, 'http://localhost:5000'],
    ['127.0.0.1:5000/a', false, 'http://127.0.0.1:5000'],
    ['registry.example/a', false, 'https://registry.example'],
    ['local.example:444/a', false, 'https://local.example:444'],
    ['registry.example/a', true, 'http://registry.example'],
  ])('of %s (insecure: %s) is asked for at %s', async (reference, insecure, base) => {
    const asked: string[] = [];
    const transport: Transport = {
      request: async (url) => {
        asked.push(url);
        return await Promise.reject(new Error('enough'));
      },
    };
    await expect(openImage(reference, { transport, insecure })).rejects.toThrow('enough');
    // Where plain http would do, https is asked for first.
    const first = base.startsWith('http:') ? [`${base.replace('http:', 'https:')}/v2/`] : [];
    expect(asked).toEqual([...first, `${base}/v2/a/manifests/latest`]);
  });
});
