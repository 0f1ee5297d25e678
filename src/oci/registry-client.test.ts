// SPDX-License-Identifier: Apache-2.0
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { ResourceStack } from '../foundation/resources.ts';
import { digestOf, hexOf } from './digest.ts';
import { MediaType } from './manifest.ts';
import { createRegistryClient, type RegistryClient } from './registry-client.ts';
import { createTransport } from './transport.ts';

type Reply = { readonly status?: number; readonly headers?: Record<string, string>; readonly body?: string | Buffer };
type Script = (request: IncomingMessage, path: string) => Reply;

let resources = new ResourceStack();

afterEach(async () => {
  await resources[Symbol.asyncDispose]();
  resources = new ResourceStack();
});

/** A client of a registry that answers as told, be it by the book or not. */
async function clientOf(script: Script): Promise<{ client: RegistryClient; seen: string[] }> {
  const seen: string[] = [];
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    seen.push(`${request.method} ${request.url}`);
    const { status = 200, headers = {}, body } = script(request, request.url ?? '');
    request.resume().on('end', () => response.writeHead(status, headers).end(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  resources.defer('server', () => void (server.closeAllConnections(), server.close()));
  const transport = resources.own('transport', createTransport());
  return { client: createRegistryClient({ baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, transport }), seen };
}

const manifest = Buffer.from('{"schemaVersion":2}');
const digest = digestOf(manifest);
const otherDigest = digestOf(Buffer.from('other'));

describe('a manifest', () => {
  it('comes with digest and media type, and is undefined on 404', async () => {
    const { client } = await clientOf((_request, path) =>
      path.endsWith('/v1') ? { body: manifest, headers: { 'content-type': `${MediaType.ociManifest}; charset=utf-8` } } : { status: 404 });
    expect(await client.getManifest('a/b', 'v1')).toEqual({ bytes: manifest, digest, mediaType: MediaType.ociManifest });
    expect(await client.getManifest('a/b', 'v2')).toBeUndefined();
    expect(await client.headManifest('a/b', 'v2')).toBeUndefined();
  });

  it('is asked for with every media type that is understood', async () => {
    const { client } = await clientOf((request) => ({ status: request.headers.accept?.split(', ').length === 4 ? 200 : 406, body: manifest }));
    expect((await client.getManifest('a/b', 'v1'))?.digest).toBe(digest);
  });

  it('with other bytes than its digest is refused, whoever promised the digest', async () => {
    const { client } = await clientOf((_request, path) =>
      path.endsWith('/v1') ? { body: manifest, headers: { 'docker-content-digest': otherDigest } } : { body: manifest });
    await expect(client.getManifest('a/b', otherDigest)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
    await expect(client.getManifest('a/b', 'v1')).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
    expect((await client.getManifest('a/b', digest))?.digest).toBe(digest);
  });

  it('whose length the registry does not tell is not described', async () => {
    const { client } = await clientOf((_request, path) => ({
      headers: { 'docker-content-digest': digest, ...(path.endsWith('/v1') ? { 'content-length': '19' } : { 'transfer-encoding': 'chunked' }) },
    }));
    expect(await client.headManifest('a/b', 'v1')).toEqual({ digest, mediaType: '', size: 19 });
    await expect(client.headManifest('a/b', 'v2')).rejects.toMatchObject({ code: 'REGISTRY_REFUSED' });
  });

  it('beyond 4 MiB is refused, one of 4 MiB is not', async () => {
    const most = 4 * 1024 * 1024;
    const { client } = await clientOf((_request, path) => ({ body: Buffer.alloc(path.endsWith('/long') ? most + 1 : most) }));
    expect((await client.getManifest('a/b', 'just'))?.bytes.length).toBe(most);
    await expect(client.getManifest('a/b', 'long')).rejects.toMatchObject({ code: 'RESPONSE_TOO_LONG' });
  });
});

describe('a blob', () => {
  const large = Buffer.alloc(64 * 1024 + 1, 'x');
  const largeDigest = digestOf(large);

  it('that is there already is not sent', async () => {
    const { client, seen } = await clientOf(() => ({ status: 200 }));
    await client.pushBlob('a/b', large);
    expect(seen).toEqual([`HEAD /v2/a/b/blobs/${largeDigest}`]);
  });

  it('that is small goes in one request', async () => {
    const { client, seen } = await clientOf(() => ({ status: 201 }));
    await client.pushBlob('a/b', manifest);
    expect(seen).toEqual([`POST /v2/a/b/blobs/uploads/?digest=${encodeURIComponent(digest)}`]);
  });

  it.each([['small', manifest], ['large', large]])('that is %s goes where the registry says, what that address carries included', async (_size, content) => {
    const { client, seen } = await clientOf(({ method }) =>
      method === 'HEAD' ? { status: 404 } : method === 'POST' ? { status: 202, headers: { location: '/elsewhere/7?state=x%3D' } } : { status: 201 });
    await client.pushBlob('a/b', content);
    expect(seen.at(-1)).toBe(`PUT /elsewhere/7?state=x%3D&digest=${encodeURIComponent(digestOf(content))}`);
  });

  it.each([[undefined], ['http://['], ['ftp://elsewhere/']])('does not go to the address %s', async (location) => {
    const { client } = await clientOf(({ method }) =>
      method === 'HEAD' ? { status: 404 } : { status: 202, headers: location === undefined ? {} : { location } });
    await expect(client.pushBlob('a/b', manifest)).rejects.toMatchObject({ code: 'REGISTRY_REFUSED' });
  });

  it('with other bytes is refused', async () => {
    const { client } = await clientOf(() => ({ body: 'other' }));
    expect((await client.getBlobBytes('a/b', otherDigest, 5)).toString()).toBe('other');
    await expect(client.getBlobBytes('a/b', digest, 100)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
    await expect(client.getBlobBytes('a/b', otherDigest, 4)).rejects.toMatchObject({ code: 'RESPONSE_TOO_LONG' });
  });
});

describe('a list', () => {
  it('is followed over its pages, by relative links too', async () => {
    const { client } = await clientOf((_request, path) =>
      path === '/v2/a/tags/list' ? { body: '{"tags":["x","y"]}', headers: { link: '<list?last=y>; rel="next"' } } : { body: '{"tags":["z"]}' });
    expect(await client.tags('a')).toEqual(['x', 'y', 'z']);
  });

  it('that never ends is given up', async () => {
    const { client } = await clientOf((_request, path) => ({ body: '{"repositories":["x"]}', headers: { link: `<${path}>; rel="next"` } }));
    await expect(client.catalog()).rejects.toMatchObject({ code: 'REGISTRY_REFUSED' });
  });

  it('whose next page has no address is refused', async () => {
    const { client } = await clientOf(() => ({ body: '{"tags":["x"]}', headers: { link: '<http://[>; rel="next"' } }));
    await expect(client.tags('a')).rejects.toMatchObject({ code: 'REGISTRY_REFUSED' });
  });

  it('is empty when the repository is unknown or has none, and refused when it is no list', async () => {
    const answers: Record<string, Reply> = {
      '/v2/none/tags/list': { status: 404 },
      '/v2/null/tags/list': { body: '{"tags":null}' },
      '/v2/odd/tags/list': { body: '{"tags":"x"}' },
      '/v2/html/tags/list': { body: '<html>' },
    };
    const { client } = await clientOf((_request, path) => answers[path] ?? {});
    expect(await client.tags('none')).toEqual([]);
    expect(await client.tags('null')).toEqual([]);
    await expect(client.tags('odd')).rejects.toMatchObject({ code: 'REGISTRY_REFUSED' });
    await expect(client.tags('html')).rejects.toMatchObject({ code: 'REGISTRY_REFUSED' });
  });

  it('of referrers comes from the tag that stands in for them where the registry has no such list', async () => {
    const { client } = await clientOf((_request, path) =>
      path === `/v2/a/manifests/sha256-${hexOf(digest)}` ? { body: JSON.stringify({ manifests: [{ digest: otherDigest }] }) } : { status: 404 });
    expect(await client.referrers('a', digest)).toEqual([{ digest: otherDigest }]);
    expect(await client.referrers('a', otherDigest)).toEqual([]);
  });
});

it.each([401, 403, 404, 429, 500, 301])('an answer %i to a push is REGISTRY_REFUSED', async (status) => {
  const { client } = await clientOf(() => ({ status, body: '{"errors":[{"code":"DENIED","message":"no"}]}' }));
  await expect(client.putManifest('a', 'v1', manifest, MediaType.ociManifest)).rejects.toMatchObject({ code: 'REGISTRY_REFUSED' });
  await expect(client.ping()).rejects.toMatchObject({ code: 'REGISTRY_REFUSED' });
});
