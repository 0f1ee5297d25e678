// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StampedeError } from '../foundation/errors.ts';
import { encryptPrivateKey } from '../sigstore/encrypted-key.ts';
import { generateKeyPair } from '../sigstore/keys.ts';
import { serviceNames } from '../stage/stage.ts';
import { readSeed } from './check-seed.ts';
import { publishedSeedSchema } from './seed-file.ts';

let folder: string;
const example = new URL('../../examples/seed.json', import.meta.url).pathname;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'seed-test-'));
  const { privateKey, privateKeyPem } = generateKeyPair();
  writeFileSync(join(folder, 'plain.pem'), privateKeyPem);
  writeFileSync(join(folder, 'cosign.key'), encryptPrivateKey(privateKey, ''));
  writeFileSync(join(folder, 'locked.key'), encryptPrivateKey(privateKey, 'secret'));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function problemsOf(seed: unknown, services: Parameters<typeof readSeed>[1] = serviceNames): Promise<readonly string[]> {
  const file = join(folder, 'seed.json');
  writeFileSync(file, typeof seed === 'string' ? seed : JSON.stringify(seed));
  const error: unknown = await readSeed(file, services).then(() => undefined, (problem: unknown) => problem);
  if (error === undefined) return [];
  expect(error).toMatchObject({ code: 'SEED_INVALID' });
  return (error as StampedeError).message.split('\n').slice(1).map((line) => line.trim());
}

const keys = [{ name: 'k' }];

describe('what is wrong with a seed is said by the name of the field', () => {
  it.each<[string, unknown, string | RegExp]>([
    ['a field that there is not', { image: [] }, /^the whole: .*"image"/],
    ['a name of an image', { images: [{ name: 'Registry/x' }] }, /^images\[0\]\.name: an image is named as/],
    ['a layer of two kinds', { images: [{ name: 'a', layers: [{ randomBytes: -1 }] }] }, /^images\[0\]\.layers\[0\]\.randomBytes: /],
    ['a file outside', { images: [{ name: 'a', layers: [{ files: { '../x': '' } }] }] }, /^images\[0\]\.layers\[0\]\.files/],
    ['a key that nobody named', { keys, images: [{ name: 'a', signatures: [{ key: 'x' }] }] }, 'images[0].signatures[0].key: no key is named x; there are k'],
    ['the key of an attestation', { images: [{ name: 'a', attestations: [{ key: 'x' }] }] }, 'images[0].attestations[0].key: no key is named x; there are none'],
    ['a way of logging', { keys, images: [{ name: 'a', signatures: [{ key: 'k', log: 'twice' }] }] }, /^images\[0\]\.signatures\[0\]\.log: /],
    ['two of a name', { images: [{ name: 'a' }, { name: 'a:latest' }] }, 'images[1].name: there is another image named a:latest'],
    ['a file that is not there', { repositories: [{ name: 'r', files: { 'a.rego': { file: 'nowhere.rego' } } }] }, 'repositories[0].files.a.rego.file: nowhere.rego can\'t be read (ENOENT)'],
    ['a file that is a folder', { repositories: [{ name: 'r', files: { a: '', 'a/b': '' } }] }, 'repositories[0].files.a: is a folder, too'],
    ['a key behind a password', { keys: [{ name: 'k', privateKey: 'locked.key' }] }, 'keys[0].privateKey: the encrypted private key does not open'],
    ['what is no key', { keys: [{ name: 'k', privateKey: 'seed.json' }] }, /^keys\[0\]\.privateKey: private key: does not parse/],
    ['a word that stands for nothing', { policies: [{ name: 'p', spec: { a: ['${registri}'] } }] }, 'policies[0].spec: ${registri} stands for nothing; there are registry, git, rekor'],
    ['a policy without a spec', { policies: [{ name: 'p' }] }, /^policies\[0\]\.spec: /],
  ])('%s', async (_what, seed, problem) => {
    expect(await problemsOf(seed)).toEqual([typeof problem === 'string' ? problem : expect.stringMatching(problem)]);
  });

  it('all of it at once', async () => {
    expect(await problemsOf({ keys: [{ name: 'k' }, { name: 'k' }], images: [{ name: 'a', signatures: [{ key: 'x' }] }] })).toHaveLength(2);
  });

  it.each([
    ['images', { images: [{ name: 'a' }] }, ['git'], 'images: need registry, which is not to be started'],
    ['what is logged', { keys, images: [{ name: 'a', signatures: [{ key: 'k' }] }] }, ['registry'], 'images[0]: need rekor, which is not to be started'],
    ['repositories', { repositories: [{ name: 'a', files: {} }] }, ['registry'], 'repositories: need git, which is not to be started'],
    ['policies', { policies: [{ name: 'a', spec: {} }] }, ['registry'], 'policies: need policy-api, which is not to be started'],
    ['an address', { policies: [{ name: 'a', spec: { b: '${git}' } }] }, ['policy-api'], 'policies[0].spec: ${git} stands for nothing; there are none'],
  ] as const)('%s without the service', async (_what, seed, services, problem) => {
    expect(await problemsOf(seed, services)).toEqual([problem]);
  });

  it.each([['no JSON', 'images:'], ['no file', undefined]])('%s', async (_what, text) => {
    const file = join(folder, text === undefined ? 'nowhere.json' : 'text.json');
    if (text !== undefined) writeFileSync(file, text);
    await expect(readSeed(file, serviceNames)).rejects.toMatchObject({ code: 'SEED_INVALID', message: expect.stringContaining(file) as string });
  });
});

describe('a seed', () => {
  it('has keys of three kinds', async () => {
    expect(await problemsOf({ keys: [{ name: 'a' }, { name: 'b', privateKey: 'plain.pem' }, { name: 'c', privateKey: 'cosign.key' }] })).toEqual([]);
  });

  it('signed by nobody in the log needs none', async () => {
    expect(await problemsOf({ keys, images: [{ name: 'a', signatures: [{ key: 'k', log: 'unlogged' }] }] }, ['registry'])).toEqual([]);
  });

  it('that is the example is one, by its published schema too, and a wrong one is not', async () => {
    const validate = new Ajv2020({ strict: false }).compile(JSON.parse(publishedSeedSchema()) as object);
    const seed = JSON.parse(readFileSync(example, 'utf8')) as Record<string, unknown>;
    await readSeed(example, serviceNames);
    expect(validate(seed)).toBe(true);
    expect(validate({ ...seed, image: [] })).toBe(false);
    expect(readFileSync(new URL('../../schemas/seed.schema.json', import.meta.url), 'utf8')).toBe(publishedSeedSchema());
  });
});
