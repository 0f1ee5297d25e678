// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { hasCode } from '../foundation/errors.ts';
import { expand, mentions } from './variables.ts';

const values = new Map([
  ['REGISTRY', 'registry.local/s-1'],
  ['REGISTRY_acceptance/image:latest_DIGEST', 'abc'],
  ['COST', '$& $1 $$ ${REGISTRY}'],
  ['NOTHING', ''],
]);

describe('expand', () => {
  it('replaces each name by its value, as often as it stands there', () => {
    expect(expand('${REGISTRY}/a ${REGISTRY}/b', values, 'error')).toBe('registry.local/s-1/a registry.local/s-1/b');
  });

  it('takes any character but a closing brace for part of a name', () => {
    expect(expand('@sha256:${REGISTRY_acceptance/image:latest_DIGEST}', values, 'error')).toBe('@sha256:abc');
  });

  it('puts values in as they are, and does not expand them again', () => {
    expect(expand('${COST}', values, 'error')).toBe('$& $1 $$ ${REGISTRY}');
    expect(expand('[${NOTHING}]', values, 'error')).toBe('[]');
  });

  it.each(['$REGISTRY', '{REGISTRY}', '${REGISTRY', '$ {REGISTRY}', '{"a":{"b":1}}'])('leaves %s alone', (text) => {
    expect(expand(text, values, 'error')).toBe(text);
  });

  it('does with unknown names what it is told', () => {
    expect(expand('a ${WRONG} b', values, 'empty')).toBe('a  b');
    expect(expand('a ${WRONG} ${} b', values, 'keep')).toBe('a ${WRONG} ${} b');
    expect(() => expand('a ${WRONG} b', values, 'error')).toThrow(expect.objectContaining({ code: 'VARIABLE_UNKNOWN' }));
  });

  it('tells the known names when one is unknown', () => {
    try {
      expand('${WRONG}', values, 'error');
      expect.unreachable();
    } catch (error) {
      expect(hasCode(error, 'VARIABLE_UNKNOWN') && error.hint).toBe('known here: COST, NOTHING, REGISTRY, REGISTRY_acceptance/image:latest_DIGEST');
      expect((error as Error).message).toContain('${WRONG}');
    }
  });
});

describe('mentions', () => {
  it('is true when one of the names is wanted', () => {
    const isDigest = (name: string): boolean => name.endsWith('_DIGEST');
    expect(mentions('${A} ${B_DIGEST}', isDigest)).toBe(true);
    expect(mentions('${A} B_DIGEST', isDigest)).toBe(false);
    // Asked twice: no state is kept between calls.
    expect(mentions('${B_DIGEST}', isDigest)).toBe(true);
    expect(mentions('${B_DIGEST}', isDigest)).toBe(true);
  });
});
