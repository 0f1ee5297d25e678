// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toolOrSkip } from '../foundation/tools.ts';
import { verifyAttestations, verifyImageSignatures, type VerifyOptions } from '../sigstore/verify-image.ts';
import { attest, logSigned, sign } from './fixtures.ts';
import type { ScenarioRun } from './scenario-run.ts';
import type { Logging, Provenance } from './signing.ts';
import { openTestStage, type TestStage } from './test-scenario.ts';

const run = promisify(execFile);
const cosign = toolOrSkip('cosign');
const rekorCli = toolOrSkip('rekor-cli');
const noMatchingSignature = { code: 12 };
const types: Readonly<Record<Provenance, string>> = { 'slsa-v0.2': 'slsaprovenance02', 'slsa-v1': 'slsaprovenance1' };

let stage: TestStage;

beforeAll(async () => {
  stage = await openTestStage();
});

afterAll(async () => await stage[Symbol.asyncDispose]());

interface Signed {
  readonly logging: Logging;
  readonly provenances?: readonly Provenance[];
}

/** A scenario with one image, signed and attested by the key "known", and a key "stranger". */
async function signed({ logging, provenances = ['slsa-v0.2'] }: Signed): Promise<ScenarioRun> {
  const scenario = await stage.open();
  await scenario.images.pushImage('acceptance/image');
  for (const name of ['known', 'stranger']) await scenario.keys.make(name);
  await sign(scenario, 'acceptance/image', { keyName: 'known', logging });
  for (const provenance of provenances) await attest(scenario, 'acceptance/image', { keyName: 'known', provenance, logging });
  return scenario;
}

function optionsOf({ images, keys, registry }: ScenarioRun, keyName: string): Omit<VerifyOptions, 'log'> {
  const { image } = images.named('acceptance/image');
  return { registry, repository: images.repositoryOf('acceptance/image'), digest: image.digest, publicKeyPem: keys.named(keyName).pair.publicKeyPem };
}

describe.skipIf(cosign === undefined)('cosign', () => {
  async function cosignIn(scenario: ScenarioRun, command: string, keyName: string, ...args: readonly string[]): Promise<string> {
    const { images, keys, folders } = scenario;
    const host = new URL(stage.addresses.registryUrl).host;
    const reference = `${host}/${images.repositoryOf('acceptance/image')}@${images.named('acceptance/image').image.digest}`;
    const log = ['--rekor-url', stage.addresses.rekorUrl, '--insecure-ignore-tlog=false', '--allow-http-registry', '--allow-insecure-registry'];
    const env = { HOME: folders.home, SIGSTORE_REKOR_PUBLIC_KEY: stage.addresses.rekorPublicKeyFile };
    const { stdout } = await run(cosign ?? '', [command, '--key', keys.named(keyName).publicKeyFile, ...log, ...args, reference], { env });
    return stdout;
  }

  it.each(['bundled', 'online'] as const)('verifies signature and attestations, and not by another key (%s)', async (logging) => {
    const scenario = await signed({ logging, provenances: ['slsa-v0.2', 'slsa-v1'] });
    const { digest } = scenario.images.named('acceptance/image').image;
    const [simple] = JSON.parse(await cosignIn(scenario, 'verify', 'known', '-o', 'json')) as { critical: object }[];
    expect(simple?.critical).toEqual({
      identity: { 'docker-reference': scenario.images.referenceOf('acceptance/image') },
      image: { 'docker-manifest-digest': digest },
      type: 'cosign container image signature',
    });
    for (const type of Object.values(types)) {
      const envelope = JSON.parse((await cosignIn(scenario, 'verify-attestation', 'known', '--type', type)).trim()) as { payload: string };
      const statement = JSON.parse(Buffer.from(envelope.payload, 'base64').toString('utf8')) as { subject: { digest: { sha256: string } }[] };
      expect(`sha256:${statement.subject[0]?.digest.sha256}`).toBe(digest);
    }
    await expect(cosignIn(scenario, 'verify', 'stranger')).rejects.toMatchObject(noMatchingSignature);
    await expect(cosignIn(scenario, 'verify-attestation', 'stranger', '--type', types['slsa-v1'])).rejects.toMatchObject({ code: expect.any(Number) });
  });

  it('verifies nothing that was never logged', async () => {
    const scenario = await signed({ logging: 'unlogged' });
    await expect(cosignIn(scenario, 'verify', 'known')).rejects.toMatchObject(noMatchingSignature);
    await expect(cosignIn(scenario, 'verify-attestation', 'known', '--type', types['slsa-v0.2'])).rejects.toMatchObject({ code: expect.any(Number) });
  });

  it('verifies what the log was told of later, part by part', async () => {
    const scenario = await signed({ logging: 'unlogged' });
    await logSigned(scenario, 'acceptance/image', 'image signature');
    expect(JSON.parse(await cosignIn(scenario, 'verify', 'known', '-o', 'json'))).toHaveLength(1);
    await expect(cosignIn(scenario, 'verify-attestation', 'known', '--type', types['slsa-v0.2'])).rejects.toMatchObject({ code: expect.any(Number) });
    await logSigned(scenario, 'acceptance/image', 'attestation');
    expect(await cosignIn(scenario, 'verify-attestation', 'known', '--type', types['slsa-v0.2'])).toContain('payload');
  });

  it('verifies each of two signatures by its own key', async () => {
    const scenario = await signed({ logging: 'bundled' });
    await sign(scenario, 'acceptance/image', { keyName: 'stranger', logging: 'bundled' });
    for (const key of ['known', 'stranger']) expect(JSON.parse(await cosignIn(scenario, 'verify', key, '-o', 'json'))).toHaveLength(1);
  });
});

describe.skipIf(rekorCli === undefined)('rekor-cli', () => {
  async function ask({ folders }: ScenarioRun, ...args: readonly string[]): Promise<unknown> {
    const { stdout } = await run(rekorCli ?? '', [...args, '--rekor_server', stage.addresses.rekorUrl, '--format', 'json', '--retry', '0'], { env: { HOME: folders.home } });
    return JSON.parse(stdout) as unknown;
  }

  /** Signatures are found by their key, attestations by what they are about. */
  async function search(scenario: ScenarioRun, ...args: readonly string[]): Promise<readonly string[]> {
    const found = await ask(scenario, 'search', ...args).catch((error: { readonly stderr?: string }) => {
      if (error.stderr?.includes('no matching entries') === true) return {};
      throw error;
    });
    return (found as { readonly UUIDs?: readonly string[] }).UUIDs ?? [];
  }

  it.each([
    ['bundled', 1, 2],
    ['online', 1, 2],
    ['unlogged', 0, 0],
  ] as const)('finds what was made %s: %i signature, %i attestations', async (logging, signatures, attestations) => {
    const scenario = await signed({ logging, provenances: ['slsa-v0.2', 'slsa-v1'] });
    const byKey = async (name: string): Promise<readonly string[]> =>
      await search(scenario, '--public-key', scenario.keys.named(name).publicKeyFile, '--pki-format', 'x509');
    const aboutImage = await search(scenario, '--sha', scenario.images.named('acceptance/image').image.digest);
    expect([(await byKey('known')).length, new Set(aboutImage).size]).toEqual([signatures, attestations]);
    expect(await byKey('stranger')).toEqual([]);
    for (const uuid of await byKey('known')) expect(await ask(scenario, 'get', '--uuid', uuid)).toMatchObject({ Body: { HashedRekordObj: {} } });
    for (const uuid of aboutImage) expect(await ask(scenario, 'get', '--uuid', uuid)).toMatchObject({ Body: { DSSEObj: {} } });
  });
});

describe('what is to be in the log', () => {
  it('is there once, however often that is said', async () => {
    const scenario = await signed({ logging: 'bundled' });
    const before = scenario.signer.posted();
    expect(before).toHaveLength(2);
    for (const one of ['image signature', 'attestation', 'attestation'] as const) await logSigned(scenario, 'acceptance/image', one);
    expect(scenario.signer.posted()).toEqual(before);
  });

  it('has to be there to be logged', async () => {
    const scenario = await stage.open();
    await scenario.images.pushImage('acceptance/image');
    await scenario.keys.make('known');
    await sign(scenario, 'acceptance/image', { keyName: 'known', logging: 'bundled' });
    await expect(logSigned(scenario, 'acceptance/image', 'attestation')).rejects.toMatchObject({ code: 'STEP_OUT_OF_ORDER', message: expect.stringContaining('there is no attestation of acceptance/image') });
    await expect(logSigned(scenario, 'acceptance/other', 'attestation')).rejects.toMatchObject({ code: expect.any(String), message: expect.stringContaining('acceptance/other') });
  });
});

describe('what is signed and attested', () => {
  it.each(['bundled', 'online', 'unlogged'] as const)('says by itself whether it was logged (%s)', async (logging) => {
    const scenario = await signed({ logging });
    const publicKeyPem = await stage.rekor.publicKey();
    const offline: VerifyOptions = { ...optionsOf(scenario, 'known'), log: { publicKeyPem } };
    const online: VerifyOptions = { ...offline, log: { publicKeyPem, client: stage.rekor } };
    for (const verify of [verifyImageSignatures, verifyAttestations]) {
      expect(await verify({ ...offline, log: undefined })).toHaveLength(1);
      if (logging === 'bundled') expect(await verify(offline)).toHaveLength(1);
      else await expect(verify(offline)).rejects.toMatchObject({ code: 'LOG_ENTRY_INVALID' });
      if (logging !== 'unlogged') expect(await verify(online)).toHaveLength(1);
      else await expect(verify(online)).rejects.toMatchObject({ code: 'LOG_ENTRY_INVALID' });
      await expect(verify({ ...online, ...optionsOf(scenario, 'stranger') })).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' });
    }
  });

  it('is known to snapshots by name', async () => {
    const scenario = await signed({ logging: 'bundled' });
    const known = await scenario.values.forSnapshots();
    const [signature] = await verifyImageSignatures({ ...optionsOf(scenario, 'known'), log: undefined });
    const [attestation] = await verifyAttestations({ ...optionsOf(scenario, 'known'), log: undefined });
    expect(known.get('IMAGE_SIGNATURE_acceptance/image')).toBe(signature?.signature);
    expect(known.get('ATTESTATION_SIGNATURE_acceptance/image')).toBe(attestation?.signatures[0]?.sig);
  });

  it('needs its image and its key', async () => {
    const scenario = await stage.open();
    const logging = 'bundled';
    await expect(sign(scenario, 'image', { keyName: 'known', logging })).rejects.toMatchObject({ code: 'STEP_OUT_OF_ORDER' });
    await scenario.images.pushImage('image');
    await expect(sign(scenario, 'image', { keyName: 'known', logging })).rejects.toMatchObject({ code: 'STEP_OUT_OF_ORDER' });
    await expect(attest(scenario, 'image', { keyName: 'known', provenance: 'slsa-v1', logging })).rejects.toMatchObject({ code: 'STEP_OUT_OF_ORDER' });
  });
});
