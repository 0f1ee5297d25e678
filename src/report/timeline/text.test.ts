// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { counted, cut, duration, html, listed, ordinal } from './text.ts';
import { namesFor } from './names.ts';
import { plannedIn } from './planned.ts';
import { history, shared } from './test-runs.ts';

describe('text of a page', () => {
  it.each([
    ['<a href="x">\'&`', '&#60;a href=&#34;x&#34;&#62;&#39;&#38;&#96;'],
    ['a\u202eb\u0007c\u200dd', 'a\\u202eb\\u0007c\\u200dd'],
    ['\ud800', '\\ud800'],
    ['Z\u0301\u0302\u0303\u0304', 'Z\u0301\u0302'],
    ['a\n\tb', 'a\n\tb'],
    [undefined, 'undefined'],
  ])('%j is %j', (value, expected) => expect(html(value)).toBe(expected));

  it('is cut by letters, not by halves of them', () => {
    expect([cut('abcdef', 6), cut('abcdef', 4), cut('🙂🙂🙂', 2), cut('abc', 0)]).toEqual(['abcdef', 'abc…', '🙂…', '…']);
  });

  it('has numbers for people', () => {
    expect([counted(1, 'byte'), counted(1_234_567, 'byte'), duration(0.25), duration(812.4), duration(9_999), duration(12_345)]).toEqual(['1 byte', '1,234,567 bytes', '0.3 ms', '812 ms', '9,999 ms', '12.3 s']);
    expect([1, 2, 3, 4, 11, 12, 13, 21, 112, 1003].map(ordinal)).toEqual(['1st', '2nd', '3rd', '4th', '11th', '12th', '13th', '21st', '112th', '1,003rd']);
    expect([listed([]), listed(['a']), listed(['a', 'b']), listed(['a', 'b', 'c']), listed(['a', 'b', 'c', 'd', 'e'])]).toEqual(['', 'a', 'a and b', 'a, b and c', 'a, b, c and 2 more']);
  });
});

describe('names of layers', () => {
  const [digest, diffId] = [shared.digest.slice(7), shared.diffId.slice(7)];
  const names = namesFor([history([0, { kind: 'workload-known', layers: [shared] }]), history([0, { kind: 'workload-known', layers: [shared] }])]);

  it('stand for digests in any form, in any text', () => {
    expect(names.in(`sha256:${digest} sha256-${diffId}.tmp ${'ab'.repeat(32)}`)).toBe('layer A tar of layer A.tmp abababab…');
  });

  it('are not said twice', () => expect(names.in(`the layer sha256:${digest} of layer ${'ab'.repeat(32)}`)).toBe('the layer A of layer abababab…'));

  it('are one for the histories of a page', () => expect(names.layers.map(({ name }) => name)).toEqual(['layer A']));
});

describe('a plan from anywhere', () => {
  it.each([undefined, null, 7, 'x', [], { gates: 7, participants: {} }, { gates: [null, { until: 3 }], participants: [{}] }])('%j has nothing that is not as expected', (plan) => {
    expect(plannedIn(plan)).toMatchObject({ participants: [], meeting: '', subject: '' });
  });

  it('has gates by their names', () => {
    expect(plannedIn({ gates: [{ name: 'others', until: { kind: 'reached', gate: 'leader' }, then: 404 }] }).gates.get('others')).toEqual({ until: 'reached', about: 'leader', orAt: '', then: '404' });
  });
});
