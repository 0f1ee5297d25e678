// SPDX-License-Identifier: Apache-2.0
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../oci/digest.ts';
import { testRegistry } from './registry/test-registry.ts';

const { ask, pushBlob, startUpload, url } = testRegistry();

describe('addresses', () => {
  it('says that it speaks the protocol', async () => {
    const { status, headers } = await ask('GET', '/v2/');
    expect([status, headers.get('docker-distribution-api-version'), headers.get('content-length')]).toEqual([200, 'registry/2.0', '2']);
  });

  it.each([
    ['GET', '/', 404, 'UNSUPPORTED'],
    ['GET', '/v2/a/unknown/b', 404, 'UNSUPPORTED'],
    ['POST', '/v2/a/manifests/v1', 405, 'UNSUPPORTED'],
    ['DELETE', '/v2/_catalog', 405, 'UNSUPPORTED'],
    ['GET', '/v2/UPPER/tags/list', 400, 'NAME_INVALID'],
    ['GET', '/v2/_x/tags/list', 400, 'NAME_INVALID'],
    ['GET', '/v2/a%2F..%2F..%2Fb/tags/list', 400, 'NAME_INVALID'],
    ['GET', '/v2/a%00b/tags/list', 400, 'NAME_INVALID'],
    ['GET', `/v2/${'a/'.repeat(128)}a/tags/list`, 400, 'NAME_INVALID'],
    ['GET', '/v2/a/blobs/..%2F..%2Fx', 404, 'UNSUPPORTED'],
    ['GET', '/v2/a/blobs/uploads%2F..%2Fblobs%2Fx', 400, 'NAME_INVALID'],
    ['GET', '/v2/a/blobs/sha256:..', 400, 'DIGEST_INVALID'],
    ['GET', '/v2/a/manifests/..%5Cx', 404, 'MANIFEST_UNKNOWN'],
    ['GET', '/v2/a/manifests/.hidden', 404, 'MANIFEST_UNKNOWN'],
    ['PUT', '/v2/a/manifests/-x', 400, 'MANIFEST_INVALID'],
    ['GET', '/v2/a/%', 404, 'UNSUPPORTED'],
  ])('%s %s: %i %s', async (method, path, status, code) => {
    expect(await ask(method, path)).toMatchObject({ status, code });
  });

  it('does not leave its folder for dots that a client normally takes away', async () => {
    const socket = connect(Number(new URL(url()).port), '127.0.0.1');
    socket.end('GET /v2/a/../../../etc/blobs/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 404 /);
  });
});

describe('a blob', () => {
  it('comes back as it was pushed, in each of the ways to push', async () => {
    const content = 'pushed in one request';
    const digest = await pushBlob('ways/one', content);
    const put = await ask('PUT', `${await startUpload('ways/two')}?digest=${digest}`, { body: content });
    expect([put.status, put.headers.get('docker-content-digest'), put.headers.get('location')])
      .toEqual([201, digest, `/v2/ways/two/blobs/${digest}`]);
    for (const repository of ['ways/one', 'ways/two']) {
      const got = await ask('GET', `/v2/${repository}/blobs/${digest}`);
      expect(got.body).toBe(content);
      expect(got.headers.get('content-length')).toBe(String(content.length));
      const head = await ask('HEAD', `/v2/${repository}/blobs/${digest}`);
      expect([head.status, head.body, head.headers.get('content-length'), head.headers.get('docker-content-digest')])
        .toEqual([200, '', String(content.length), digest]);
    }
  });

  it('may be empty', async () => {
    const digest = await pushBlob('empty', '');
    const got = await ask('GET', `/v2/empty/blobs/${digest}`);
    expect([got.status, got.body, got.headers.get('content-length')]).toEqual([200, '', '0']);
  });

  it('belongs to the repository that it was pushed to', async () => {
    const digest = await pushBlob('mine', 'mine alone');
    expect(await ask('GET', `/v2/yours/blobs/${digest}`)).toMatchObject({ status: 404, code: 'BLOB_UNKNOWN' });
    expect((await ask('POST', `/v2/yours/blobs/uploads/?mount=${digest}&from=neither`)).status).toBe(202);
    expect((await ask('POST', `/v2/yours/blobs/uploads/?mount=${digest}&from=mine`)).status).toBe(201);
    expect((await ask('GET', `/v2/yours/blobs/${digest}`)).body).toBe('mine alone');
    expect((await ask('DELETE', `/v2/mine/blobs/${digest}`)).status).toBe(202);
    expect((await ask('DELETE', `/v2/mine/blobs/${digest}`)).status).toBe(404);
    expect((await ask('GET', `/v2/mine/blobs/${digest}`)).status).toBe(404);
    expect((await ask('GET', `/v2/yours/blobs/${digest}`)).status).toBe(200);
  });

  it('of other bytes than its digest is refused and is not there', async () => {
    const digest = digestOf(Buffer.from('promised'));
    const pushed = await ask('POST', `/v2/liar/blobs/uploads/?digest=${digest}`, { body: 'delivered' });
    expect(pushed).toMatchObject({ status: 400, code: 'DIGEST_INVALID' });
    expect(await ask('POST', '/v2/liar/blobs/uploads/?digest=md5:1')).toMatchObject({ status: 400, code: 'DIGEST_INVALID' });
    expect((await ask('HEAD', `/v2/liar/blobs/${digest}`)).status).toBe(404);
  });

  it.each([
    ['bytes=0-3', 206, '0123', 'bytes 0-3/10'],
    ['bytes=7-', 206, '789', 'bytes 7-9/10'],
    ['bytes=-2', 206, '89', 'bytes 8-9/10'],
    ['bytes=5-500', 206, '56789', 'bytes 5-9/10'],
    ['bytes=9-9', 206, '9', 'bytes 9-9/10'],
    ['bytes=-50', 206, '0123456789', 'bytes 0-9/10'],
    ['bytes=3-1', 200, '0123456789', null],
    ['bytes=0-1,3-4', 200, '0123456789', null],
    ['lines=1-2', 200, '0123456789', null],
    ['bytes=10-', 416, undefined, 'bytes */10'],
    ['bytes=-0', 416, undefined, 'bytes */10'],
  ])('answers Range %s with %i', async (range, status, body, contentRange) => {
    const digest = await pushBlob('ranges', '0123456789');
    const got = await ask('GET', `/v2/ranges/blobs/${digest}`, { headers: { range } });
    expect([got.status, got.headers.get('content-range')]).toEqual([status, contentRange]);
    if (body !== undefined) expect([got.body, got.headers.get('content-length')]).toEqual([body, String(body.length)]);
  });

  it('is not sent again to who has it', async () => {
    const digest = await pushBlob('etag', 'tagged');
    const etag = (await ask('GET', `/v2/etag/blobs/${digest}`)).headers.get('etag') ?? '';
    expect(await ask('GET', `/v2/etag/blobs/${digest}`, { headers: { 'if-none-match': etag } })).toMatchObject({ status: 304, body: '' });
  });
});

describe('an upload in chunks', () => {
  it('goes on where it was, tells how far it is, and refuses a chunk out of order', async () => {
    const location = await startUpload('chunks');
    const first = await ask('PATCH', location, { body: 'abc', headers: { 'content-range': '0-2' } });
    expect([first.status, first.headers.get('range')]).toEqual([202, '0-2']);
    const early = await ask('PATCH', location, { body: 'ghi', headers: { 'content-range': '6-8' } });
    expect([early.status, early.headers.get('range')]).toEqual([416, '0-2']);
    const status = await ask('GET', location);
    expect([status.status, status.headers.get('range'), status.headers.get('location')]).toEqual([204, '0-2', location]);
    expect((await ask('PATCH', location, { body: 'def' })).headers.get('range')).toBe('0-5');
    const digest = digestOf(Buffer.from('abcdefghi'));
    const last = await ask('PUT', `${location}?digest=${digest}`, { body: 'ghi', headers: { 'content-range': '6-8' } });
    expect(last.status).toBe(201);
    expect((await ask('GET', `/v2/chunks/blobs/${digest}`)).body).toBe('abcdefghi');
    expect(await ask('GET', location)).toMatchObject({ status: 404, code: 'BLOB_UPLOAD_UNKNOWN' });
  });

  it('ends when a chunk is not as long as it said', async () => {
    const location = await startUpload('chunks');
    const got = await ask('PATCH', location, { body: 'abc', headers: { 'content-range': '0-7' } });
    expect(got).toMatchObject({ status: 400, code: 'SIZE_INVALID' });
    expect((await ask('GET', location)).status).toBe(404);
  });

  it('can be cancelled, and belongs to its repository', async () => {
    const location = await startUpload('chunks');
    const elsewhere = location.replace('/chunks/', '/other/');
    expect(await ask('PATCH', elsewhere, { body: 'x' })).toMatchObject({ status: 404, code: 'BLOB_UPLOAD_UNKNOWN' });
    expect((await ask('DELETE', elsewhere)).status).toBe(404);
    expect((await ask('DELETE', location)).status).toBe(204);
    expect((await ask('DELETE', location)).status).toBe(404);
    expect((await ask('PATCH', location, { body: 'x' })).status).toBe(404);
  });

  it('can not be finished without a digest', async () => {
    const location = await startUpload('chunks');
    expect(await ask('PUT', location, { body: 'x' })).toMatchObject({ status: 400, code: 'DIGEST_INVALID' });
  });
});
