// SPDX-License-Identifier: Apache-2.0
import { createHash, createPublicKey, sign, type KeyObject } from 'node:crypto';
import { p256 } from '@noble/curves/nist.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generateKeyPair, readPublicKey } from '../../sigstore/keys.ts';
import { isDigestSignedBy, isSignedByArithmetic, isSignedNatively } from './digest-signature.ts';

const { n } = p256.Point.CURVE();
const bytes32 = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(64, '0'), 'hex');
const modulo = (value: bigint): bigint => ((value % n) + n) % n;
const der = (r: bigint, s: bigint): Uint8Array => new p256.Signature(r, s).toBytes('der');

/** A key as the signer has it. */
function keyOf(secret: bigint): { readonly point: Buffer; readonly publicKey: KeyObject } {
  const point = Buffer.from(p256.getPublicKey(bytes32(secret), false));
  const publicKey = createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', x: point.subarray(1, 33).toString('base64url'), y: point.subarray(33).toString('base64url') } });
  return { point, publicKey };
}

const scalar = fc.bigInt({ min: 1n, max: n - 1n });
const digest = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe('a signature over a digest', () => {
  it('is what node:crypto makes, and nothing else', () => {
    const { privateKey, publicKeyPem } = generateKeyPair();
    const made = Array.from({ length: 50 }, (_, index) => Buffer.from(`document ${index}`)).map((document) => ({ hash: createHash('sha256').update(document).digest(), signature: sign('sha256', document, privateKey) }));
    const publicKey = readPublicKey(publicKeyPem);
    expect(made.map(({ hash, signature }) => isDigestSignedBy(publicKey, hash, signature))).toEqual(made.map(() => true));
    expect(made.map(({ signature }, index) => isDigestSignedBy(publicKey, made[(index + 1) % made.length]!.hash, signature))).toEqual(made.map(() => false));
    expect(made.map(({ hash, signature }) => isDigestSignedBy(readPublicKey(generateKeyPair().publicKeyPem), hash, signature))).toEqual(made.map(() => false));
  });

  it('is judged as the library judges it, its twin with the other s too, and not for the mirrored key', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(scalar, digest, (secret, hash) => {
        const { point } = keyOf(secret);
        const { r, s } = p256.Signature.fromBytes(p256.sign(hash, bytes32(secret), { prehash: false }));
        for (const signature of [der(r, s), der(r, n - s)]) {
          expect(isSignedNatively(point, hash, signature)).toBe(true);
          expect(isSignedByArithmetic(point, hash, signature)).toBe(true);
          expect(isSignedNatively(keyOf(n - secret).point, hash, signature)).toBe(false);
        }
      }),
      { numRuns: 40, seed: 10 },
    );
  });

  it('made of any two numbers, it is judged as the library judges it', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(scalar, digest, scalar, scalar, (secret, hash, r, s) => {
        const { point, publicKey } = keyOf(secret);
        expect(isDigestSignedBy(publicKey, hash, der(r, s))).toBe(isSignedByArithmetic(point, hash, der(r, s)));
      }),
      { numRuns: 40, seed: 10 },
    );
  });

  it.each([1n, 2n, n - 1n, n - 2n])('adds up where the key counts %s times', (times) => {
    // s is chosen so that r / s is this number, then the digest so that the sum comes to r.
    const secret = 12_345n;
    const nonce = 6789n;
    const r = modulo(p256.Point.BASE.multiply(nonce).toAffine().x);
    const s = modulo(r * invert(times));
    const hash = modulo(s * nonce - r * secret);
    expect(isDigestSignedBy(keyOf(secret).publicKey, bytes32(hash), der(r, s))).toBe(true);
    expect(isDigestSignedBy(keyOf(secret).publicKey, bytes32(modulo(hash + 1n)), der(r, s))).toBe(false);
  });

  it.each([
    ['nothing to hash but zeros', (): [bigint, bigint] => [0n, 5n]],
    // z / s and r d / s are one: both points are the same, and it takes a tangent to add them.
    ['both points are one', (): [bigint, bigint] => [-1n, 5n]],
  ])('adds up where %s', (_what, choose) => {
    const [kind, secret] = choose();
    const nonce = 77n;
    const r = modulo(p256.Point.BASE.multiply(nonce).toAffine().x);
    const z = kind === 0n ? 0n : modulo(r * secret);
    const s = modulo((z + r * secret) * invert(nonce));
    expect(isSignedNatively(keyOf(secret).point, bytes32(z), der(r, s))).toBeUndefined();
    expect(isDigestSignedBy(keyOf(secret).publicKey, bytes32(z), der(r, s))).toBe(true);
  });

  it.each([['nothing', ''], ['no sequence', '00'], ['zeros', '3006020100020100'], ['a long number', `30${'ff'.repeat(40)}`]])('is not %s', (_what, hex) => {
    expect(isDigestSignedBy(keyOf(5n).publicKey, bytes32(1n), Buffer.from(hex, 'hex'))).toBe(false);
  });
});

function invert(value: bigint): bigint {
  return p256.Point.Fn.inv(value);
}
