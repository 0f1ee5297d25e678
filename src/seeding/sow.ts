// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { seededRandom } from '../foundation/seed.ts';
import type { Digest } from '../oci/digest.ts';
import { buildImage, type BuiltImage } from '../oci/image.ts';
import { buildLayer, randomLayer, type Layer } from '../oci/layer.ts';
import { createRegistryClient } from '../oci/registry-client.ts';
import { tarOf } from '../oci/tar.ts';
import { createTransport } from '../oci/transport.ts';
import { packCommit } from '../scenario/git-objects.ts';
import { pushCommit } from '../scenario/git-push.ts';
import { applyPolicyObject } from '../scenario/policy-object.ts';
import { Signer } from '../scenario/signing.ts';
import { attestationTag, signatureTag } from '../sigstore/attach.ts';
import { encrypterFor } from '../sigstore/encrypted-key.ts';
import { generateKeyPair, type KeyPair } from '../sigstore/keys.ts';
import { createRekorClient } from '../sigstore/rekor-client.ts';
import type { StageAddresses } from '../stage/service.ts';
import { keyIn, placeholder } from './check-seed.ts';
import type { Seed } from './seed-file.ts';

export interface SowOptions {
  /** Of the services that run. */
  readonly addresses: Partial<StageAddresses>;
  /** Gets `NAME.key` (encrypted with an empty password, mode 0600) and `NAME.pub`; keys that lie there already are used again. */
  readonly keysFolder: string;
}

/** What was made, under the names of the seed. */
export interface Sown {
  readonly keys: readonly SownKey[];
  readonly images: readonly SownImage[];
  readonly repositories: readonly { readonly name: string; readonly url: string; readonly commit: string }[];
  readonly policies: readonly { readonly kind: string; readonly name: string; readonly namespace: string }[];
}

export interface SownKey {
  readonly name: string;
  /** PEM. */
  readonly publicKeyFile: string;
  /** For COSIGN_PASSWORD that is empty. */
  readonly privateKeyFile: string;
}

export interface SownImage {
  readonly name: string;
  /** `host:port/repository@digest` */
  readonly reference: string;
  readonly digest: Digest;
  /** Tags beside the image; absent where nothing was signed or attested. */
  readonly signatureTag?: string;
  readonly attestationTag?: string;
  /** Uuids of what was logged, signatures first. */
  readonly logEntries: readonly string[];
}

type Pairs = ReadonlyMap<string, KeyPair>;

/**
 * Fills a stage. Images and commits of the same seed are the same each time; keys, signatures and log entries are not.
 * @throws StampedeError REGISTRY_REFUSED, REKOR_REFUSED, GIT_FAILED, POLICY_API_REFUSED, CONNECTION_FAILED
 */
export async function sow(seed: Seed, { addresses, keysFolder }: SowOptions): Promise<Sown> {
  const { keys, pairs } = await makeKeys(seed, keysFolder);
  const images = await makeImages(seed, pairs, addresses);
  const repositories = await makeRepositories(seed, addresses);
  const policies = await makePolicies(seed, pairs, addresses);
  return { keys, images, repositories, policies };
}

async function makeKeys({ keys, contents }: Seed, folder: string): Promise<{ readonly keys: readonly SownKey[]; readonly pairs: Pairs }> {
  const pairs = new Map<string, KeyPair>();
  if (keys.length === 0) return { keys: [], pairs };
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const encrypt = encrypterFor('');
  const made: SownKey[] = [];
  for (const { name, privateKey } of keys) {
    const files = { publicKeyFile: join(folder, `${name}.pub`), privateKeyFile: join(folder, `${name}.key`) };
    const given = privateKey === undefined ? undefined : contents.get(privateKey)?.toString('utf8');
    const before = given ?? (existsSync(files.privateKeyFile) ? await readFile(files.privateKeyFile, 'utf8') : undefined);
    const pair = before === undefined ? generateKeyPair() : keyIn(before);
    if (before === undefined || given !== undefined) await writeFile(files.privateKeyFile, encrypt(pair.privateKey), { mode: 0o600 });
    await writeFile(files.publicKeyFile, pair.publicKeyPem);
    pairs.set(name, pair);
    made.push({ name, ...files });
  }
  return { keys: made, pairs };
}

async function makeImages(seed: Seed, pairs: Pairs, { registryUrl = '', rekorUrl = 'http://127.0.0.1' }: Partial<StageAddresses>): Promise<readonly SownImage[]> {
  if (seed.images.length === 0) return [];
  await using transport = createTransport();
  const registry = createRegistryClient({ baseUrl: registryUrl, transport });
  const { host } = new URL(registryUrl);
  const made: SownImage[] = [];
  for (const image of seed.images) {
    const [repository = '', tag = 'latest'] = image.name.split(':');
    const built = await build(image, seed);
    await registry.pushImage(repository, built, tag);
    const signer = new Signer({ registry, rekor: createRekorClient({ url: rekorUrl, transport }) });
    const subject = { repository, reference: `${host}/${repository}`, digest: built.digest };
    await attach(signer, subject, { image, pairs });
    const attached = { ...(image.signatures.length === 0 ? {} : { signatureTag: signatureTag(built.digest) }), ...(image.attestations.length === 0 ? {} : { attestationTag: attestationTag(built.digest) }) };
    made.push({ name: image.name, reference: `${subject.reference}@${built.digest}`, digest: built.digest, ...attached, logEntries: signer.posted().map(({ uuid }) => uuid) });
  }
  return made;
}

type SeedImage = Seed['images'][number];

async function attach(signer: Signer, subject: Parameters<Signer['sign']>[0], { image, pairs }: { readonly image: SeedImage; readonly pairs: Pairs }): Promise<void> {
  const keyOf = (name: string) => ({ name, pair: pairs.get(name) ?? generateKeyPair(), publicKeyFile: '', privateKeyFile: '' });
  for (const { key, log } of image.signatures) await signer.sign(subject, keyOf(key), log);
  for (const { key, type, predicateType, predicate, log } of image.attestations) {
    const change = { ...(predicateType === undefined ? {} : { predicateType }), ...(predicate === undefined ? {} : { predicate }) };
    await signer.attest(subject, keyOf(key), { provenance: type, logging: log, change: (statement) => ({ ...statement, ...change }) });
  }
}

async function build({ name, format, layers, labels, annotations }: SeedImage, seed: Seed): Promise<BuiltImage> {
  const made: Layer[] = [];
  for (const [index, layer] of layers.entries()) {
    if ('files' in layer) made.push(buildLayer(await tarOf(placed(layer.files, seed)), 'gzip'));
    else made.push(await randomLayer(seededRandom(`${name} ${index}`), layer.randomBytes));
  }
  return buildImage({ layers: made, format, ...(labels === undefined ? {} : { labels }), ...(annotations === undefined ? {} : { annotations }) });
}

function placed(files: Seed['repositories'][number]['files'], { contents }: Seed): { readonly path: string; readonly content: Buffer }[] {
  return Object.entries(files).map(([path, content]) => ({ path, content: typeof content === 'string' ? Buffer.from(content) : (contents.get(content.file) ?? Buffer.alloc(0)) }));
}

async function makeRepositories(seed: Seed, { gitUrl = '', gitCertificateFile = '' }: Partial<StageAddresses>): Promise<Sown['repositories']> {
  if (seed.repositories.length === 0) return [];
  await using transport = createTransport({ caPem: await readFile(gitCertificateFile, 'utf8') });
  const made = [];
  for (const { name, files } of seed.repositories) {
    const commit = packCommit(placed(files, seed));
    const url = `${gitUrl}/git/${name}.git`;
    await pushCommit(transport, url, commit);
    made.push({ name, url, commit: commit.id });
  }
  return made;
}

async function makePolicies({ policies }: Seed, pairs: Pairs, { registryUrl, rekorUrl = '', gitUrl, policyApiUrl = '' }: Partial<StageAddresses>): Promise<Sown['policies']> {
  if (policies.length === 0) return [];
  await using transport = createTransport();
  const hostOf = (url: string | undefined): string => (url === undefined ? '' : new URL(url).host);
  const words = new Map([['registry', hostOf(registryUrl)], ['git', hostOf(gitUrl)], ['rekor', rekorUrl], ...[...pairs].map(([name, { publicKeyPem }]) => [`key.${name}`, publicKeyPem] as const)]);
  const filled = (value: unknown): unknown => JSON.parse(JSON.stringify(value), (_, each: unknown) => (typeof each === 'string' ? each.replaceAll(placeholder, (_whole, name: string) => words.get(name) ?? '') : each));
  for (const { kind, name, namespace, spec } of policies) {
    const resource = kind === 'Snapshot' ? 'snapshots' : 'enterprisecontractpolicies';
    await applyPolicyObject(transport, policyApiUrl, { resource, name, spec: filled(spec), namespace });
  }
  return policies.map(({ kind, name, namespace }) => ({ kind, name, namespace }));
}
