// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, request as requestHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { startRegistry } from '../embedded/registry.ts';
import { startRekor, type RekorServer } from '../embedded/rekor.ts';
import { serve, type EmbeddedServer } from '../embedded/server.ts';
import { ResourceStack } from '../foundation/resources.ts';
import type { Digest } from '../oci/digest.ts';
import { buildImage, type BuiltImage, type ImageParts } from '../oci/image.ts';
import { MediaType } from '../oci/manifest.ts';
import { createRegistryClient, type RegistryClient } from '../oci/registry-client.ts';
import { createTransport } from '../oci/transport.ts';
import { buildReference, type ReferenceVariant } from '../reference-build.ts';
import { attestationImage, signatureImage, type AttachedImage } from '../sigstore/attach.ts';
import { inTotoPayloadType, signEnvelope } from '../sigstore/dsse.ts';
import { generateKeyPair, type KeyPair } from '../sigstore/keys.ts';
import { proposeDsse, proposeHashedrekord, type ProposedEntry } from '../sigstore/proposed-entry.ts';
import { createRekorClient, type RekorClient } from '../sigstore/rekor-client.ts';
import { signImage } from '../sigstore/simple-signing.ts';
import { slsaV02Statement, statementBytes, type Statement } from '../sigstore/statement.ts';
import type { Report } from './report/report.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** How one run of the program ended. */
export interface Ended {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What the standard output holds; undefined when that is no JSON. */
  readonly report: Report | undefined;
}

export interface SignOptions {
  readonly keys?: KeyPair;
  /** Where the entry in the log is told of: with the signature, in the log alone, or nowhere. */
  readonly logged?: 'bundled' | 'online' | 'no';
  readonly statement?: (subject: { name: string; digest: Digest }) => Statement;
}

/** A registry, a log, keys, and the bundled program; all real, all on loopback. */
export interface TestStage extends AsyncDisposable {
  readonly folder: string;
  readonly registry: RegistryClient;
  readonly registryServer: EmbeddedServer;
  readonly rekor: RekorServer;
  readonly known: KeyPair;
  /** A file with the public key. */
  readonly knownFile: string;
  readonly program: string;
  readonly environment: NodeJS.ProcessEnv;
  push(repository: string, parts: Partial<ImageParts>): Promise<BuiltImage>;
  sign(repository: string, digest: Digest, options?: SignOptions): Promise<void>;
  attest(repository: string, digest: Digest, options?: SignOptions): Promise<void>;
  /** A folder with the named examples, compiled. */
  policyFolder(...examples: readonly string[]): Promise<string>;
  run(args: readonly string[], environment?: NodeJS.ProcessEnv): Promise<Ended>;
}

/** The registry is its own forward proxy, so that `registry.local/...` reaches it. */
export async function openTestStage(variant: ReferenceVariant = 'release'): Promise<TestStage> {
  const resources = new ResourceStack();
  const folder = await mkdtemp(join(tmpdir(), 'reference-test-'));
  resources.defer('folder', async () => await rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  const rekor = resources.own('rekor', await startRekor({ directory: join(folder, 'rekor') }));
  const registryServer = resources.own('registry', await startRegistry({ directory: join(folder, 'registry') }));
  const transport = resources.own('transport', createTransport());
  const registry = createRegistryClient({ baseUrl: registryServer.url, transport });
  const log = createRekorClient({ url: rekor.url, transport });
  const known = generateKeyPair();
  const knownFile = join(folder, 'known.pub');
  await writeFile(knownFile, known.publicKeyPem);
  const outFile = join(root, 'dist', 'reference', variant === 'release' ? 'validator.cjs' : 'validator-test.cjs');
  const program = await buildReference({ outFile, variant });
  const base = { PATH: process.env['PATH'], HOME: folder, TMPDIR: folder };
  const environment = { ...base, HTTP_PROXY: registryServer.url, SIGSTORE_REKOR_PUBLIC_KEY: rekor.publicKeyFile };

  return {
    folder, registry, registryServer, rekor, known, knownFile, program, environment,
    push: async (repository, parts) => {
      const image = buildImage({ layers: [], format: 'oci', ...parts });
      await registry.pushImage(repository, image, 'latest');
      return image;
    },
    ...signer({ registry, log, known }),
    policyFolder: async (...examples) => await examplesIn(await mkdtemp(join(folder, 'policy-')), examples),
    run: async (args, extra = {}) => await runProgram(program, args, { cwd: folder, env: { ...environment, ...extra } }),
    [Symbol.asyncDispose]: async () => await resources[Symbol.asyncDispose](),
  };
}

interface Signer {
  readonly registry: RegistryClient;
  readonly log: RekorClient;
  readonly known: KeyPair;
}

/** Signs with the known key, and logs with a bundle, unless told otherwise. */
function signer({ registry, log, known }: Signer): Pick<TestStage, 'sign' | 'attest'> {
  const attach = async (repository: string, { blobs, tag, manifestBytes }: AttachedImage): Promise<void> => {
    for (const { bytes } of blobs) await registry.pushBlob(repository, bytes);
    await registry.putManifest(repository, tag, manifestBytes, MediaType.ociManifest);
  };
  const enter = async (proposed: ProposedEntry, logged: SignOptions['logged'] = 'bundled') => {
    const entry = logged === 'no' ? undefined : await log.post(proposed);
    return entry === undefined || logged === 'online' ? {} : { entry };
  };
  return {
    sign: async (repository, digest, { keys = known, logged } = {}) => {
      const signature = signImage(`registry.local/${repository}`, digest, keys.privateKey);
      const entry = await enter(proposeHashedrekord(signature, keys.publicKeyPem), logged);
      await attach(repository, signatureImage(digest, [{ signature, ...entry }]));
    },
    attest: async (repository, digest, { keys = known, logged, statement = slsaV02Statement } = {}) => {
      const payload = statementBytes(statement({ name: `registry.local/${repository}`, digest }));
      const envelope = signEnvelope(inTotoPayloadType, payload, keys.privateKey);
      const entry = await enter(proposeDsse(envelope, keys.publicKeyPem), logged);
      await attach(repository, attestationImage(digest, [{ envelope, ...entry }]));
    },
  };
}

/** A forward proxy to one registry; `answer` sees each answer before it is passed on, and may pass it on itself by returning true. */
export async function openProxy(
  registryUrl: string,
  answer: (path: string, from: IncomingMessage, to: ServerResponse) => boolean,
): Promise<EmbeddedServer> {
  const forward = (request: IncomingMessage, response: ServerResponse): void => {
    const { pathname } = new URL(request.url ?? '');
    const sent = requestHttp(`${registryUrl}${pathname}`, { method: request.method, headers: request.headers }, (from) => {
      response.writeHead(from.statusCode ?? 502, from.headers);
      if (!answer(pathname, from, response)) from.pipe(response);
    });
    sent.on('error', () => response.destroy());
    sent.end();
  };
  return await serve(createServer(), forward, { protocol: 'http' });
}

async function examplesIn(folder: string, examples: readonly string[]): Promise<string> {
  await mkdir(folder, { recursive: true });
  const names = examples.flatMap((name) => ['rego', 'wasm', 'annotations.json'].map((ending) => `${name}.${ending}`));
  for (const name of names) await copyFile(join(root, 'examples', name), join(folder, name));
  return folder;
}

async function runProgram(program: string, args: readonly string[], options: { cwd: string; env: NodeJS.ProcessEnv }): Promise<Ended> {
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<readonly [number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.once('error', reject).once('close', (code, signal) => resolve([code, signal]));
  });
  const [[exitCode, signal], stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { exitCode, signal, stdout, stderr, report: parsed(stdout) };
}

function parsed(stdout: string): Report | undefined {
  try {
    return JSON.parse(stdout) as Report;
  } catch {
    return undefined;
  }
}
