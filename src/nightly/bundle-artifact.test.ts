// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startRegistry } from '../embedded/registry.ts';
import { hasCode } from '../foundation/errors.ts';
import { ResourceStack } from '../foundation/resources.ts';
import { toolOrSkip } from '../foundation/tools.ts';
import { digestOf } from '../oci/digest.ts';
import { MediaType } from '../oci/manifest.ts';
import { createRegistryClient, type RegistryClient } from '../oci/registry-client.ts';
import { createTransport } from '../oci/transport.ts';
import { bundleAddress, bundleArtifactType, bundleLayerType, bundleTag, pullBundle, pushBundle } from './bundle-artifact.ts';
import { bundleName, writeBundle } from './bundle.ts';
import { mergeBundles } from './merge.ts';
import { NightStore } from './store.ts';
import { nightOf, runOfNight } from './test-records.ts';

const [oras, crane] = [toolOrSkip('oras'), toolOrSkip('crane')];
const id = 'smoke-1';
let resources: ResourceStack;
let folder: string;
let host: string;
let client: RegistryClient;

beforeEach(async () => {
  resources = new ResourceStack();
  folder = await mkdtemp(join(tmpdir(), 'bundle-artifact-'));
  resources.defer('folder', async () => await rm(folder, { recursive: true }));
  const server = resources.own('registry', await startRegistry({ directory: join(folder, 'registry') }));
  host = new URL(server.url).host;
  client = clientOf(server.url);
});
afterEach(async () => await resources[Symbol.asyncDispose]());

function clientOf(baseUrl: string): RegistryClient {
  return createRegistryClient({ baseUrl, transport: resources.own('transport', createTransport()) });
}

/** A bundle of four runs of a shard, in a file. */
async function bundle(): Promise<string> {
  const file = join(folder, 'made.tgz');
  using store = NightStore.open(join(folder, 'made'), { isNew: true });
  store.addRuns(Array.from({ length: 4 }, (_, at) => runOfNight(id, at)), nightOf(id));
  await writeBundle(store, id, file);
  return file;
}

async function push(): Promise<{ readonly file: string; readonly digest: string }> {
  const file = await bundle();
  return { file, digest: await pushBundle({ client, repository: 'nights/smoke', tag: bundleTag(id, { index: 1, count: 1 }), file, name: bundleName(id, { index: 1, count: 1 }), night: nightOf(id) }) };
}

async function run(program: string | undefined, ...args: readonly string[]): Promise<string> {
  const env = { HOME: folder, PATH: '/usr/bin:/bin', DOCKER_CONFIG: folder };
  return await new Promise((resolve, reject) => {
    execFile(program ?? '', [...args], { cwd: folder, env }, (error, stdout, stderr) => (error === null ? resolve(stdout) : reject(new Error(stderr, { cause: error }))));
  });
}

const refusal = async (pulling: Promise<void>): Promise<string> => await pulling.then(() => 'nothing was refused', (error: unknown) => (hasCode(error, 'BUNDLE_DAMAGED') ? error.message : `another error: ${String(error)}`));

describe('a bundle in a registry', () => {
  it('comes back as it was, by its tag and by its digest, and twice makes one digest', async () => {
    const { file, digest } = await push();
    expect((await push()).digest).toBe(digest);
    for (const [nth, place] of [`:${id}.shard-1-of-1`, `@${digest}`, `:none@${digest}`].entries()) {
      const into = join(folder, `pulled-${nth}.tgz`);
      await pullBundle(client, bundleAddress(`oci://${host}/nights/smoke${place}`), into);
      expect(await readFile(into)).toEqual(await readFile(file));
    }
  });

  it.skipIf(oras === undefined)('is what oras pulls, under its name', async () => {
    const { file } = await push();
    await mkdir(join(folder, 'out'));
    await run(oras, 'pull', '--plain-http', `${host}/nights/smoke:${id}.shard-1-of-1`, '--output', join(folder, 'out'));
    expect(await readFile(join(folder, 'out', bundleName(id, { index: 1, count: 1 })))).toEqual(await readFile(file));
  });

  it.skipIf(crane === undefined)('is what crane shows and checks', async () => {
    const { digest } = await push();
    const manifest = JSON.parse(await run(crane, 'manifest', '--insecure', `${host}/nights/smoke@${digest}`)) as { artifactType: string; layers: { mediaType: string }[] };
    expect([manifest.artifactType, manifest.layers.map(({ mediaType }) => mediaType)]).toEqual([bundleArtifactType, [bundleLayerType]]);
    expect((await run(crane, 'digest', '--insecure', `${host}/nights/smoke:${id}.shard-1-of-1`)).trim()).toBe(digest);
  });

  it.skipIf(oras === undefined)('may have been pushed by oras', async () => {
    const file = await bundle();
    await run(oras, 'push', '--plain-http', '--artifact-type', bundleArtifactType, `${host}/nights/smoke:by-oras`, `made.tgz:${bundleLayerType}`);
    await pullBundle(client, bundleAddress(`oci://${host}/nights/smoke:by-oras`), join(folder, 'pulled.tgz'));
    expect(await readFile(join(folder, 'pulled.tgz'))).toEqual(await readFile(file));
  });

  it('is merged from there, and what can not be fetched is named and left out', async () => {
    await push();
    using store = NightStore.open(join(folder, 'merged'), { isNew: true });
    const good = `oci://${host}/nights/smoke:${id}.shard-1-of-1`;
    const { added, damaged, duplicates } = await mergeBundles(store, [`oci://${host}/nights/smoke:gone`, good, good], async (address, file) => await pullBundle(client, bundleAddress(address), file));
    expect([added, damaged, duplicates]).toEqual([4, [`oci://${host}/nights/smoke:gone: there is no gone`], [`${good} adds nothing to ${good}`]]);
    expect(store.runs()).toHaveLength(4);
  });

  it('that is no tar is refused by where it came from', async () => {
    const blob = Buffer.from('no bundle at all');
    await client.pushBlob('nights/smoke', blob);
    await put({ layers: [{ mediaType: bundleLayerType, digest: digestOf(blob), size: blob.length }] });
    using store = NightStore.open(join(folder, 'merged'), { isNew: true });
    const address = `oci://${host}/nights/smoke:bad`;
    expect((await mergeBundles(store, [address], async (place, file) => await pullBundle(client, bundleAddress(place), file))).damaged).toEqual([expect.stringContaining(`${address} is not a whole bundle: `)]);
  });
});

async function put(changes: object): Promise<void> {
  const config = Buffer.from('{}');
  await client.pushBlob('nights/smoke', config);
  await client.putManifest('nights/smoke', 'bad', Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MediaType.ociManifest, artifactType: bundleArtifactType, config: { mediaType: MediaType.ociEmpty, digest: digestOf(config), size: 2 }, ...changes })), MediaType.ociManifest);
}

describe('what is no bundle', () => {
  const blob = Buffer.from('some bytes');
  const layer = { mediaType: bundleLayerType, digest: digestOf(blob), size: blob.length };
  it.each([
    ['of another kind', { artifactType: 'application/vnd.other', layers: [layer] }, /artifactType/],
    ['with a layer of another kind', { layers: [{ ...layer, mediaType: MediaType.ociLayerGzip }] }, /layers\.0\.mediaType/],
    ['with two layers', { layers: [layer, layer] }, /layers/],
    ['with none', { layers: [] }, /layers/],
    ['larger than anybody believes', { layers: [{ ...layer, size: 5 * 2 ** 30 }] }, /has 5368709120 bytes, and 4294967296 are the limit/],
    ['longer than it says', { layers: [{ ...layer, size: 3 }] }, /more than the 3 bytes/],
    ['shorter than it says', { layers: [{ ...layer, size: 30 }] }, /10 bytes in place of 30/],
  ])('%s', async (_what, changes, words) => {
    await client.pushBlob('nights/smoke', blob);
    const registry = await lying({ manifest: { schemaVersion: 2, artifactType: bundleArtifactType, ...changes }, blob });
    expect(await refusal(pullBundle(clientOf(registry), bundleAddress(`oci://${host}/nights/smoke:bad`), join(folder, 'pulled.tgz')))).toMatch(words);
  });

  it('a registry that sends other bytes than were asked for', async () => {
    const registry = await lying({ manifest: { schemaVersion: 2, artifactType: bundleArtifactType, layers: [layer] }, blob: Buffer.from('same bytes') });
    expect(await refusal(pullBundle(clientOf(registry), bundleAddress(`oci://${host}/nights/smoke:bad`), join(folder, 'pulled.tgz')))).toMatch(`its bytes are not those of ${layer.digest}`);
  });

  it('a manifest that is no other than asked for by digest, and one that is no JSON', async () => {
    const registry = await lying({ manifest: '{', blob });
    const digest = `sha256:${createHash('sha256').update('else').digest('hex')}`;
    expect(await refusal(pullBundle(clientOf(registry), bundleAddress(`oci://${host}/nights/smoke@${digest}`), join(folder, 'a.tgz')))).toContain('DIGEST_MISMATCH');
    expect(await refusal(pullBundle(clientOf(registry), bundleAddress(`oci://${host}/nights/smoke:bad`), join(folder, 'b.tgz')))).toMatch(/JSON/);
    expect(existsSync(join(folder, 'a.tgz'))).toBe(false);
  });

  it('a registry that is not there', async () => {
    expect(await refusal(pullBundle(clientOf('http://127.0.0.1:9'), bundleAddress('oci://127.0.0.1:9/nights:x'), join(folder, 'a.tgz')))).toContain('CONNECTION_FAILED');
  });

  it.each(['oci://', 'oci://host', 'oci:///x:y', 'oci://host/UPPER:x', 'oci://host/x:y@sha256:short', 'oci://user:secret@host/x:y'])('%s is no address', (text) => {
    expect(() => bundleAddress(text)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }) as Error);
  });
});

/** A registry that says what it is told to. */
async function lying({ manifest, blob }: { readonly manifest: unknown; readonly blob: Buffer }): Promise<string> {
  const server = createServer((request, response) => {
    const body = request.url?.includes('/manifests/') === true ? Buffer.from(typeof manifest === 'string' ? manifest : JSON.stringify(manifest)) : blob;
    response.writeHead(200, { 'content-type': MediaType.ociManifest }).end(body);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  resources.defer('lying registry', () => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
