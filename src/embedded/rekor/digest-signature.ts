// SPDX-License-Identifier: Apache-2.0
import type { KeyObject } from 'node:crypto';
import { p256 } from '@noble/curves/nist.js';

/**
 * Checks an ECDSA P-256 signature (DER) over a digest alone, which is all that a hashedrekord brings; node:crypto always
 * hashes what it is given. False for malformed signatures.
 */
export function isDigestSignedBy(publicKey: KeyObject, digest: Uint8Array, signature: Uint8Array): boolean {
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const point = Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
  try {
    return p256.verify(signature, digest, point, { prehash: false, lowS: false, format: 'der' });
  } catch {
    return false;
  }
}
