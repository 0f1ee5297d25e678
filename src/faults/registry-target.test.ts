// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { targetOf } from './registry-target.ts';

const digest = `sha256:${'a'.repeat(64)}`;

describe('targetOf', () => {
  it.each([
    ['/v2/', 'ping', undefined, undefined],
    ['/v2', 'ping', undefined, undefined],
    ['/v2/?n=1', 'ping', undefined, undefined],
    ['/v2/_catalog?n=100', 'catalog', undefined, undefined],
    ['/v2/app/manifests/latest', 'manifest', 'app', 'latest'],
    [`/v2/a/b/c/manifests/${digest}`, 'manifest', 'a/b/c', digest],
    [`/v2/a/b/blobs/${digest}`, 'blob', 'a/b', digest],
    [`/v2/a/b/blobs/${digest.replace(':', '%3A')}?ns=x`, 'blob', 'a/b', digest],
    ['/v2/a/blobs/uploads/', 'upload', 'a', undefined],
    ['/v2/a/blobs/uploads', 'upload', 'a', undefined],
    [`/v2/a/blobs/uploads/?mount=${digest}&from=b`, 'upload', 'a', undefined],
    ['/v2/a/blobs/uploads/0c1d-22?_state=x', 'upload', 'a', undefined],
    ['/v2/a/tags/list?last=v1', 'tags', 'a', undefined],
    [`/v2/a/referrers/${digest}`, 'referrers', 'a', digest],
  ])('%s asks for %s', (path, resource, repository, reference) => {
    expect(targetOf(path)).toEqual({ resource, repository, reference });
  });

  it('looks for the fixed words from the end, as names may hold them', () => {
    expect(targetOf(`/v2/manifests/x/blobs/y/blobs/${digest}`)).toEqual({ resource: 'blob', repository: 'manifests/x/blobs/y', reference: digest });
    expect(targetOf('/v2/blobs/uploads/manifests/v1')).toEqual({ resource: 'manifest', repository: 'blobs/uploads', reference: 'v1' });
    expect(targetOf('/v2/tags/list/tags/list')).toEqual({ resource: 'tags', repository: 'tags/list', reference: undefined });
  });

  it.each(['/', '', '/v2x/', '/v1/app/manifests/latest', '/v2/app', '/v2/app/manifests/', '/v2/app/manifests/a/b', '/token?service=x'])('%j is something else', (path) => {
    expect(targetOf(path)).toEqual({ resource: 'other', repository: undefined, reference: undefined });
  });

  it('leaves what can not be decoded as it is', () => {
    expect(targetOf('/v2/app/manifests/%zz').reference).toBe('%zz');
  });
});
