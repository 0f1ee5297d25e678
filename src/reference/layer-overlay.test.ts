// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { normalPath, overlay, whiteoutOf, type LayerFiles } from './layer-overlay.ts';

function layer(files: Record<string, string>, hidden: readonly string[] = [], opaque: readonly string[] = []): LayerFiles {
  const content = Object.entries(files).map(([path, text]) => [path, Buffer.from(text)] as const);
  return { files: new Map(content), hidden: new Set(hidden), opaque: new Set(opaque) };
}

function view(...lastToFirst: readonly LayerFiles[]): Record<string, string> {
  return Object.fromEntries([...overlay(lastToFirst)].map(([path, content]) => [path, content.toString()]));
}

describe('overlay', () => {
  const bottom = layer({ 'm/a': 'old', 'm/b': 'kept', 'm/sub/c': 'deep' });

  it.each([
    ['lets a later layer win', layer({ 'm/a': 'new' }), { 'm/a': 'new', 'm/b': 'kept', 'm/sub/c': 'deep' }],
    ['leaves out what a later layer removed', layer({}, ['m/a']), { 'm/b': 'kept', 'm/sub/c': 'deep' }],
    ['leaves out a removed folder', layer({}, ['m/sub']), { 'm/a': 'old', 'm/b': 'kept' }],
    ['empties an opaque folder, but not of its own files', layer({ 'm/d': 'own' }, [], ['m']), { 'm/d': 'own' }],
    ['empties everything at an opaque root', layer({}, [], ['']), {}],
    ['hides a folder behind a file of its name', layer({ 'm/sub': 'file' }), { 'm/a': 'old', 'm/b': 'kept', 'm/sub': 'file' }],
    ['keeps a neighbour with a longer name', layer({}, ['m/su']), { 'm/a': 'old', 'm/b': 'kept', 'm/sub/c': 'deep' }],
  ])('%s', (_what, top, expected) => {
    expect(view(top, bottom)).toEqual(expected);
  });

  it('brings back what a layer above the removal adds', () => {
    expect(view(layer({ 'm/a': 'again' }), layer({}, ['m']), bottom)).toEqual({ 'm/a': 'again' });
  });

  it('keeps a file that its own layer hides below', () => {
    expect(view(layer({ 'm/a': 'own' }, ['m/a']), bottom)).toMatchObject({ 'm/a': 'own' });
  });
});

describe('paths', () => {
  it.each([
    ['./m/a', 'm/a'],
    ['/m//a/', 'm/a'],
    ['m/./a', 'm/a'],
    ['m/../../a', undefined],
    ['./', ''],
  ])('normalises %s', (name, expected) => {
    expect(normalPath(name)).toBe(expected);
  });

  it.each([
    ['m/.wh.a', { kind: 'hides', path: 'm/a' }],
    ['.wh.m', { kind: 'hides', path: 'm' }],
    ['m/.wh..wh..opq', { kind: 'opaque', path: 'm' }],
    ['.wh..wh..opq', { kind: 'opaque', path: '' }],
    ['m/wh.a', undefined],
  ])('reads the whiteout %s', (path, expected) => {
    expect(whiteoutOf(path)).toEqual(expected);
  });
});
