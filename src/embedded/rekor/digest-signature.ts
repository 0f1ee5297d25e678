// SPDX-License-Identifier: Apache-2.0
import { createECDH, type KeyObject } from 'node:crypto';
import { p256 } from '@noble/curves/nist.js';
import { pointOf } from '../../sigstore/keys.ts';

const { p, n, a, b } = p256.Point.CURVE();
const curve = 'prime256v1';

/** An affine point. */
interface Point {
  readonly x: bigint;
  readonly y: bigint;
}

/**
 * Checks an ECDSA P-256 signature (DER) over a digest alone, which is all that a hashedrekord brings; node:crypto always
 * hashes what it is given. False for malformed signatures.
 */
export function isDigestSignedBy(publicKey: KeyObject, digest: Uint8Array, signature: Uint8Array): boolean {
  const encoded = pointOf(publicKey);
  return isSignedNatively(encoded, digest, signature) ?? isSignedByArithmetic(encoded, digest, signature);
}

/** The library's own way, some six times slower: for the few numbers that the other way can't add up. */
export function isSignedByArithmetic(key: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean {
  try {
    return p256.verify(signature, digest, key, { prehash: false, lowS: false, format: 'der' });
  } catch {
    return false;
  }
}

/**
 * FIPS 186-5, 6.4.2, with the multiplications done by OpenSSL: its Diffie-Hellman gives the x of a multiple of the key, and with that of
 * the next multiple also the y (Brier and Joye, PKC 2002, section 4). Undefined where two points to be added have one x.
 * https://doi.org/10.6028/NIST.FIPS.186-5
 */
export function isSignedNatively(key: Buffer, digest: Uint8Array, signature: Uint8Array): boolean | undefined {
  const numbers = numbersIn(signature);
  if (numbers === undefined) return false;
  const { r, s } = numbers;
  const inverse = inverseOf(s, n);
  const [u1, u2] = [(numberOf(digest) * inverse) % n, (r * inverse) % n];
  // Nothing, the key itself, and what is one step from nothing.
  if (u1 === 0n || u2 <= 1n || u2 >= n - 2n) return undefined;
  const one = multipleOfBase(u1);
  const other = multipleOf(key, u2);
  if (one.x === other.x) return undefined;
  const slope = modulo((other.y - one.y) * inverseOf(modulo(other.x - one.x, p), p), p);
  return modulo(slope * slope - one.x - other.x, p) % n === r;
}

function numbersIn(signature: Uint8Array): { readonly r: bigint; readonly s: bigint } | undefined {
  try {
    // Both are looked at: from 1 to the order less 1.
    return p256.Signature.fromBytes(signature, 'der');
  } catch {
    return undefined;
  }
}

function multipleOfBase(factor: bigint): Point {
  const own = createECDH(curve);
  own.setPrivateKey(bytesOf(factor));
  return pointIn(own.getPublicKey());
}

function multipleOf(key: Buffer, factor: bigint): Point {
  const base = pointIn(key);
  const [x, next] = [factor, factor + 1n].map((each) => {
    const own = createECDH(curve);
    own.setPrivateKey(bytesOf(each));
    return numberOf(own.computeSecret(key));
  }) as [bigint, bigint];
  const apart = x - base.x;
  const twice = 2n * b + (a + base.x * x) * (base.x + x) - next * apart * apart;
  return { x, y: modulo(twice * inverseOf(modulo(2n * base.y, p), p), p) };
}

function pointIn(encoded: Buffer): Point {
  return { x: numberOf(encoded.subarray(1, 33)), y: numberOf(encoded.subarray(33, 65)) };
}

/** By Euclid; the modulus is prime, the value not 0. */
function inverseOf(value: bigint, modulus: bigint): bigint {
  let [older, newer, before, now] = [modulus, value, 0n, 1n];
  while (newer !== 0n) {
    const times = older / newer;
    [older, newer] = [newer, older - times * newer];
    [before, now] = [now, before - times * now];
  }
  return modulo(before, modulus);
}

function modulo(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus;
  return rest < 0n ? rest + modulus : rest;
}

function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
}

function bytesOf(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex');
}
