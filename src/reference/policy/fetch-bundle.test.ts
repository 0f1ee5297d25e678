// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startRegistry } from '../../embedded/registry.ts';
import type { EmbeddedServer } from '../../embedded/server.ts';
import { buildArtifact, plainLayer } from '../../oci/artifact.ts';
import { digestOf, hexOf, type Digest } from '../../oci/digest.ts';
import type { Layer } from '../../oci/layer.ts';
import { MediaType } from '../../oci/manifest.ts';
import { createRegistryClient, type RegistryClient } from '../../oci/registry-client.ts';
import { createTransport, type Transport } from '../../oci/transport.ts';
import { fetchBundle } from './fetch-bundle.ts';

let root: string;
let folder: string;
let server: EmbeddedServer;
let transport: Transport & AsyncDisposable;
let registry: RegistryClient;
let host: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fetch-bundle-test-'));
  server = await startRegistry({ directory: join(root, 'registry') });
  transport = createTransport();
  registry = createRegistryClient({ baseUrl: server.url, transport });
  host = new URL(server.url).host;
});

afterAll(async () => {
  await transport[Symbol.asyncDispose]();
  await server.close();
  await rm(root, { recursive: true });
});

beforeEach(async () => {
  folder = await mkdtemp(join(root, 'target-'));
});

const file = (path: string | undefined, content: string): Layer =>
  plainLayer(Buffer.from(content), 'application/vnd.cncf.openpolicyagent.data.layer.v1+json', path === undefined ? {} : { 'org.opencontainers.image.title': path });

async function push(repository: string, layers: readonly Layer[], change: (manifest: string) => string = (same) => same): Promise<Digest> {
  const artifact = buildArtifact({ layers, manifestType: MediaType.ociManifest, configType: 'application/vnd.unknown.config.v1+json' });
  await registry.pushImage(repository, artifact, 'v1');
  return await registry.putManifest(repository, 'v1', Buffer.from(change(artifact.manifestBytes.toString())), MediaType.ociManifest);
}

const fetch = async (reference: string): Promise<Digest> => await fetchBundle(`${host}/${reference}`, folder, { transport, insecure: false });
const everything = (): readonly string[] => readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map(({ name }) => name).sort();

describe('fetchBundle', () => {
  it('puts every layer where its title says, by tag and by digest', async () => {
    const digest = await push('happy', [file('main.rego', 'package main'), file('data/deep/values.yaml', 'a: 1'), file(undefined, 'nameless')]);
    expect(await fetch('happy:v1')).toBe(digest);
    expect(await fetch(`happy@${digest}`)).toBe(digest);
    expect(readFileSync(join(folder, 'data/deep/values.yaml'), 'utf8')).toBe('a: 1');
    expect(everything()).toEqual(['main.rego', 'values.yaml']);
  });

  it.each(['../outside', '/etc/outside', 'a/../../outside', 'a//b', '', '.', 'a\0b'])('puts nothing at %j', async (place) => {
    await push('hostile', [file('good.rego', 'package main'), file(place, 'x')]);
    await expect(fetch('hostile:v1')).rejects.toMatchObject({ code: 'MANIFEST_MALFORMED', message: expect.stringContaining('no place below a folder') });
    expect(everything()).toEqual([]);
  });

  it('says which bundle is not there', async () => {
    await expect(fetch('nowhere:v1')).rejects.toMatchObject({ code: 'REGISTRY_REFUSED', message: `no policy bundle at ${host}/nowhere:v1` });
    await push('there', [file('main.rego', 'package main')]);
    await expect(fetch(`there@sha256:${'0'.repeat(64)}`)).rejects.toMatchObject({ code: 'REGISTRY_REFUSED' });
  });

  it('takes no other bytes than the manifest promises', async () => {
    const [real, other] = [file('main.rego', 'package main'), file('main.rego', 'package evil')];
    await push('swapped', [real]);
    await registry.pushBlob('swapped', other.bytes);
    const { digest } = real.descriptor;
    const swapping: Transport = { request: async (url, options) => await transport.request(url.replace(hexOf(digest), url.includes('/blobs/') ? hexOf(other.descriptor.digest) : hexOf(digest)), options) };
    await expect(fetchBundle(`${host}/swapped:v1`, folder, { transport: swapping, insecure: false })).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
    expect(everything()).toEqual([]);
  });

  it('takes no more bytes than the manifest tells of', async () => {
    await push('long', [file('main.rego', 'package main')], (manifest) => manifest.replace('"size":12,"digest"', '"size":11,"digest"').replace(`"size":12,"digest":"${digestOf(Buffer.from('package main'))}"`, ''));
    await expect(fetch('long:v1')).rejects.toMatchObject({ code: 'RESPONSE_TOO_LONG' });
  });

  it.each(['{"layers":1}', '[]', 'x'])('refuses the manifest %s', async (text) => {
    const malformed: Transport = { request: async (url, options) => await transport.request(url, options).then((response) => ({ ...response, status: 200, headers: {}, bytes: async () => await response.bytes().then(() => Buffer.from(text)) })) };
    await expect(fetchBundle(`${host}/happy:v1`, folder, { transport: malformed, insecure: false })).rejects.toMatchObject({ code: 'MANIFEST_MALFORMED' });
  });
});
