// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toolOrSkip } from '../foundation/tools.ts';
import { decryptPrivateKey } from '../sigstore/encrypted-key.ts';
import { KeyRing } from './keys.ts';
import { SecretBook } from './secrets.ts';

const run = promisify(execFile);
const cosign = toolOrSkip('cosign');
let folder: string;
let ring: KeyRing;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keys-test-'));
  ring = new KeyRing(join(folder, 'keys'));
});

afterEach(async () => await rm(folder, { recursive: true }));

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

describe('KeyRing', () => {
  it('makes a key on the first mention of its name, and the same one afterwards', async () => {
    const key = await ring.make('known');
    expect(await ring.make('known')).toBe(key);
    expect(ring.named('known')).toBe(key);
    expect((await ring.make('unknown')).pair.publicKeyPem).not.toBe(key.pair.publicKeyPem);
    expect(ring.all().map(({ name }) => name)).toEqual(['known', 'unknown']);
  });

  it('writes the public key, and the private one encrypted, for nobody else to read', async () => {
    const { pair, publicKeyFile, privateKeyFile } = await ring.make('known');
    expect(await readFile(publicKeyFile, 'utf8')).toBe(pair.publicKeyPem);
    expect(await modeOf(privateKeyFile)).toBe(0o600);
    expect(await modeOf(dirname(privateKeyFile))).toBe(0o700);
    const stored = await readFile(privateKeyFile, 'utf8');
    expect(stored).toContain('ENCRYPTED');
    expect(decryptPrivateKey(stored, '').publicKeyPem).toBe(pair.publicKeyPem);
  });

  it('keeps files of any name in its folder', async () => {
    for (const name of ['../../escaped', 'a/b', 'with spaces', 'ÄÖ✓', '..', '']) {
      const { publicKeyFile, privateKeyFile } = await ring.make(name);
      expect(dirname(publicKeyFile)).toBe(join(folder, 'keys'));
      expect(dirname(privateKeyFile)).toBe(join(folder, 'keys'));
    }
    expect(await readdir(join(folder, 'keys'))).toHaveLength(12);
    expect(await readdir(folder)).toEqual(['keys']);
  });

  it('says which step is missing', () => {
    expect(() => ring.named('known')).toThrow(expect.objectContaining({ code: 'STEP_OUT_OF_ORDER', hint: expect.stringContaining('a key pair named "known"') }));
  });
});

it.skipIf(cosign === undefined)('cosign reads the private key with an empty password', async () => {
  const { pair, privateKeyFile } = await ring.make('known');
  const { stdout } = await run(cosign ?? '', ['public-key', '--key', privateKeyFile], { env: { HOME: folder, COSIGN_PASSWORD: '' } });
  expect(stdout).toBe(pair.publicKeyPem);
  await expect(run(cosign ?? '', ['public-key', '--key', privateKeyFile], { env: { HOME: folder, COSIGN_PASSWORD: 'wrong' } })).rejects.toMatchObject({ code: 1 });
});

describe('what is said of a key', () => {
  it('is its public part, and nothing of the private one in any of its forms', async () => {
    const secrets = new SecretBook({});
    const keys = new KeyRing(join(folder, 'told'), secrets);
    for (let number = 1; number <= 20; number += 1) {
      const { pair, privateKeyFile } = await keys.make(`key-${number}`);
      const { hide } = secrets.hider;
      for (const text of [pair.publicKeyPem, JSON.stringify(pair.publicKeyPem), pair.publicKeyPem.replaceAll('\n', '')]) expect(hide(text)).toBe(text);
      const forms = [await readFile(privateKeyFile, 'utf8'), ...(['pkcs8', 'sec1'] as const).map((type) => pair.privateKey.export({ type, format: 'pem' }).toString())];
      for (const form of forms) expect(hide(JSON.stringify(form))).toMatch(/\$\{key-\d+_PRIVATE_KEY_BYTES\}/);
      const scalar = String(pair.privateKey.export({ format: 'jwk' }).d).replaceAll('-', '+').replaceAll('_', '/');
      // Its middle, wherever a line of a form begins.
      for (const form of forms) for (const shift of [0, 1, 2, 3]) expect(hide(form)).not.toContain(scalar.slice(8 + shift, 24 + shift));
    }
  });
});
