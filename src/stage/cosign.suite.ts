// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ResourceStack } from '../foundation/resources.ts';
import { seededRandom } from '../foundation/seed.ts';
import { toolOrSkip } from '../foundation/tools.ts';
import type { Digest } from '../oci/digest.ts';
import { buildImage } from '../oci/image.ts';
import { randomLayer } from '../oci/layer.ts';
import { MediaType } from '../oci/manifest.ts';
import { createRegistryClient, type RegistryClient } from '../oci/registry-client.ts';
import { createTransport } from '../oci/transport.ts';
import { attestationImage, signatureImage, type AttachedImage } from '../sigstore/attach.ts';
import { inTotoPayloadType, signEnvelope } from '../sigstore/dsse.ts';
import { encryptPrivateKey } from '../sigstore/encrypted-key.ts';
import { generateKeyPair } from '../sigstore/keys.ts';
import { proposeDsse, proposeHashedrekord, proposeIntoto, proposeOlderIntoto } from '../sigstore/proposed-entry.ts';
import { createRekorClient, type RekorClient } from '../sigstore/rekor-client.ts';
import { signImage } from '../sigstore/simple-signing.ts';
import { slsaV02Statement, slsaV1Statement, statementBytes } from '../sigstore/statement.ts';
import { verifyAttestations, verifyImageSignatures, type VerifyOptions } from '../sigstore/verify-image.ts';
import type { StageAddresses } from './service.ts';

const run = promisify(execFile);
const cosign = toolOrSkip('cosign');
const pair = generateKeyPair();
const stranger = generateKeyPair();
const random = seededRandom('cosign');
/** cosign's exit status where signatures are there and none verifies. */
const noMatchingSignature = { code: 12 };

/** The stage's log and registry, this project's own signing and verifying, and cosign, agree. */
export function cosignSuite(addresses: () => StageAddresses): void {
  describe.skipIf(cosign === undefined)('log and registry, and cosign', { timeout: 60_000 }, () => suite(addresses));
}

function suite(addresses: () => StageAddresses): void {
  const resources = new ResourceStack();
  let directory: string;
  let host: string;
  let rekor: { readonly url: string; readonly publicKeyFile: string; readonly publicKeyPem: string };
  let registry: RegistryClient;
  let log: RekorClient;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'cosign-test-'));
    resources.defer('folder', async () => await rm(directory, { recursive: true }));
    const transport = resources.own('transport', createTransport());
    const { registryUrl, rekorUrl, rekorPublicKeyFile } = addresses();
    rekor = { url: rekorUrl, publicKeyFile: rekorPublicKeyFile, publicKeyPem: await readFile(rekorPublicKeyFile, 'utf8') };
    host = new URL(registryUrl).host;
    registry = createRegistryClient({ baseUrl: registryUrl, transport });
    log = createRekorClient({ url: rekor.url, transport });
    await writeFile(join(directory, 'key.pub'), pair.publicKeyPem);
    await writeFile(join(directory, 'stranger.pub'), stranger.publicKeyPem);
    await writeFile(join(directory, 'other-log.pub'), generateKeyPair().publicKeyPem);
    await writeFile(join(directory, 'key.key'), encryptPrivateKey(pair.privateKey, 'secret'));
  });

  afterAll(async () => await resources[Symbol.asyncDispose]());

  /** An image of its own. */
  async function image(repository: string): Promise<Digest> {
    const layer = await randomLayer(random.fork(repository), 100);
    const built = buildImage({ layers: [layer], format: 'oci' });
    await registry.pushImage(repository, built, 'latest');
    return built.digest;
  }

  async function push(repository: string, { blobs, tag, manifestBytes }: AttachedImage): Promise<void> {
    for (const { bytes } of blobs) await registry.pushBlob(repository, bytes);
    await registry.putManifest(repository, tag, manifestBytes, MediaType.ociManifest);
  }

  async function cosignWith(logKey: string, ...args: readonly string[]): Promise<string> {
    const env = { HOME: directory, COSIGN_PASSWORD: 'secret', SIGSTORE_REKOR_PUBLIC_KEY: logKey };
    const { stdout } = await run(cosign ?? '', [...args, '--allow-http-registry', '--allow-insecure-registry', '--rekor-url', rekor.url], { cwd: directory, env });
    return stdout;
  }

  async function verify(repository: string, digest: Digest, key = 'key.pub', logKey = rekor.publicKeyFile): Promise<unknown> {
    return JSON.parse(await cosignWith(logKey, 'verify', '--key', key, '--insecure-ignore-tlog=false', '-o', 'json', `${host}/${repository}@${digest}`));
  }

  async function verifyAttestation(repository: string, digest: Digest, type: string): Promise<string> {
    const args = ['--key', 'key.pub', '--insecure-ignore-tlog=false', '--type', type];
    return await cosignWith(rekor.publicKeyFile, 'verify-attestation', ...args, `${host}/${repository}@${digest}`);
  }

  function options(repository: string, digest: Digest, online: boolean): VerifyOptions {
    const trusted = { publicKeyPem: rekor.publicKeyPem, ...(online ? { client: log } : {}) };
    return { registry, repository, digest, publicKeyPem: pair.publicKeyPem, log: trusted };
  }

  it.each([
    ['bundled', true],
    ['online', false],
  ])('agree on signatures made here (%s)', async (repository, isBundled) => {
    const digest = await image(repository);
    const signature = signImage(`${host}/${repository}`, digest, pair.privateKey);
    const entry = await log.post(proposeHashedrekord(signature, pair.publicKeyPem));
    const first = signatureImage(digest, [{ signature: signImage(`${host}/${repository}`, digest, stranger.privateKey) }]);
    await push(repository, first);
    await push(repository, signatureImage(digest, [{ signature, ...(isBundled ? { entry } : {}) }], first));
    expect(await verify(repository, digest)).toMatchObject([{ critical: { image: { 'docker-manifest-digest': digest } } }]);
    expect(await verifyImageSignatures(options(repository, digest, !isBundled))).toMatchObject([{ signature: signature.signature }]);
    await expect(verify(repository, digest, 'stranger.pub')).rejects.toMatchObject(noMatchingSignature);
    if (isBundled) await expect(verify(repository, digest, 'key.pub', 'other-log.pub')).rejects.toMatchObject(noMatchingSignature);
  });

  it('agree that a signature which was not logged does not verify', async () => {
    const digest = await image('unlogged');
    const signature = signImage(`${host}/unlogged`, digest, pair.privateKey);
    await push('unlogged', signatureImage(digest, [{ signature }]));
    await expect(verify('unlogged', digest)).rejects.toMatchObject(noMatchingSignature);
    await expect(verifyImageSignatures(options('unlogged', digest, true))).rejects.toMatchObject({ code: 'LOG_ENTRY_INVALID' });
    expect(await verifyImageSignatures({ ...options('unlogged', digest, true), log: undefined })).toHaveLength(1);
  });

  it.each([
    ['bundled/dsse', true, proposeDsse],
    ['bundled/intoto', true, proposeIntoto],
    ['bundled/intoto-older', true, proposeOlderIntoto],
    ['online/dsse', false, proposeDsse],
    ['online/intoto-older', false, proposeOlderIntoto],
  ])('agree on attestations made here (%s)', async (repository, isBundled, propose) => {
    const digest = await image(repository);
    const subject = { name: `${host}/${repository}`, digest };
    const attestations = [];
    for (const make of [slsaV02Statement, slsaV1Statement]) {
      const envelope = signEnvelope(inTotoPayloadType, statementBytes(make(subject)), pair.privateKey);
      const entry = await log.post(propose(envelope, pair.publicKeyPem));
      attestations.push({ envelope, ...(isBundled ? { entry } : {}) });
    }
    await push(repository, attestationImage(digest, attestations));
    for (const type of ['slsaprovenance02', 'slsaprovenance1']) {
      expect(await verifyAttestation(repository, digest, type)).toContain(inTotoPayloadType);
    }
    expect(await verifyAttestations(options(repository, digest, !isBundled))).toMatchObject([
      { statement: slsaV02Statement(subject) },
      { statement: slsaV1Statement(subject) },
    ]);
  });

  it('agree on what cosign signs and attests', async () => {
    const digest = await image('theirs');
    const reference = `${host}/theirs@${digest}`;
    const logging = ['--key', 'key.key', '--use-signing-config=false', '--new-bundle-format=false', '--tlog-upload=true', '--yes'];
    const { predicate } = slsaV1Statement({ name: 'theirs', digest });
    await writeFile(join(directory, 'predicate.json'), JSON.stringify(predicate));
    await cosignWith(rekor.publicKeyFile, 'sign', ...logging, reference);
    await cosignWith(rekor.publicKeyFile, 'attest', ...logging, '--type', 'slsaprovenance1', '--predicate', 'predicate.json', reference);
    for (const online of [false, true]) {
      expect(await verifyImageSignatures(options('theirs', digest, online))).toHaveLength(1);
      expect(await verifyAttestations(options('theirs', digest, online))).toMatchObject([{ statement: { predicate: { runDetails: {} } } }]);
    }
    expect(await readFile(rekor.publicKeyFile, 'utf8')).toBe(await log.publicKey());
  });
}
