// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { laidOut } from './json-layout.ts';
import { inOneOrder } from './report-order.ts';

interface Component {
  readonly name: string;
  readonly containerImage?: string;
  readonly violations?: readonly object[];
}

const [a, b, other]: readonly Component[] = [
  { name: 'a', containerImage: 'h/two@sha256:1', violations: [{ msg: 'components' }, {}] },
  { name: 'b', containerImage: 'h/two@sha256:1' },
  { name: 'c', containerImage: 'h/one@sha256:2' },
];

function json(...components: readonly (Component | undefined)[]): string {
  return laidOut(JSON.stringify({ success: true, components, key: 'k', list: [{ containerImage: 'x' }] }));
}

function yaml(...names: readonly string[]): string {
  return `components:\n${names.map((name) => `- containerImage: h/two@sha256:1\n  name: ${name}\n  violations:\n  - msg: none\n`).join('')}ec-version: v1\nsuccess: true\n`;
}

const input = (ref: string): string => JSON.stringify({ attestations: [], image: { ref, signatures: [] } });

describe('a report', () => {
  it('has components of equal references in one order, whichever was done first, and is the same document', () => {
    expect(inOneOrder(json(b, a, other))).toBe(inOneOrder(json(a, b, other)));
    expect(inOneOrder(json(other, b, a))).toBe(inOneOrder(json(other, a, b)));
    expect(inOneOrder(json(a, b, other))).toBe(json(a, b, other));
    expect(JSON.parse(inOneOrder(json(other, b, a)))).toEqual(JSON.parse(json(other, a, b)));
  });

  it('has them so in YAML, too', () => {
    expect(inOneOrder(yaml('b', 'a'))).toBe(yaml('a', 'b'));
    expect(inOneOrder(`---\n${yaml('b', 'a')}`)).toBe(`---\n${yaml('a', 'b')}`);
  });

  it('keeps the order of other references, of other lists, and of components without one', () => {
    for (const text of [json(other, a), json(a, other, b), json({ name: 'z' }, { name: 'y' }), json(), json(a), yaml('a')]) expect(inOneOrder(text)).toBe(text);
    const deeper = laidOut(JSON.stringify({ report: { components: [b, a] } }));
    expect(inOneOrder(deeper)).toBe(deeper);
  });

  it('differs where what is said of a component does', () => {
    expect(inOneOrder(json(b, { ...a, name: 'd' }))).not.toBe(inOneOrder(json(a, b)));
    expect(inOneOrder(json(a, a))).not.toBe(inOneOrder(json(a, b)));
  });
});

describe('policy inputs', () => {
  it('are in one order, a line each', () => {
    expect(inOneOrder(`${input('h/b')}\n${input('h/a')}\n`)).toBe(`${input('h/a')}\n${input('h/b')}\n`);
    expect(inOneOrder(`${input('h/a')}\n`)).toBe(`${input('h/a')}\n`);
  });

  it('are not lines of another kind', () => {
    for (const text of ['b\na\n', '{"level":"warn"}\n{"level":"info"}\n', `${input('h/b')}\nnot one\n${input('h/a')}\n`, '\n\n']) expect(inOneOrder(text)).toBe(text);
  });
});
