// SPDX-License-Identifier: Apache-2.0
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto';
import { StampedeError } from '../foundation/errors.ts';

/** An ECDSA key pair on P-256, the only kind that this project makes or reads. */
export interface KeyPair {
  readonly privateKey: KeyObject;
  /** SubjectPublicKeyInfo. */
  readonly publicKeyPem: string;
  /** PKCS#8, not encrypted. */
  readonly privateKeyPem: string;
}

/** A fresh key pair, different in every call. */
export function generateKeyPair(): KeyPair {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return keyPairOf(privateKey);
}

/** @throws StampedeError KEY_MALFORMED when `pem` is not an unencrypted ECDSA P-256 private key. */
export function readPrivateKey(pem: string): KeyPair {
  return keyPairOf(p256('private', () => createPrivateKey(pem)));
}

/** Keys that were read, by their text: a log reads the same few again with each entry, and reading one takes longer than using it. */
const known = new Map<string, KeyObject>();
const mostKnown = 256;

/** @throws StampedeError KEY_MALFORMED when `pem` is not an ECDSA P-256 public key (SubjectPublicKeyInfo). */
export function readPublicKey(pem: string): KeyObject {
  const before = known.get(pem);
  if (before !== undefined) return before;
  if (!/^\s*-----BEGIN PUBLIC KEY-----/.test(pem)) throw malformed('public', 'not a "PUBLIC KEY" PEM block');
  const key = p256('public', () => createPublicKey(pem));
  if (known.size >= mostKnown) known.clear();
  known.set(pem, key);
  return key;
}

interface Written {
  readonly pem: string;
  readonly der: Buffer;
}

const written = new WeakMap<KeyObject, Written>();

function write(key: KeyObject): Written {
  const before = written.get(key);
  if (before !== undefined) return before;
  const forms = { pem: key.export({ type: 'spki', format: 'pem' }).toString(), der: key.export({ type: 'spki', format: 'der' }) };
  written.set(key, forms);
  return forms;
}

/** The one way of writing a public key that keys are compared and logged in. */
export function publicKeyToPem(key: KeyObject): string {
  return write(key).pem;
}

/** A public key's point, uncompressed: 65 bytes. https://www.rfc-editor.org/rfc/rfc5480#section-2.2 */
export function pointOf(key: KeyObject): Buffer {
  return write(key).der.subarray(-65);
}

/** ECDSA with SHA-256 over `data`, DER. */
export function signBytes(privateKey: KeyObject, data: Uint8Array): Buffer {
  return sign('sha256', data, privateKey);
}

/** False for every signature that does not verify, malformed ones included. */
export function isSignedBy(publicKey: KeyObject, data: Uint8Array, signature: Uint8Array): boolean {
  return verify('sha256', data, publicKey, signature);
}

/**
 * Names a log by its key: hex SHA-256 of the key's DER SubjectPublicKeyInfo.
 * https://www.rfc-editor.org/rfc/rfc6962#section-3.2
 * @throws StampedeError KEY_MALFORMED
 */
export function logIdOf(publicKeyPem: string): string {
  return createHash('sha256').update(write(readPublicKey(publicKeyPem)).der).digest('hex');
}

/** True when both PEM texts hold the same public key, however they are wrapped; false when either holds none. */
export function isSamePublicKey(onePem: string, otherPem: string): boolean {
  try {
    return readPublicKey(onePem).equals(readPublicKey(otherPem));
  } catch {
    return false;
  }
}

function keyPairOf(privateKey: KeyObject): KeyPair {
  return {
    privateKey,
    publicKeyPem: publicKeyToPem(createPublicKey(privateKey)),
    privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function p256(kind: 'private' | 'public', read: () => KeyObject): KeyObject {
  let key: KeyObject;
  try {
    key = read();
  } catch (cause) {
    throw malformed(kind, 'does not parse', cause);
  }
  if (key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key;
  throw malformed(kind, `is ${key.asymmetricKeyType ?? 'of an unknown type'}, not ECDSA P-256`);
}

function malformed(kind: string, reason: string, cause?: unknown): StampedeError {
  return new StampedeError('KEY_MALFORMED', `${kind} key: ${reason}`, {
    cause,
    hint: 'openssl ecparam -name prime256v1 -genkey, or cosign generate-key-pair',
  });
}
