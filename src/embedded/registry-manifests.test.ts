// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, it } from 'vitest';
import { digestOf, type Digest } from '../oci/digest.ts';
import { MediaType } from '../oci/manifest.ts';
import { testRegistry } from './registry/test-registry.ts';

const { ask, pushBlob, putManifest } = testRegistry();

function manifestWith(fields: object): { bytes: string; digest: Digest } {
  const bytes = JSON.stringify({ schemaVersion: 2, mediaType: MediaType.ociManifest, ...fields });
  return { bytes, digest: digestOf(Buffer.from(bytes)) };
}

function descriptor(digest: Digest, fields: object = {}): object {
  return { mediaType: 'application/x', digest, size: 1, ...fields };
}

describe('a manifest', () => {
  it('comes back byte for byte, by tag and by digest, with its type', async () => {
    const config = await pushBlob('whole', 'config');
    const { digest } = manifestWith({ config: descriptor(config), layers: [] });
    const { bytes } = manifestWith({ config: descriptor(config), layers: [] });
    const put = await putManifest('whole', 'v1', bytes);
    expect([put.status, put.headers.get('location'), put.headers.get('docker-content-digest')])
      .toEqual([201, `/v2/whole/manifests/${digest}`, digest]);
    for (const reference of ['v1', digest]) {
      const got = await ask('GET', `/v2/whole/manifests/${reference}`);
      expect([got.body, got.headers.get('content-type'), got.headers.get('docker-content-digest')]).toEqual([bytes, MediaType.ociManifest, digest]);
      const head = await ask('HEAD', `/v2/whole/manifests/${reference}`);
      expect([head.status, head.body, head.headers.get('content-length')]).toEqual([200, '', String(bytes.length)]);
      expect((await ask('GET', `/v2/whole/manifests/${reference}`, { headers: { 'if-none-match': `"${digest}"` } })).status).toBe(304);
    }
    expect(await ask('GET', `/v2/elsewhere/manifests/${digest}`)).toMatchObject({ status: 404, code: 'MANIFEST_UNKNOWN' });
    expect(await ask('GET', '/v2/whole/manifests/v2')).toMatchObject({ status: 404, code: 'MANIFEST_UNKNOWN' });
  });

  it('may be replaced under its tag and stays by digest', async () => {
    const [first, second] = [manifestWith({ annotations: { n: '1' } }), manifestWith({ annotations: { n: '2' } })];
    for (const { bytes } of [first, second]) expect((await putManifest('moved', 'v1', bytes)).status).toBe(201);
    expect((await ask('GET', '/v2/moved/manifests/v1')).body).toBe(second.bytes);
    expect((await ask('GET', `/v2/moved/manifests/${first.digest}`)).body).toBe(first.bytes);
  });

  it.each([
    ['no JSON', 'x{', undefined],
    ['a list', '[]', undefined],
    ['another schema', '{"schemaVersion":1}', undefined],
    ['another type than promised', manifestWith({}).bytes, MediaType.dockerManifest],
    ['no type at all', '{"schemaVersion":2}', ''],
    ['a malformed digest', manifestWith({ layers: [{ digest: 'sha256:x' }] }).bytes, undefined],
    ['a layer that is none', manifestWith({ layers: [null] }).bytes, undefined],
    ['layers that are none', manifestWith({ layers: 'x' }).bytes, undefined],
  ])('that is %s is refused', async (_what, bytes, type) => {
    expect(await putManifest('bad', 'v1', bytes, type)).toMatchObject({ status: 400, code: 'MANIFEST_INVALID' });
    expect((await ask('GET', '/v2/bad/manifests/v1')).status).toBe(404);
  });

  it('under another digest than its own is refused', async () => {
    const { bytes } = manifestWith({});
    const other = digestOf(Buffer.from('other'));
    expect(await putManifest('bad', other, bytes)).toMatchObject({ status: 400, code: 'DIGEST_INVALID' });
  });

  it('of more than 4 MiB is refused, and the connection lives', async () => {
    const { bytes } = manifestWith({ annotations: { long: 'x'.repeat(4 * 1024 * 1024) } });
    expect(await putManifest('bad', 'v1', bytes)).toMatchObject({ status: 413, code: 'SIZE_INVALID' });
  });

  it('may not name what the repository does not have, but for foreign layers and subjects', async () => {
    const unknown = digestOf(Buffer.from('never pushed'));
    const elsewhere = await pushBlob('elsewhere', 'pushed elsewhere');
    const refused = [{ config: descriptor(unknown) }, { layers: [descriptor(elsewhere)] }, { manifests: [descriptor(unknown)] }];
    for (const fields of refused) {
      expect(await putManifest('bad', 'v1', manifestWith(fields).bytes)).toMatchObject({ status: 400, code: 'MANIFEST_BLOB_UNKNOWN' });
    }
    const fine = { layers: [descriptor(unknown, { urls: ['https://example.com/layer'] })], subject: descriptor(unknown) };
    expect((await putManifest('fine', 'v1', manifestWith(fine).bytes)).status).toBe(201);
  });

  it('goes with its tags, a tag goes alone', async () => {
    const { bytes, digest } = manifestWith({ annotations: { to: 'delete' } });
    for (const tag of ['one', 'two', 'three']) await putManifest('gone', tag, bytes);
    expect((await ask('DELETE', '/v2/gone/manifests/one')).status).toBe(202);
    expect((await ask('DELETE', '/v2/gone/manifests/one')).status).toBe(404);
    expect((await ask('GET', '/v2/gone/manifests/two')).status).toBe(200);
    expect((await ask('DELETE', `/v2/gone/manifests/${digest}`)).status).toBe(202);
    expect((await ask('GET', '/v2/gone/manifests/two')).status).toBe(404);
    expect((await ask('GET', '/v2/gone/tags/list')).body).toBe('{"name":"gone","tags":[]}');
    expect(await ask('DELETE', `/v2/gone/manifests/${digest}`)).toMatchObject({ status: 404, code: 'MANIFEST_UNKNOWN' });
  });
});

describe('lists', () => {
  const tags = ['Z', 'a', 'b', 'c', 'v1.0'];

  beforeAll(async () => {
    for (const tag of [...tags].reverse()) await putManifest('listed/tags', tag, manifestWith({}).bytes);
    await putManifest('listed', 'x', manifestWith({}).bytes);
    for (const name of ['zz/nested', 'zz-beside']) await putManifest(name, 'x', manifestWith({}).bytes);
    await pushBlob('without/manifest', 'blob only');
  });

  it.each([
    ['', tags, null],
    ['?n=2', ['Z', 'a'], '</v2/listed/tags/tags/list?n=2&last=a>; rel="next"'],
    ['?n=2&last=a', ['b', 'c'], '</v2/listed/tags/tags/list?n=2&last=c>; rel="next"'],
    ['?n=2&last=b', ['c', 'v1.0'], null],
    ['?last=bb', ['c', 'v1.0'], null],
    ['?n=0', [], null],
    ['?n=100', tags, null],
  ])('give tags%s', async (query, expected, link) => {
    const { body, headers } = await ask('GET', `/v2/listed/tags/tags/list${query}`);
    expect([JSON.parse(body), headers.get('link')]).toEqual([{ name: 'listed/tags', tags: expected }, link]);
  });

  it('refuse a number that is none, and an unknown repository', async () => {
    expect(await ask('GET', '/v2/listed/tags/tags/list?n=-1')).toMatchObject({ status: 400, code: 'PAGINATION_NUMBER_INVALID' });
    expect(await ask('GET', '/v2/unlisted/tags/list')).toMatchObject({ status: 404, code: 'NAME_UNKNOWN' });
  });

  it('give repositories that have had a manifest, nested ones too, page by page', async () => {
    const { repositories } = JSON.parse((await ask('GET', '/v2/_catalog')).body) as { repositories: string[] };
    expect(repositories).toEqual([...repositories].sort());
    expect(repositories).toEqual(expect.arrayContaining(['listed', 'listed/tags']));
    expect(repositories).not.toContain('without/manifest');
    const page = await ask('GET', '/v2/_catalog?n=1&last=listed');
    expect(page.body).toBe('{"repositories":["listed/tags"]}');
    expect(page.headers.get('link')).toBe('</v2/_catalog?n=1&last=listed%2Ftags>; rel="next"');
  });
});

describe('referrers', () => {
  it('are listed with their subject, by kind, until they are deleted', async () => {
    const subject = digestOf(Buffer.from('subject, never pushed'));
    const config = await pushBlob('refer', '{}');
    const own = manifestWith({ artifactType: 'kind/a', subject: descriptor(subject), annotations: { a: 'b' } });
    const byConfig = manifestWith({ config: { ...descriptor(config), mediaType: 'kind/b' }, subject: descriptor(subject) });
    for (const { bytes, digest } of [own, byConfig]) {
      expect((await putManifest('refer', digest, bytes)).headers.get('oci-subject')).toBe(subject);
    }
    const kinds = async (query = '') => {
      const { body, headers } = await ask('GET', `/v2/refer/referrers/${subject}${query}`);
      expect(headers.get('content-type')).toBe(MediaType.ociIndex);
      const { manifests } = JSON.parse(body) as { manifests: { artifactType: string; digest: Digest; size: number }[] };
      return [headers.get('oci-filters-applied'), ...manifests.map((found) => found.artifactType).sort()];
    };
    expect(await kinds()).toEqual([null, 'kind/a', 'kind/b']);
    expect(await kinds('?artifactType=kind/b')).toEqual(['artifactType', 'kind/b']);
    const only = JSON.parse((await ask('GET', `/v2/refer/referrers/${subject}?artifactType=kind/a`)).body) as { manifests: unknown[] };
    expect(only.manifests).toEqual([
      { mediaType: MediaType.ociManifest, digest: own.digest, size: own.bytes.length, artifactType: 'kind/a', annotations: { a: 'b' } },
    ]);
    await ask('DELETE', `/v2/refer/manifests/${own.digest}`);
    expect(await kinds()).toEqual([null, 'kind/b']);
  });

  it('are none for what is unknown, and refused for what is no digest', async () => {
    const got = await ask('GET', `/v2/nobody/referrers/${digestOf(Buffer.from('x'))}`);
    expect([got.status, JSON.parse(got.body)]).toEqual([200, { schemaVersion: 2, mediaType: MediaType.ociIndex, manifests: [] }]);
    expect(await ask('GET', '/v2/nobody/referrers/x')).toMatchObject({ status: 400, code: 'DIGEST_INVALID' });
  });
});
