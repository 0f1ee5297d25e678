// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../foundation/seed.ts';
import { toolOrSkip } from '../foundation/tools.ts';
import { buildImage } from '../oci/image.ts';
import { buildLayer, randomLayer } from '../oci/layer.ts';
import { createRegistryClient, type RegistryClient } from '../oci/registry-client.ts';
import { tarOf } from '../oci/tar.ts';
import { createTransport } from '../oci/transport.ts';
import { startRegistry } from './registry.ts';
import type { EmbeddedServer } from './server.ts';

const crane = toolOrSkip('crane');
const run = promisify(execFile);

describe.skipIf(crane === undefined)('crane', () => {
  let directory: string;
  let registry: EmbeddedServer;
  let client: RegistryClient;
  let host: string;
  const transport = createTransport();

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'registry-test-'));
    registry = await startRegistry({ directory: join(directory, 'registry') });
    host = new URL(registry.url).host;
    client = createRegistryClient({ baseUrl: registry.url, transport });
  });

  afterAll(async () => {
    await transport[Symbol.asyncDispose]();
    await registry.close();
    await rm(directory, { recursive: true });
  });

  /** What it printed; it fails with what crane says. */
  async function asCrane(...words: string[]): Promise<string> {
    const { stdout } = await run(crane ?? '', [...words, '--insecure'], { env: { HOME: directory } });
    return stdout.trim();
  }

  it.each(['docker', 'oci'] as const)('finds a %s image that was built and pushed here whole', async (format) => {
    const files = [{ path: `${'deep/'.repeat(40)}é`, content: Buffer.from('x'), mode: 0o755 }];
    const layers = [await randomLayer(seededRandom(format), 100_000), buildLayer(await tarOf(files), 'gzip')];
    const image = buildImage({ layers, format, labels: { title: 'ours' }, annotations: { base: 'none' } });
    const reference = `${host}/ours/${format}:v1`;
    await client.pushImage(`ours/${format}`, image, 'v1');
    expect(await asCrane('validate', '--remote', reference)).toBe(`PASS: ${reference}`);
    expect(await asCrane('digest', reference)).toBe(image.digest);
    expect(await asCrane('manifest', reference)).toBe(image.manifestBytes.toString());
    expect(JSON.parse(await asCrane('config', reference))).toMatchObject({ config: { Labels: { title: 'ours' } } });
  });

  it('exports the files of an uncompressed layer', async () => {
    const content = seededRandom('export').bytes(10_000);
    const layers = [buildLayer(await tarOf([{ path: 'folder/file', content }]), 'uncompressed')];
    await client.pushImage('ours/plain', buildImage({ layers, format: 'docker' }), 'v1');
    const exported = join(directory, 'exported.tar');
    await asCrane('export', `${host}/ours/plain:v1`, exported);
    expect((await readFile(exported)).includes(content)).toBe(true);
  });

  it('pushes, pulls, copies, lists and deletes', async () => {
    const layer = join(directory, 'layer.tar.gz');
    await writeFile(layer, gzipSync(await tarOf([{ path: 'a', content: seededRandom('crane').bytes(300_000) }])));
    const source = `${host}/theirs/made:v1`;
    await asCrane('append', '--new_layer', layer, '--new_tag', source);
    const pulled = join(directory, 'pulled.tar');
    await asCrane('pull', source, pulled);
    await asCrane('push', pulled, `${host}/theirs/pushed:v1`);
    await asCrane('copy', source, `${host}/theirs/copied:v2`);
    await asCrane('tag', source, 'latest');
    const { digest } = (await client.getManifest('theirs/made', 'v1')) ?? {};
    expect(digest).toBeDefined();
    for (const name of ['made:latest', 'copied:v2']) expect(await asCrane('digest', `${host}/theirs/${name}`)).toBe(digest);
    expect(await asCrane('ls', `${host}/theirs/made`)).toBe('latest\nv1');
    const found = (await asCrane('catalog', host)).split('\n').filter((name) => name.startsWith('theirs/'));
    expect(found).toEqual(['theirs/copied', 'theirs/made', 'theirs/pushed']);
    const [pushed] = (JSON.parse(await asCrane('manifest', `${host}/theirs/pushed:v1`)) as { layers: { digest: string }[] }).layers;
    const blob = join(directory, 'registry', 'blobs', pushed?.digest.slice(7) ?? '');
    expect((await readFile(blob)).equals(await readFile(layer))).toBe(true);
    await asCrane('delete', `${host}/theirs/copied@${digest}`);
    expect(await asCrane('ls', `${host}/theirs/copied`)).toBe('');
  });

  it('is told that what it asks for is not there', async () => {
    await expect(asCrane('manifest', `${host}/theirs/nothing:v1`)).rejects.toThrow();
  });

  it('takes and lists an index', async () => {
    const image = buildImage({ layers: [await randomLayer(seededRandom('index'), 1000)], format: 'oci' });
    const digest = await client.pushImage('ours/listed', image, 'one');
    const reference = `${host}/ours/listed`;
    await asCrane('index', 'append', '--manifest', `${reference}@${digest}`, '--tag', `${reference}:all`);
    await asCrane('copy', `${reference}:all`, `${host}/theirs/listed:all`);
    expect(await asCrane('validate', '--remote', `${host}/theirs/listed:all`)).toBe(`PASS: ${host}/theirs/listed:all`);
    const copied = await client.copy({ repository: 'ours/listed', reference: 'all' }, { repository: 'ours/again', reference: 'all' });
    expect(await asCrane('validate', '--remote', `${host}/ours/again@${copied}`)).toBe(`PASS: ${host}/ours/again@${copied}`);
  });
});
