// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toolOrSkip } from '../foundation/tools.ts';
import { hexOf } from '../oci/digest.ts';
import { attestationTag, signatureTag } from '../sigstore/attach.ts';
import { pushTektonBundle } from './artifacts.ts';
import { borrowAttachment, copyRelated } from './copies.ts';
import { attest, sign } from './fixtures.ts';
import type { ScenarioRun } from './scenario-run.ts';
import { openTestStage, type TestStage } from './test-scenario.ts';

const run = promisify(execFile);
const cosign = toolOrSkip('cosign');
let stage: TestStage;

beforeAll(async () => {
  stage = await openTestStage();
});

afterAll(async () => await stage[Symbol.asyncDispose]());

async function signed(...names: readonly string[]): Promise<ScenarioRun> {
  const scenario = await stage.open();
  await scenario.keys.make('known');
  for (const name of names) {
    await scenario.images.pushImage(name);
    await sign(scenario, name, { keyName: 'known', logging: 'bundled' });
    await attest(scenario, name, { keyName: 'known', provenance: 'slsa-v0.2', logging: 'bundled' });
  }
  return scenario;
}

const digestOfManifest = async ({ images, registry }: ScenarioRun, name: string, tag: string): Promise<string | undefined> => (await registry.headManifest(images.repositoryOf(name), tag))?.digest;

async function cosignSays({ images, keys, folders }: ScenarioRun, name: string): Promise<string> {
  const reference = `${new URL(stage.addresses.registryUrl).host}/${images.repositoryOf(name)}@${images.named(name).image.digest}`;
  const flags = ['--key', keys.named('known').publicKeyFile, '--rekor-url', stage.addresses.rekorUrl, '--allow-http-registry', '--allow-insecure-registry'];
  const env = { HOME: folders.home, SIGSTORE_REKOR_PUBLIC_KEY: stage.addresses.rekorPublicKeyFile };
  return await run(cosign ?? '', ['verify', ...flags, reference], { env }).then(() => 'verified', ({ stderr }: { stderr: string }) => stderr);
}

describe('borrowAttachment', () => {
  it.each([
    ['signature', signatureTag],
    ['attestation', attestationTag],
  ] as const)('puts the %s of one image beside another, byte for byte', async (attachment, tag) => {
    const scenario = await signed('genuine');
    await borrowAttachment(scenario, 'pretender', { attachment, from: 'genuine' });
    const [genuine, pretender] = ['genuine', 'pretender'].map((name) => scenario.images.named(name).image.digest);
    expect(pretender).not.toBe(genuine);
    expect(await digestOfManifest(scenario, 'pretender', tag(pretender!))).toBe(await digestOfManifest(scenario, 'genuine', tag(genuine!)));
    expect(await scenario.registry.tags(scenario.images.repositoryOf('pretender'))).toEqual(['latest', tag(pretender!)].sort());
  });

  it('keeps an image that is there, with its labels', async () => {
    const scenario = await signed('genuine');
    await scenario.images.pushImage('pretender');
    const { image } = await scenario.images.addLabels('pretender', { a: 'b' });
    await borrowAttachment(scenario, 'pretender', { attachment: 'signature', from: 'genuine' });
    await borrowAttachment(scenario, 'pretender', { attachment: 'attestation', from: 'genuine' });
    expect(await digestOfManifest(scenario, 'pretender', 'latest')).toBe(image.digest);
    expect(await scenario.registry.tags(scenario.images.repositoryOf('pretender'))).toHaveLength(3);
  });

  it('is told when there is nothing to borrow', async () => {
    const scenario = await stage.open();
    await scenario.images.pushImage('unsigned');
    const borrowed = async (from: string): Promise<void> => await borrowAttachment(scenario, 'pretender', { attachment: 'signature', from });
    await expect(borrowed('unsigned')).rejects.toMatchObject({ code: 'STEP_OUT_OF_ORDER', message: 'the image unsigned has no signature yet' });
    await expect(borrowed('nobody')).rejects.toMatchObject({ code: 'STEP_OUT_OF_ORDER' });
    expect(scenario.images.find('pretender')).toBeUndefined();
  });
});

describe('copyRelated', () => {
  it('copies all tags of a repository, and steps know the copies', async () => {
    const scenario = await signed('acceptance/image:v1', 'acceptance/image:v2');
    await copyRelated(scenario, 'acceptance/image', 'elsewhere/image');
    const tags = await scenario.registry.tags(scenario.images.repositoryOf('acceptance/image'));
    expect(tags).toHaveLength(6);
    expect(await scenario.registry.tags(scenario.images.repositoryOf('elsewhere/image'))).toEqual(tags);
    for (const tag of tags) expect(await digestOfManifest(scenario, 'elsewhere/image', tag)).toBe(await digestOfManifest(scenario, 'acceptance/image', tag));
    expect(scenario.images.named('elsewhere/image:v2').image.digest).toBe(scenario.images.named('acceptance/image:v2').image.digest);
    expect(scenario.images.knownLayers().every(({ images }) => images.length === 2)).toBe(true);
    await attest(scenario, 'elsewhere/image:v1', { keyName: 'known', provenance: 'slsa-v1', logging: 'bundled' });
  });

  it('copies one tag with what is attached to it, under another tag where one is named', async () => {
    const scenario = await signed('image:v1', 'image:v2');
    const hex = hexOf(scenario.images.named('image:v1').image.digest);
    await copyRelated(scenario, 'image:v1', 'one');
    await copyRelated(scenario, 'image:v1', 'renamed:best');
    expect(await scenario.registry.tags(scenario.images.repositoryOf('one'))).toEqual([`sha256-${hex}.att`, `sha256-${hex}.sig`, 'v1']);
    expect(await scenario.registry.tags(scenario.images.repositoryOf('renamed'))).toEqual(['best', `sha256-${hex}.att`, `sha256-${hex}.sig`]);
    expect(scenario.images.find('renamed:best')).toBeDefined();
  });

  it('copies what no step knows as an image', async () => {
    const scenario = await stage.open();
    await pushTektonBundle(scenario, 'bundle:tag', [{ kind: 'Task', name: 'task1' }]);
    await copyRelated(scenario, 'bundle', 'copy');
    expect(await digestOfManifest(scenario, 'copy', 'tag')).toBe(await digestOfManifest(scenario, 'bundle', 'tag'));
  });

  it.each(['nobody', 'nobody:v1', 'image:v2'])('is told when there is nothing to copy (%s)', async (from) => {
    const scenario = await stage.open();
    await scenario.images.pushImage('image');
    await expect(copyRelated(scenario, from, 'copy')).rejects.toMatchObject({ code: 'STEP_OUT_OF_ORDER', message: `there are no images relating to ${from} yet` });
  });
});

it.skipIf(cosign === undefined)('cosign believes a copy, and no borrowed signature', async () => {
  const scenario = await signed('genuine');
  await copyRelated(scenario, 'genuine', 'copy');
  await borrowAttachment(scenario, 'pretender', { attachment: 'signature', from: 'genuine' });
  expect(await cosignSays(scenario, 'copy')).toBe('verified');
  expect(await cosignSays(scenario, 'pretender')).toMatch(/invalid or missing digest in claim|no matching signatures/);
});
