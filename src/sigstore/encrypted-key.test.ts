// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { generateKeyPairSync, scryptSync } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js';
import { describe, expect, it } from 'vitest';
import { toolOrSkip } from '../foundation/tools.ts';
import { decryptPrivateKey, encryptPrivateKey } from './encrypted-key.ts';
import { generateKeyPair } from './keys.ts';

const run = promisify(execFile);
const cosign = toolOrSkip('cosign');
const pair = generateKeyPair();
const encrypted = encryptPrivateKey(pair.privateKey, 'secret');

/** The JSON inside the PEM block, changed, and wrapped again. */
function altered(change: (box: { kdf: { params: { N: number } }; cipher: { nonce: string }; ciphertext: string }) => void): string {
  const [, body = ''] = /-----\n([^-]+)-----/.exec(encrypted) ?? [];
  const box = JSON.parse(Buffer.from(body, 'base64').toString());
  change(box);
  return encrypted.replace(body, `${Buffer.from(JSON.stringify(box)).toString('base64')}\n`);
}

/** Whole and openable but for its cost. */
function cheap(): string {
  const cost = 1024;
  const [salt, nonce] = [Buffer.alloc(32, 1), Buffer.alloc(24, 2)];
  const der = pair.privateKey.export({ type: 'pkcs8', format: 'der' });
  return altered((box) => {
    Object.assign(box.kdf, { params: { N: cost, r: 8, p: 1 }, salt: salt.toString('base64') });
    box.cipher.nonce = nonce.toString('base64');
    box.ciphertext = Buffer.from(xsalsa20poly1305(scryptSync('secret', salt, 32, { N: cost, r: 8, p: 1 }), nonce).encrypt(der)).toString('base64');
  });
}

describe('encryptPrivateKey', () => {
  it('is undone by decryptPrivateKey', () => {
    expect(decryptPrivateKey(encrypted, 'secret').privateKeyPem).toBe(pair.privateKeyPem);
    expect(decryptPrivateKey(altered(() => undefined), 'secret').publicKeyPem).toBe(pair.publicKeyPem);
  });

  it('never gives the same text twice', () => {
    expect(encryptPrivateKey(pair.privateKey, 'secret')).not.toBe(encrypted);
  });

  it('takes keys of the wrong kind as malformed when they are read', () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const other = encryptPrivateKey(privateKey, '');
    expect(() => decryptPrivateKey(other, '')).toThrow(expect.objectContaining({ code: 'KEY_MALFORMED' }));
  });
});

describe('decryptPrivateKey', () => {
  it.each([
    ['another password', encrypted, 'Secret'],
    ['a changed ciphertext', altered((box) => (box.ciphertext = `AAAA${box.ciphertext.slice(4)}`)), 'secret'],
    ['a short nonce', altered((box) => (box.cipher.nonce = 'AAAA')), 'secret'],
    ['a cost that would take all memory', altered((box) => (box.kdf.params.N = 2 ** 30)), 'secret'],
    ['a cost that no client uses', cheap(), 'secret'],
    ['an unencrypted key', pair.privateKeyPem, 'secret'],
    ['an empty text', '', ''],
  ])('refuses %s', (_what, text, password) => {
    expect(() => decryptPrivateKey(text, password)).toThrow(expect.objectContaining({ code: 'KEY_MALFORMED' }));
  });
});

describe.skipIf(cosign === undefined)('with cosign', () => {
  it('reads what the other wrote', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'keys-test-'));
    const env = { ...process.env, HOME: folder, COSIGN_PASSWORD: 'secret' };
    try {
      await writeFile(join(folder, 'ours.key'), encrypted);
      const { stdout } = await run(cosign ?? '', ['public-key', '--key', 'ours.key'], { cwd: folder, env });
      expect(stdout).toBe(pair.publicKeyPem);
      await run(cosign ?? '', ['generate-key-pair', '--output-key-prefix', 'theirs'], { cwd: folder, env });
      const theirs = decryptPrivateKey(await readFile(join(folder, 'theirs.key'), 'utf8'), 'secret');
      expect(theirs.publicKeyPem).toBe(await readFile(join(folder, 'theirs.pub'), 'utf8'));
    } finally {
      await rm(folder, { recursive: true });
    }
  }, 20_000);
});
