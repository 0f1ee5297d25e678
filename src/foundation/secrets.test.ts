// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { secretHider, type Secret } from './secrets.ts';

const secrets: readonly Secret[] = [
  { name: 'PASSWORD', text: 'pass-w0rd', kind: 'whole' },
  { name: 'BASIC', text: 'dTpwYXNzLXcwcmQ=', kind: 'whole' },
  { name: 'TOKEN', text: 'mark-', kind: 'beginning' },
];

describe('a hider', () => {
  it.each([
    ['a pass-w0rd b', 'a ${PASSWORD} b'],
    ['pass-w0rdpass-w0rd', '${PASSWORD}${PASSWORD}'],
    ['Authorization: Basic dTpwYXNzLXcwcmQ=\n', 'Authorization: Basic ${BASIC}\n'],
    ['{"token":"mark-abc_D.e-f","x":1}', '{"token":"${TOKEN}","x":1}'],
    ['mark-', '${TOKEN}'],
    ['pass-w0r', 'pass-w0r'],
    ['', ''],
  ])('tells %j as %j', (text, told) => {
    expect(secretHider(secrets).hide(text)).toBe(told);
  });

  it('leaves everything as it is where there are no secrets', () => {
    const none = secretHider([]);
    expect([none.hide('pass-w0rd'), none.stream().push(Buffer.from([255, 0])), secretHider([{ name: 'EMPTY', text: '', kind: 'whole' }]).hide('ab')]).toEqual(['pass-w0rd', Buffer.from([255, 0]), 'ab']);
  });

  it('tells the same of a stream, however it comes', () => {
    const part = fc.oneof(fc.constantFrom('pass-w0rd', 'pass-', 'dTpwYXNzLXcwcmQ=', 'mark-', 'mark-a.b', ' ', '\n', 'm', 'ma'), fc.string({ unit: 'binary', maxLength: 5 }));
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), fc.array(fc.nat(7), { minLength: 1 }), (parts, sizes) => {
        const bytes = Buffer.from(parts.join(''));
        const hider = secretHider(secrets);
        const stream = hider.stream();
        const told: Buffer[] = [];
        for (let from = 0, turn = 0; from < bytes.length; turn += 1) {
          const to = from + 1 + (sizes[turn % sizes.length] ?? 0);
          told.push(stream.push(bytes.subarray(from, to)));
          from = to;
        }
        expect(Buffer.concat([...told, stream.end()]).toString('latin1')).toBe(hider.hide(bytes.toString('latin1')));
      }),
    );
  });
});
