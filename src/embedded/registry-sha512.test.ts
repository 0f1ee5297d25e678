// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { MediaType } from '../oci/manifest.ts';
import { testRegistry } from './registry/test-registry.ts';

const { ask, startUpload, putManifest, directory } = testRegistry();
const sha512 = (content: string): string => `sha512:${createHash('sha512').update(content).digest('hex')}`;

describe('blobs named by sha512', () => {
  it.each([
    ['in one request', async (content: string) => await ask('POST', `/v2/a/blobs/uploads/?digest=${sha512(content)}`, { body: content })],
    ['whole at the end', async (content: string) => await ask('PUT', `${await startUpload('a')}?digest=${sha512(content)}`, { body: content })],
    ['in chunks, the algorithm known at the end only', async (content: string) => {
      const place = await startUpload('a');
      for (const part of [content.slice(0, 3), content.slice(3)]) await ask('PATCH', place, { body: part });
      return await ask('PUT', `${place}?digest=${sha512(content)}`);
    }],
    ['in chunks, the algorithm said before', async (content: string) => {
      const place = (await ask('POST', '/v2/a/blobs/uploads/?digest-algorithm=sha512')).headers.get('location') ?? '';
      await ask('PATCH', place, { body: content });
      return await ask('PUT', `${place}?digest=${sha512(content)}`);
    }],
  ])('pushed %s, read, deleted', async (how, push) => {
    const [content, path] = [`content ${how}`, `/v2/a/blobs/${sha512(`content ${how}`)}`];
    expect(await push(content)).toMatchObject({ status: 201 });
    expect(await ask('GET', path)).toMatchObject({ status: 200, body: content });
    expect((await ask('GET', path)).headers.get('docker-content-digest')).toBe(sha512(content));
    expect((await ask('DELETE', path)).status).toBe(202);
    expect((await ask('GET', path)).status).toBe(404);
  });

  it('that are other bytes are refused, and nothing of them is kept', async () => {
    const place = await startUpload('a');
    await ask('PATCH', place, { body: 'other' });
    for (const target of [place, await startUpload('a')]) {
      expect(await ask('PUT', `${target}?digest=${sha512('wanted')}`, { body: 'bytes' })).toMatchObject({ status: 400, code: 'DIGEST_INVALID' });
    }
    expect((await ask('GET', `/v2/a/blobs/${sha512('wanted')}`)).status).toBe(404);
    expect((await readdir(directory(), { recursive: true })).filter((name) => name.includes(sha512('wanted').slice(7)) || name.includes(place.slice(place.lastIndexOf('/') + 1)))).toEqual([]);
  });

  it.each([`sha512:${'0'.repeat(64)}`, `sha256:${'0'.repeat(128)}`, `sha384:${'0'.repeat(96)}`, `sha512:${'F'.repeat(128)}`])('%s names nothing', async (digest) => {
    expect(await ask('GET', `/v2/a/blobs/${digest}`)).toMatchObject({ status: 400, code: 'DIGEST_INVALID' });
  });

  it('are hashed by no algorithm that is not there', async () => {
    expect(await ask('POST', '/v2/a/blobs/uploads/?digest-algorithm=md5')).toMatchObject({ status: 400, code: 'DIGEST_INVALID' });
  });
});

describe('manifests named by sha512', () => {
  const index = JSON.stringify({ schemaVersion: 2, mediaType: MediaType.ociIndex, manifests: [] });

  it('are pushed and pulled, listed in an index, and referred to', async () => {
    const digest = sha512(index);
    expect(await putManifest('a', digest, index, MediaType.ociIndex)).toMatchObject({ status: 201 });
    expect(await ask('GET', `/v2/a/manifests/${digest}`)).toMatchObject({ status: 200, body: index });
    const descriptor = { mediaType: MediaType.ociIndex, digest, size: index.length };
    const outer = JSON.stringify({ schemaVersion: 2, mediaType: MediaType.ociIndex, manifests: [descriptor], subject: descriptor, artifactType: 'application/test' });
    const pushed = await putManifest('a', sha512(outer), outer, MediaType.ociIndex);
    expect([pushed.status, pushed.headers.get('oci-subject')]).toEqual([201, digest]);
    expect(JSON.parse((await ask('GET', `/v2/a/referrers/${digest}`)).body)).toMatchObject({ manifests: [{ digest: sha512(outer), artifactType: 'application/test' }] });
    expect((await ask('DELETE', `/v2/a/manifests/${sha512(outer)}`)).status).toBe(202);
    expect(JSON.parse((await ask('GET', `/v2/a/referrers/${digest}`)).body)).toMatchObject({ manifests: [] });
  });

  it('that are other bytes are refused', async () => {
    expect(await putManifest('a', sha512('other'), index, MediaType.ociIndex)).toMatchObject({ status: 400, code: 'DIGEST_INVALID' });
  });
});
