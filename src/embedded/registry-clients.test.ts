// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ResourceStack } from '../foundation/resources.ts';
import { toolOrSkip } from '../foundation/tools.ts';
import { encryptPrivateKey } from '../sigstore/encrypted-key.ts';
import { generateKeyPair } from '../sigstore/keys.ts';
import { certificateAuthority } from './certificate.ts';
import { startRegistry } from './registry.ts';

// Real clients, a registry that speaks https with a certificate of its own and wants to know who asks.

const cosign = toolOrSkip('cosign');
const oras = toolOrSkip('oras');
const known = { username: 'someone', password: 'correct horse', tokenPrefix: 'mark-' };
let resources: ResourceStack;
let folder: string;
let host: string;
let logs: () => readonly string[];

beforeEach(async () => {
  resources = new ResourceStack();
  folder = await mkdtemp(join(tmpdir(), 'registry-clients-test-'));
  resources.defer('folder', async () => await rm(folder, { recursive: true }));
});
afterEach(async () => await resources[Symbol.asyncDispose]());

async function start(kind: 'basic' | 'token'): Promise<void> {
  const authority = await certificateAuthority();
  const server = resources.own('registry', await startRegistry({ directory: join(folder, 'registry'), access: { kind, ...known }, certificate: await authority.issue([]) }));
  host = new URL(server.url).host;
  logs = server.logs;
  await writeFile(join(folder, 'authority.pem'), authority.certificatePem);
  await mkdir(join(folder, 'docker'));
  await logIn(known.password);
}

async function logIn(password: string): Promise<void> {
  const auth = Buffer.from(`${known.username}:${password}`).toString('base64');
  await writeFile(join(folder, 'docker', 'config.json'), JSON.stringify({ auths: { [host]: { auth } } }));
}

async function run(program: string | undefined, args: readonly string[], settings: Readonly<Record<string, string>> = {}): Promise<{ readonly status: number; readonly output: string }> {
  const env = { HOME: folder, PATH: '/usr/bin:/bin', DOCKER_CONFIG: join(folder, 'docker'), SSL_CERT_FILE: join(folder, 'authority.pem'), COSIGN_PASSWORD: 'secret', ...settings };
  return await new Promise((resolve) => {
    execFile(program ?? '', [...args], { cwd: folder, env }, (error, stdout, stderr) => resolve({ status: error === null ? 0 : Number(error.code), output: stdout + stderr }));
  });
}

describe.each(['basic', 'token'] as const)('a registry with https that asks for %s credentials', (kind) => {
  beforeEach(async () => await start(kind));

  it.skipIf(oras === undefined)('lets oras push and pull, and nobody whom it does not know', async () => {
    await writeFile(join(folder, 'policy.rego'), 'package main\n');
    expect(await run(oras, ['push', `${host}/policy:v1`, 'policy.rego'])).toMatchObject({ status: 0 });
    expect(await run(oras, ['pull', `${host}/policy:v1`, '--output', 'pulled'])).toMatchObject({ status: 0 });
    expect(await readFile(join(folder, 'pulled', 'policy.rego'), 'utf8')).toBe('package main\n');
    if (kind === 'token') expect(logs().some((line) => /^GET \/token\?.* 200$/.test(line))).toBe(true);
    await logIn('wrong');
    expect(await run(oras, ['pull', `${host}/policy:v1`, '--output', 'again'])).toMatchObject({ status: 1, output: expect.stringMatching(/401|unauthorized/i) as string });
    await logIn(known.password);
    expect(await run(oras, ['pull', `${host}/policy:v1`, '--output', 'again'], { SSL_CERT_FILE: '/dev/null' })).toMatchObject({ status: 1, output: expect.stringContaining('certificate') as string });
  });

  it.skipIf(oras === undefined || cosign === undefined)('lets cosign sign and verify, and nobody whom it does not know', async () => {
    const pair = generateKeyPair();
    await writeFile(join(folder, 'key.pub'), pair.publicKeyPem);
    await writeFile(join(folder, 'key.key'), encryptPrivateKey(pair.privateKey, 'secret'));
    await writeFile(join(folder, 'config.json'), '{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":[]}}');
    await run(oras, ['push', `${host}/image:v1`, '--config', 'config.json:application/vnd.oci.image.config.v1+json', 'key.pub']);
    const digest = (await run(oras, ['resolve', `${host}/image:v1`])).output.trim();
    const image = `${host}/image@${digest}`;
    expect(await run(cosign, ['sign', '--key', 'key.key', '--tlog-upload=false', '--use-signing-config=false', '--new-bundle-format=false', '--yes', image])).toMatchObject({ status: 0 });
    const verified = await run(cosign, ['verify', '--key', 'key.pub', '--insecure-ignore-tlog=true', '-o', 'json', image]);
    expect(verified.output).toContain(digest);
    expect(verified.status).toBe(0);
    await logIn('wrong');
    expect(await run(cosign, ['verify', '--key', 'key.pub', '--insecure-ignore-tlog=true', image])).toMatchObject({ output: expect.stringMatching(/401|unauthorized/i) as string });
  });
});
