// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { searchPath } from '../config.ts';
import type { Digest } from '../oci/digest.ts';
import { buildImage } from '../oci/image.ts';
import { buildLayer } from '../oci/layer.ts';
import { createRegistryClient, type RegistryClient } from '../oci/registry-client.ts';
import { createTransport } from '../oci/transport.ts';
import { Annotation, attestationTag, signatureTag } from '../sigstore/attach.ts';
import { inTotoPayloadType, signEnvelope } from '../sigstore/dsse.ts';
import { encryptPrivateKey } from '../sigstore/encrypted-key.ts';
import { generateKeyPair, signBytes } from '../sigstore/keys.ts';
import { slsaV02Statement, slsaV1Statement, statementBytes } from '../sigstore/statement.ts';
import type { Tally } from './tally.ts';

const run = promisify(execFile);
const password = 'secret';

/** Where clients find what they are to use. */
export interface ClientPlaces {
  readonly rekorUrl: string;
  /** PEM file. */
  readonly rekorPublicKeyFile: string;
  readonly registryUrl: string;
  /** An empty folder. */
  readonly folder: string;
  /** Paths of the programs; undefined: what needs it is skipped. */
  readonly rekorCli: string | undefined;
  readonly cosign: string | undefined;
}

interface Check {
  readonly name: string;
  readonly program: 'rekorCli' | 'cosign';
  /** Throws when it is not so. */
  readonly holds: () => Promise<void>;
}

/** Runs the real clients against a log, each check after the other; what an earlier one made, later ones read. */
export async function judgeByClients(places: ClientPlaces): Promise<Tally> {
  await using transport = createTransport();
  const registry = createRegistryClient({ baseUrl: places.registryUrl, transport });
  const checks = [...(await rekorCliChecks(places)), ...(await cosignChecks(places, registry))];
  const failures: string[] = [];
  let skipped = 0;
  for (const { name, program, holds } of checks) {
    if (places[program] === undefined) skipped += 1;
    else await holds().catch((error: unknown) => failures.push(`${name}: ${error instanceof Error ? error.message.slice(0, 1000) : String(error)}`));
  }
  return { passed: checks.length - failures.length - skipped, failed: failures.length, skipped, failures };
}

function truly(condition: boolean, otherwise: string): void {
  if (!condition) throw new Error(otherwise);
}

async function rekorCliChecks({ folder, rekorCli, rekorUrl }: ClientPlaces): Promise<readonly Check[]> {
  const pair = generateKeyPair();
  const [artifact, statement] = [Buffer.from(`artifact ${pair.publicKeyPem}`), slsaV02Statement({ name: 'image', digest: `sha256:${'1'.repeat(64)}` as Digest })];
  await writeFile(join(folder, 'rekor.pub'), pair.publicKeyPem);
  await writeFile(join(folder, 'artifact'), artifact);
  await writeFile(join(folder, 'artifact.sig'), signBytes(pair.privateKey, artifact));
  await writeFile(join(folder, 'other.sig'), signBytes(generateKeyPair().privateKey, artifact));
  await writeFile(join(folder, 'envelope.json'), signEnvelope(inTotoPayloadType, statementBytes(statement), pair.privateKey));
  const cli = async (...words: readonly string[]): Promise<Record<string, unknown>> => {
    const { stdout } = await run(rekorCli ?? '', [...words, '--rekor_server', rekorUrl, '--format', 'json', '--retry', '0'], { cwd: folder, env: { HOME: folder, PATH: searchPath() } });
    return JSON.parse(stdout) as Record<string, unknown>;
  };
  const key = ['--public-key', 'rekor.pub'];
  const kinds = [
    ['hashedrekord:0.0.1', ['--artifact', 'artifact', '--signature', 'artifact.sig', ...key]],
    ['dsse:0.0.1', ['--artifact', 'envelope.json', ...key]],
    ['intoto:0.0.2', ['--artifact', 'envelope.json', ...key]],
    ['intoto:0.0.1', ['--artifact', 'envelope.json', ...key]],
  ] as const;
  const each = kinds.flatMap(([type, files]) => kindChecks(cli, type, files));
  const check = (name: string, holds: () => Promise<void>): Check => ({ name: `rekor-cli ${name}`, program: 'rekorCli', holds });
  return [
    ...each,
    check('loginfo', async () => truly(Number((await cli('loginfo'))['ActiveTreeSize']) >= kinds.length, 'the log has fewer entries than were added')),
    check('search --artifact', async () => truly(((await cli('search', '--artifact', 'artifact'))['UUIDs'] as unknown[]).length === 1, 'not the one entry')),
    check('search --public-key', async () => truly(((await cli('search', ...key, '--pki-format', 'x509'))['UUIDs'] as unknown[]).length === 1, 'not the one hashedrekord')),
    check('upload with a wrong signature', async () => await refused(cli('upload', '--type', 'hashedrekord:0.0.1', '--artifact', 'artifact', '--signature', 'other.sig', ...key))),
    check('get of an entry that is not there', async () => await refused(cli('get', '--log-index', '100000000'))),
  ];
}

type Cli = (...words: readonly string[]) => Promise<Record<string, unknown>>;

function kindChecks(cli: Cli, type: string, files: readonly string[]): readonly Check[] {
  let uploaded: Record<string, unknown> = {};
  const check = (name: string, holds: () => Promise<void>): Check => ({ name: `rekor-cli ${name} ${type}`, program: 'rekorCli', holds });
  return [
    check('upload', async () => truly((uploaded = await cli('upload', '--type', type, ...files))['AlreadyExists'] === false, 'was there before')),
    check('upload again', async () => {
      const again = await cli('upload', '--type', type, ...files);
      truly(again['AlreadyExists'] === true && again['Location'] === uploaded['Location'], 'is not the same entry');
    }),
    check('verify', async () => truly(String(uploaded['Location']).endsWith(String((await cli('verify', '--type', type, ...files))['EntryUUID'])), 'is another entry')),
    check('get', async () => {
      const uuid = String(uploaded['Location']).split('/').at(-1) ?? '';
      truly((await cli('get', '--uuid', uuid))['LogIndex'] === uploaded['Index'], 'has another index');
      truly((await cli('get', '--log-index', String(uploaded['Index'])))['UUID'] === uuid, 'has another uuid');
    }),
  ];
}

async function refused(running: Promise<unknown>): Promise<void> {
  const isRefused = await running.then(() => false, () => true);
  truly(isRefused, 'was taken');
}

async function cosignChecks({ folder, cosign, rekorUrl, rekorPublicKeyFile, registryUrl }: ClientPlaces, registry: RegistryClient): Promise<readonly Check[]> {
  const pair = generateKeyPair();
  const { digest } = await pushed(registry, pair.publicKeyPem);
  const reference = `${new URL(registryUrl).host}/conformance/signed@${digest}`;
  await writeFile(join(folder, 'key.pub'), pair.publicKeyPem);
  await writeFile(join(folder, 'key.key'), encryptPrivateKey(pair.privateKey, password));
  await writeFile(join(folder, 'other-log.pub'), generateKeyPair().publicKeyPem);
  await writeFile(join(folder, 'predicate.json'), JSON.stringify(slsaV1Statement({ name: 'image', digest }).predicate));
  const asCosign = async (logKey: string, ...words: readonly string[]): Promise<string> => {
    const env = { HOME: folder, PATH: searchPath(), COSIGN_PASSWORD: password, SIGSTORE_REKOR_PUBLIC_KEY: logKey };
    return (await run(cosign ?? '', [...words, '--allow-http-registry', '--allow-insecure-registry', '--rekor-url', rekorUrl, reference], { cwd: folder, env })).stdout;
  };
  const logging = ['--key', 'key.key', '--use-signing-config=false', '--new-bundle-format=false', '--tlog-upload=true', '--yes'];
  const verifying = ['--key', 'key.pub', '--insecure-ignore-tlog=false'];
  const attested = [...verifying, '--type', 'slsaprovenance1'];
  const check = (name: string, holds: () => Promise<unknown>): Check => ({ name: `cosign ${name}`, program: 'cosign', holds: async () => void (await holds()) });
  const strip = async (): Promise<void> => {
    for (const tag of [signatureTag(digest), attestationTag(digest)]) await withoutBundle(registry, tag);
  };
  return [
    check('sign', async () => await asCosign(rekorPublicKeyFile, 'sign', ...logging)),
    check('attest', async () => await asCosign(rekorPublicKeyFile, 'attest', ...logging, '--type', 'slsaprovenance1', '--predicate', 'predicate.json')),
    check('verify, by the bundle', async () => await asCosign(rekorPublicKeyFile, 'verify', ...verifying)),
    check('verify-attestation, by the bundle', async () => await asCosign(rekorPublicKeyFile, 'verify-attestation', ...attested)),
    check('verify with the key of another log', async () => await refused(asCosign(join(folder, 'other-log.pub'), 'verify', ...verifying))),
    check('verify, without the bundle', async () => {
      await strip();
      await asCosign(rekorPublicKeyFile, 'verify', ...verifying);
    }),
    check('verify-attestation, without the bundle', async () => await asCosign(rekorPublicKeyFile, 'verify-attestation', ...attested)),
  ];
}

async function pushed(registry: RegistryClient, content: string): Promise<{ readonly digest: Digest }> {
  const image = buildImage({ layers: [buildLayer(Buffer.from(content), 'uncompressed')], format: 'oci' });
  await registry.pushImage('conformance/signed', image, 'latest');
  return image;
}

/** Takes the log's promise off every layer: the client has to ask the log then. */
async function withoutBundle(registry: RegistryClient, tag: string): Promise<void> {
  const found = await registry.getManifest('conformance/signed', tag);
  const manifest = JSON.parse(found?.bytes.toString() ?? '{}') as { layers: { annotations?: Record<string, string> }[] };
  for (const { annotations = {} } of manifest.layers) delete annotations[Annotation.bundle];
  await registry.putManifest('conformance/signed', tag, Buffer.from(JSON.stringify(manifest)), found?.mediaType ?? '');
}
