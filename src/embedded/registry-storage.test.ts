// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { mkdir, mkdtemp, readdir, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ResourceStack } from '../foundation/resources.ts';
import { seededRandom } from '../foundation/seed.ts';
import { digestOf, parseDigest } from '../oci/digest.ts';
import { buildImage, type BuiltImage } from '../oci/image.ts';
import { randomLayer } from '../oci/layer.ts';
import { MediaType } from '../oci/manifest.ts';
import { createRegistryClient, type RegistryClient } from '../oci/registry-client.ts';
import { createTransport } from '../oci/transport.ts';
import { startRegistry } from './registry.ts';
import type { EmbeddedServer } from './server.ts';

const mebibyte = 1024 * 1024;
let directory: string;
let resources: ResourceStack;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'registry-test-'));
  resources = new ResourceStack();
});

afterEach(async () => {
  await resources[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

async function openRegistry(): Promise<Pick<EmbeddedServer, 'url' | 'logs' | 'close'> & { client: RegistryClient }> {
  const { url, logs, close } = resources.own('registry', await startRegistry({ directory }));
  const transport = resources.own('transport', createTransport());
  return { client: createRegistryClient({ baseUrl: url, transport }), url, logs, close };
}

async function imageOf(seed: string): Promise<BuiltImage> {
  return buildImage({ layers: [await randomLayer(seededRandom(seed), 300_000)], format: 'oci' });
}

/** Every file below a folder of the registry's directory, by path. */
async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(join(directory, folder), { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** True when the image's one layer can be pulled, byte for byte. */
async function hasLayer(client: RegistryClient, repository: string, { layers: [layer] }: BuiltImage): Promise<boolean> {
  return layer !== undefined && (await client.getBlobBytes(repository, layer.descriptor.digest, mebibyte)).equals(layer.bytes);
}

describe('what was pushed', () => {
  it('is there after a restart on the same directory', async () => {
    const image = await imageOf('restart');
    const before = await openRegistry();
    await before.client.pushImage('kept/image', image, 'v1');
    await before.close();
    const { client } = await openRegistry();
    expect(await client.catalog()).toEqual(['kept/image']);
    expect(await client.tags('kept/image')).toEqual(['v1']);
    expect((await client.getManifest('kept/image', 'v1'))?.bytes).toEqual(image.manifestBytes);
    expect(await hasLayer(client, 'kept/image', image)).toBe(true);
  });

  it('is stored once, however many push it at once through two registries on one directory', async () => {
    const image = await imageOf('at once');
    const registries = [await openRegistry(), await openRegistry()];
    const pushes = Array.from({ length: 12 }, async (_, index) =>
      await registries[index % 2]?.client.pushImage(`team-${index % 3}/image`, image, 'v1'));
    expect(new Set(await Promise.all(pushes))).toEqual(new Set([image.digest]));
    expect(await filesIn('blobs')).toHaveLength(3);
    expect(await filesIn('uploads')).toEqual([]);
    for (const { client } of registries) expect(await hasLayer(client, 'team-2/image', image)).toBe(true);
  });

  it('under a tag that moves is always one whole manifest or the other', async () => {
    const [one, two] = [await openRegistry(), await openRegistry()];
    const images = [await imageOf('first'), await imageOf('second')];
    for (const image of images) await one.client.pushImage('moving', image, 'v1');
    let moving = true;
    const move = async (): Promise<void> => {
      for (let index = 0; index < 40; index += 1) {
        const { manifestBytes, mediaType } = images[index % 2] ?? (await imageOf('first'));
        await [one, two][index % 2]?.client.putManifest('moving', 'v1', manifestBytes, mediaType);
      }
      moving = false;
    };
    const read = async (): Promise<void> => {
      while (moving) expect(images.map(({ digest }) => digest)).toContain((await two.client.getManifest('moving', 'v1'))?.digest);
    };
    await Promise.all([move(), read()]);
    expect((await filesIn('repositories')).filter((path) => path.includes('/.'))).toEqual([]);
  });

  it('may be copied to another repository without being sent again', async () => {
    const { client, logs } = await openRegistry();
    const image = await imageOf('copied');
    await client.pushImage('from', image, 'v1');
    expect(await client.copy({ repository: 'from', reference: 'v1' }, { repository: 'to/there', reference: 'v2' })).toBe(image.digest);
    expect((await client.headManifest('to/there', 'v2'))?.size).toBe(image.manifestBytes.length);
    expect(logs().filter((line) => /^GET .*\/blobs\//.test(line))).toEqual([]);
    await expect(client.copy({ repository: 'from', reference: 'v9' }, { repository: 'to', reference: 'v9' }))
      .rejects.toMatchObject({ code: 'REGISTRY_REFUSED' });
  });
});

describe('a manifest with a layer kept elsewhere', () => {
  it('is copied without that layer', async () => {
    const { client } = await openRegistry();
    const elsewhere = { mediaType: MediaType.ociLayer, digest: digestOf(Buffer.from('elsewhere')), size: 9, urls: ['https://example.com/x'] };
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, layers: [elsewhere] }));
    await client.putManifest('from', 'v1', bytes, MediaType.ociManifest);
    expect(await client.copy({ repository: 'from', reference: 'v1' }, { repository: 'to', reference: 'v1' })).toBe(digestOf(bytes));
  });
});

describe('an upload that does not come to its end', () => {
  async function halfAnUpload(url: string): Promise<{ location: URL; breakOff(): void }> {
    const started = await fetch(`${url}/v2/half/blobs/uploads/`, { method: 'POST' });
    const headers = { 'content-length': String(10 * mebibyte) };
    const location = new URL(started.headers.get('location') ?? '', url);
    const patch = request(location, { method: 'PATCH', headers }).on('error', () => undefined);
    patch.write(Buffer.alloc(5 * mebibyte));
    await vi.waitFor(async () => expect(await filesIn('uploads')).toHaveLength(1), { interval: 2 });
    return { location, breakOff: () => void patch.destroy() };
  }

  it('leaves no file when the client breaks off', async () => {
    const { url } = await openRegistry();
    const { breakOff } = await halfAnUpload(url);
    breakOff();
    await vi.waitFor(async () => expect(await filesIn('uploads')).toEqual([]), { interval: 2 });
    expect(await filesIn('blobs')).toEqual([]);
  });

  it('leaves no file when it has other bytes than promised', async () => {
    const { url } = await openRegistry();
    const digest = digestOf(Buffer.from('promised'));
    expect((await fetch(`${url}/v2/half/blobs/uploads/?digest=${digest}`, { method: 'POST', body: 'delivered' })).status).toBe(400);
    expect([...(await filesIn('uploads')), ...(await filesIn('blobs'))]).toEqual([]);
  });

  it('takes no second writer, and leaves no file when it is cancelled under way', async () => {
    const { url } = await openRegistry();
    const { location, breakOff } = await halfAnUpload(url);
    expect((await fetch(location, { method: 'PATCH', body: 'x' })).status).toBe(409);
    expect((await fetch(location, { method: 'DELETE' })).status).toBe(204);
    breakOff();
    await vi.waitFor(async () => expect(await filesIn('uploads')).toEqual([]), { interval: 2 });
  });

  it('leaves no file when the registry closes', async () => {
    const { url, close } = await openRegistry();
    await halfAnUpload(url);
    await close();
    expect(await readdir(join(directory, 'uploads'))).toEqual([]);
  });

  it('leaves no file after a start when the process was killed, nor takes one from a process that lives', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    for (const owner of [pid, process.pid]) {
      await mkdir(join(directory, 'uploads', `${owner}-x`), { recursive: true });
      await writeFile(join(directory, 'uploads', `${owner}-x`, 'upload'), 'part');
    }
    await openRegistry();
    expect(await readdir(join(directory, 'uploads'))).toEqual([`${process.pid}-x`]);
  });
});

describe.skipIf(process.platform !== 'linux')('a download', () => {
  async function openBlobs(): Promise<readonly string[]> {
    const links = (await readdir('/proc/self/fd')).map(async (name) => await readlink(`/proc/self/fd/${name}`).catch(() => ''));
    return (await Promise.all(links)).filter((path) => path.startsWith(join(directory, 'blobs')));
  }

  it.each([
    ['HEAD', 'x', {}, 200],
    ['GET', '', {}, 200],
    ['GET', 'x', { range: 'bytes=5-' }, 416],
    ['GET', 'x', { range: 'bytes=0-0' }, 206],
  ])('by %s of %j with %j leaves no file open', async (method, content, headers, status) => {
    const { client, url } = await openRegistry();
    const warnings: Error[] = [];
    const keep = (warning: Error): void => void warnings.push(warning);
    process.on('warning', keep);
    resources.defer('warnings', () => void process.off('warning', keep));
    await client.pushBlob('read', Buffer.from(content));
    const got = await fetch(`${url}/v2/read/blobs/${digestOf(Buffer.from(content))}`, { method, headers });
    expect([got.status, (await got.arrayBuffer()).byteLength > 0]).toEqual([status, status > 200]);
    await vi.waitFor(async () => expect(await openBlobs()).toEqual([]), { interval: 2 });
    await setImmediate();
    expect(warnings, 'closed by the collector, not by the registry').toEqual([]);
  });

  it('that breaks off leaves no file open', async () => {
    const { client } = await openRegistry();
    const content = Buffer.alloc(64 * mebibyte);
    await client.pushBlob('broken', content);
    const { body } = await client.getBlob('broken', digestOf(content));
    await once(body, 'readable');
    expect(await openBlobs()).toHaveLength(1);
    body.destroy();
    await vi.waitFor(async () => expect(await openBlobs()).toEqual([]), { interval: 2 });
  });
});

describe('a large blob', () => {
  const pieces = 200;

  it('goes in and out without being in memory', async () => {
    const { client } = await openRegistry();
    const piece = seededRandom('large').bytes(mebibyte);
    const hash = createHash('sha256');
    for (let index = 0; index < pieces; index += 1) hash.update(piece);
    const digest = parseDigest(`sha256:${hash.digest('hex')}`);
    const open = (): Readable => Readable.from(Array.from({ length: pieces }, () => piece), { objectMode: false });
    const before = process.memoryUsage.rss();
    let peak = before;
    const sampling = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 5);
    await client.pushBlob('large', { digest, size: pieces * mebibyte, open });
    const pulled = createHash('sha256');
    for await (const chunk of (await client.getBlob('large', digest)).body as AsyncIterable<Buffer>) pulled.update(chunk);
    clearInterval(sampling);
    expect(`sha256:${pulled.digest('hex')}`).toBe(digest);
    expect(peak - before).toBeLessThan(100 * mebibyte);
  });
});
