// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { laidOut, laidOutWithNames } from './json-layout.ts';

describe('laidOutWithNames', () => {
  it.each([
    ['a name for a number', '{"a":${TIMESTAMP}}', '{\n  "a": ${TIMESTAMP}\n}\n'],
    ['several, beside digits', '[${A},${B},"${A}1 ]",123456789012,${A}.5]', '[\n  ${A},\n  ${B},\n  "${A}1 ]",\n  123456789012,\n  ${A}.5\n]\n'],
    ['a name with odd characters', '[${REGISTRY_a/b:latest_DIGEST}]', '[\n  ${REGISTRY_a/b:latest_DIGEST}\n]\n'],
    ['names in strings alone', '{"a":"${A}"}', '{\n  "a": "${A}"\n}\n'],
  ])('lays out a document with %s', (_, text, shown) => {
    expect(laidOutWithNames(text)).toBe(shown);
    expect(laidOutWithNames(shown)).toBe(shown);
  });

  it.each(['', '{"a": ${A}', '{${A} b}', '[info] ${A} began\n', '${A}', 'a: ${A}\n'])('leaves text alone: %j', (text) => {
    expect(laidOutWithNames(text)).toBe(text);
  });

  it('does what laidOut does where no name is', () => {
    for (const text of ['{"a":"\\u003c"}', '42', 'text\n', '{"a":']) expect(laidOutWithNames(text)).toBe(laidOut(text));
  });
});
