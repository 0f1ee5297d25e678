// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { digestOf } from './digest.ts';
import { isRepository, isTag, parseReference, pinnedReference } from './reference.ts';

const digest = digestOf(Buffer.from('x'));

describe('parseReference', () => {
  it.each([
    ['registry.local/a', 'registry.local', 'a', undefined, undefined],
    ['registry.local/a/b_c:v1.0', 'registry.local', 'a/b_c', 'v1.0', undefined],
    ['localhost:5000/a', 'localhost:5000', 'a', undefined, undefined],
    [`127.0.0.1:5000/a:v1@${digest}`, '127.0.0.1:5000', 'a', 'v1', digest],
    [`[::1]:5000/a@${digest}`, '[::1]:5000', 'a', undefined, digest],
    ['Registry-1.local/a', 'Registry-1.local', 'a', undefined, undefined],
  ])('takes %s apart', (text, host, repository, tag, named) => {
    expect(parseReference(text)).toEqual({ host, repository, tag, digest: named });
  });

  it.each([
    '', 'a', 'a:v1', '/a', 'registry.local/', 'registry.local/A', 'registry.local/a:', 'registry.local/a:-x', 'registry.local/a/:v1',
    'registry.local/a@sha256:x', `registry.local/a@${digest}@${digest}`, `registry.local/a@${digest.toUpperCase()}`, 'registry.local/a/../b',
    'http://registry.local/a', 'registry .local/a', 'registry.local?x=/a', 'registry.local#/a', 'registry.local:/a', 'registry.local:5x/a',
    'user:word/a', '-x/a', 'x-.local/a', 'registry..local/a', '[::1/a', '[]/a', 'a\n/b',
  ])('refuses %j', (text) => {
    expect(() => parseReference(text)).toThrow(expect.objectContaining({ code: 'REFERENCE_MALFORMED' }) as Error);
  });

  it('refuses a long text without looking at it for long', () => {
    for (const part of ['a', 'a.', 'a-', 'a__', '[']) {
      for (const text of [`${part.repeat(100_000)}/a!`, `registry.local/${part.repeat(100_000)}!`]) {
        expect(() => parseReference(text)).toThrow(expect.objectContaining({ code: 'REFERENCE_MALFORMED' }) as Error);
      }
    }
  });

  it('pins what it took apart', () => {
    expect(pinnedReference(parseReference('registry.local/a/b:v1'), digest)).toBe(`registry.local/a/b@${digest}`);
  });
});

it.each([
  ['a', true], ['a/b-c--d.e_f__g', true], ['a'.repeat(255), true], ['a'.repeat(256), false],
  ['', false], ['a//b', false], ['/a', false], ['a/', false], ['a___b', false], ['a..b', false], ['_a', false], ['a\n', false],
])('a repository may be %j: %s', (text, expected) => {
  expect(isRepository(text)).toBe(expected);
});

it.each([
  ['v1', true], ['_', true], ['A.b-c', true], ['a'.repeat(128), true], ['a'.repeat(129), false],
  ['', false], ['.a', false], ['-a', false], ['a/b', false], ['a:b', false], ['a\n', false],
])('a tag may be %j: %s', (text, expected) => {
  expect(isTag(text)).toBe(expected);
});
