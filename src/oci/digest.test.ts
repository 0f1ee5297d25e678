// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { diffIdOf, digestOf, hexOf, isDigest, parseDiffID, parseDigest } from './digest.ts';

// https://csrc.nist.gov/projects/cryptographic-standards-and-guidelines/example-values, of no bytes
const ofNothing = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

it('names bytes by their sha256', () => {
  expect(digestOf(Buffer.alloc(0))).toBe(ofNothing);
  expect(diffIdOf(new Uint8Array())).toBe(ofNothing);
  expect(hexOf(parseDigest(ofNothing))).toBe(ofNothing.slice(7));
  expect(parseDiffID(ofNothing)).toBe(ofNothing);
});

it.each([
  '', 'sha256:', ofNothing.slice(7), ofNothing.slice(0, -1), `${ofNothing}0`, ofNothing.toUpperCase(), ` ${ofNothing}`, `${ofNothing}\n`,
  ofNothing.replace('sha256', 'sha512'), `sha256:../${ofNothing.slice(10)}`,
])('%j is no digest', (text) => {
  expect(isDigest(text)).toBe(false);
  for (const parse of [parseDigest, parseDiffID]) {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'DIGEST_MALFORMED' }) as Error);
  }
});
