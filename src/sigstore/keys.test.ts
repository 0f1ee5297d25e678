// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { decodeAnyBase64, decodeBase64 } from './base64.ts';
import { generateKeyPair, isSamePublicKey, isSignedBy, logIdOf, publicKeyToPem, readPrivateKey, readPublicKey, signBytes } from './keys.ts';

const pair = generateKeyPair();
const other = generateKeyPair();
const ed25519 = generateKeyPairSync('ed25519');
const p384 = generateKeyPairSync('ec', { namedCurve: 'secp384r1' });
const data = Buffer.from('data');

describe('keys', () => {
  it('are read as they were written', () => {
    expect(publicKeyToPem(readPublicKey(pair.publicKeyPem))).toBe(pair.publicKeyPem);
    expect(readPrivateKey(pair.privateKeyPem).publicKeyPem).toBe(pair.publicKeyPem);
  });

  it.each([
    ['nothing', ''],
    ['a private key', pair.privateKeyPem],
    ['Ed25519', publicKeyToPem(ed25519.publicKey)],
    ['P-384', publicKeyToPem(p384.publicKey)],
    ['a changed block', pair.publicKeyPem.replace(/A/, '!')],
  ])('are refused as public keys when they are %s', (_what, pem) => {
    expect(() => readPublicKey(pem)).toThrow(expect.objectContaining({ code: 'KEY_MALFORMED' }));
    expect(isSamePublicKey(pem, pair.publicKeyPem)).toBe(false);
  });

  it('are refused as private keys when they are public', () => {
    expect(() => readPrivateKey(pair.publicKeyPem)).toThrow(expect.objectContaining({ code: 'KEY_MALFORMED' }));
  });

  it('are the same however the text is wrapped', () => {
    expect(isSamePublicKey(pair.publicKeyPem, `\n${pair.publicKeyPem.trim()}`)).toBe(true);
    expect(isSamePublicKey(pair.publicKeyPem, other.publicKeyPem)).toBe(false);
  });

  it('name a log', () => {
    const known = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE2G2Y+2tabdTV5BcGiBIx0a9fAFwr
kBbmLSGtks4L3qX6yYY0zufBnhC8Ur/iy55GhWP/9A/bY2LhC30M9+RYtw==
-----END PUBLIC KEY-----
`;
    expect(logIdOf(known)).toBe('c0d23d6ad406973f9559f3ba2d1ca01f84147d8ffc5b8445c224f98b9591801d');
  });
});

describe('signatures', () => {
  const signature = signBytes(pair.privateKey, data);
  const publicKey = readPublicKey(pair.publicKeyPem);

  it('verify for their bytes and key only', () => {
    expect(isSignedBy(publicKey, data, signature)).toBe(true);
    expect(isSignedBy(publicKey, Buffer.from('Data'), signature)).toBe(false);
    expect(isSignedBy(readPublicKey(other.publicKeyPem), data, signature)).toBe(false);
  });

  it.each([Buffer.alloc(0), Buffer.from('garbage'), signature.subarray(1), Buffer.concat([signature, signature])])(
    'that are malformed do not verify',
    (bytes) => {
      expect(isSignedBy(publicKey, data, bytes)).toBe(false);
    },
  );
});

describe('base64', () => {
  it.each(['', 'YQ==', 'YWI=', 'YWJj', '+/+/'])('reads %j', (text) => {
    expect(decodeBase64(text)?.toString('base64')).toBe(text);
  });

  it.each(['Y', 'YQ', 'YQ=', 'YQ== ', 'YQ==YQ==', '-_-_', 'YW\nJj'])('refuses %j', (text) => {
    expect(decodeBase64(text)).toBeUndefined();
  });

  it('reads the URL alphabet where it is allowed', () => {
    expect(decodeAnyBase64('-_-_')).toEqual(decodeBase64('+/+/'));
  });
});
