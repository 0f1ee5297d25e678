// SPDX-License-Identifier: Apache-2.0
import { createPrivateKey, randomBytes, scryptSync, type KeyObject } from 'node:crypto';
import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js';
import { pem } from '@sigstore/core';
import * as z from 'zod';
import { StampedeError } from '../foundation/errors.ts';
import { decodeBase64 } from './base64.ts';
import { readPrivateKey, type KeyPair } from './keys.ts';

const label = 'ENCRYPTED SIGSTORE PRIVATE KEY';
const keyBytes = 32;

/** The scrypt costs that sigstore clients accept; the first is the one that every release of them accepts. */
const acceptedCosts = [32_768, 65_536, 131_072] as const;

const base64 = z.string().transform((text, context) => {
  const bytes = decodeBase64(text);
  if (bytes === undefined) context.addIssue('not base64');
  return bytes ?? Buffer.alloc(0);
});

const boxSchema = z.object({
  kdf: z.object({
    name: z.literal('scrypt'),
    params: z.object({ N: z.literal(acceptedCosts), r: z.literal(8), p: z.literal(1) }),
    salt: base64,
  }),
  cipher: z.object({ name: z.literal('nacl/secretbox'), nonce: base64.refine((nonce) => nonce.length === 24) }),
  ciphertext: base64,
});

/**
 * The form in which cosign keeps private keys: PKCS#8 in a NaCl secret box, the key of the box by scrypt.
 * https://github.com/secure-systems-lab/go-securesystemslib/tree/main/encrypted
 */
export function encryptPrivateKey(privateKey: KeyObject, password: string): string {
  return encrypterFor(password)(privateKey);
}

/** For many keys of one password: scrypt is slow on purpose, so it is asked once, and the boxes have their salt in common. */
export function encrypterFor(password: string): (privateKey: KeyObject) => string {
  const [cost] = acceptedCosts;
  const salt = randomBytes(32);
  const key = boxKey(password, salt, cost);
  return (privateKey) => {
    const nonce = randomBytes(24);
    const plain = privateKey.export({ type: 'pkcs8', format: 'der' });
    const box = {
      kdf: { name: 'scrypt', params: { N: cost, r: 8, p: 1 }, salt: salt.toString('base64') },
      cipher: { name: 'nacl/secretbox', nonce: nonce.toString('base64') },
      ciphertext: Buffer.from(xsalsa20poly1305(key, nonce).encrypt(plain)).toString('base64'),
    };
    return pem.fromDER(Buffer.from(JSON.stringify(box)), label);
  };
}

/** @throws StampedeError KEY_MALFORMED also for a wrong password, which can't be told from changed bytes. */
export function decryptPrivateKey(text: string, password: string): KeyPair {
  try {
    const { kdf, cipher, ciphertext } = boxSchema.parse(JSON.parse(boxText(text)));
    const key = boxKey(password, kdf.salt, kdf.params.N);
    const der = xsalsa20poly1305(key, cipher.nonce).decrypt(ciphertext);
    const privateKey = createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' });
    return readPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  } catch (cause) {
    throw new StampedeError('KEY_MALFORMED', 'the encrypted private key does not open', {
      cause,
      hint: 'check the password; keys made by `cosign generate-key-pair` and by this project are read',
    });
  }
}

/** Older clients wrote COSIGN where newer ones write SIGSTORE. */
function boxText(text: string): string {
  const block = /^\s*-----BEGIN ENCRYPTED (SIGSTORE|COSIGN) PRIVATE KEY-----\r?\n([^-]+)-----END ENCRYPTED \1 PRIVATE KEY-----\s*$/;
  const encoded = block.exec(text)?.[2]?.replaceAll(/\s/g, '');
  const bytes = encoded === undefined ? undefined : decodeBase64(encoded);
  if (bytes === undefined) throw new Error('no encrypted private key in the PEM text');
  return bytes.toString();
}

function boxKey(password: string, salt: Buffer, cost: number): Buffer {
  return scryptSync(password, salt, keyBytes, { N: cost, r: 8, p: 1, maxmem: 256 * cost * 8 });
}
