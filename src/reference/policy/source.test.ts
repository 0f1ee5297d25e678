// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { parsePolicySource, pinnedSource } from './source.ts';

describe('parsePolicySource', () => {
  it.each([
    ['git::https://host:1/git/a.git', 'https://host:1/git/a.git', '', undefined, 'git::host:1/git/a.git?ref=c'],
    ['git::host/a', 'https://host/a', '', undefined, 'git::host/a?ref=c'],
    ['git::https://host/a.git?ref=main', 'https://host/a.git', '', 'main', 'git::host/a.git?ref=c'],
    ['git::https://host/a.git//b/c/', 'https://host/a.git', 'b/c', undefined, 'git::host/a.git//b/c?ref=c'],
    ['git::https://host/a.git//b?ref=v1%2B2', 'https://host/a.git', 'b', 'v1+2', 'git::host/a.git//b?ref=c'],
  ])('reads %s', (text, repository, folder, ref, pinned) => {
    const source = parsePolicySource(text);
    expect(source).toEqual({ kind: 'git', repository, folder, ref });
    expect(pinnedSource(source, 'c')).toBe(pinned);
  });

  it.each(['./policy', '/a/b', 'policy'])('takes %s for a folder', (path) => {
    expect(parsePolicySource(path)).toEqual({ kind: 'folder', path });
    expect(pinnedSource(parsePolicySource(path), undefined)).toBe(path);
  });

  it.each([
    ['oci::host/policy', 'host/policy', 'oci::host/policy@c'],
    ['oci::host:5000/a/policy:v1', 'host:5000/a/policy:v1', 'oci::host:5000/a/policy:v1@c'],
    ['oci::https://host/policy:v1', 'host/policy:v1', 'oci::host/policy:v1@c'],
    ['oci://host/policy:v1', 'host/policy:v1', 'oci::host/policy:v1@c'],
    [`oci::host/policy@sha256:${'a'.repeat(64)}`, `host/policy@sha256:${'a'.repeat(64)}`, 'oci::host/policy@c'],
  ])('reads %s', (text, reference, pinned) => {
    const source = parsePolicySource(text);
    expect(source).toEqual({ kind: 'oci', reference });
    expect(pinnedSource(source, 'c')).toBe(pinned);
  });

  it.each(['oci::', 'oci::policy', 'oci::host/Policy', 'oci::host/policy@sha256:1', 'oci::host/policy//folder'])('refuses %j', (text) => {
    expect(() => parsePolicySource(text)).toThrow(expect.objectContaining({ code: 'REFERENCE_MALFORMED' }));
  });

  it.each(['s3::host/repo', 'https://host/a.git', 'git::ssh://host/a', 'git::https://', 'git::host/a//../../etc', ''])(
    'refuses %j',
    (text) => {
      expect(() => parsePolicySource(text)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
    },
  );
});
