// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toolOrSkip } from '../foundation/tools.ts';
import { digestOf } from '../oci/digest.ts';
import { buildImage } from '../oci/image.ts';
import { buildLayer } from '../oci/layer.ts';
import { createRegistryClient } from '../oci/registry-client.ts';
import { createTransport, type Transport } from '../oci/transport.ts';
import { verifyCheckpoint } from '../sigstore/checkpoint.ts';
import { inTotoPayloadType, signEnvelope } from '../sigstore/dsse.ts';
import { generateKeyPair } from '../sigstore/keys.ts';
import { verifyLogEntry } from '../sigstore/log-entry.ts';
import { isConsistent } from '../sigstore/merkle.ts';
import { proposeDsse, proposeHashedrekord, proposeIntoto, type ProposedEntry } from '../sigstore/proposed-entry.ts';
import { createRekorClient, type RekorClient } from '../sigstore/rekor-client.ts';
import { signImage } from '../sigstore/simple-signing.ts';
import { slsaV02Statement, statementBytes } from '../sigstore/statement.ts';
import { cosignSuite } from './cosign.suite.ts';
import type { StageAddresses } from './service.ts';

const run = promisify(execFile);
const image = (): ReturnType<typeof buildImage> => buildImage({ layers: [buildLayer(randomBytes(4096), 'gzip'), buildLayer(randomBytes(512), 'uncompressed')], format: 'oci' });
const pair = generateKeyPair();

/** The same questions, black box, to the embedded services and to the real ones. */
export function serviceSuite(addresses: () => StageAddresses): void {
  const folder = mkdtempSync(join(tmpdir(), 'services-test-'));
  let transport: ReturnType<typeof createTransport>;
  beforeAll(() => (transport = createTransport()));
  afterAll(async () => {
    await transport[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });
  registrySuite(addresses, () => transport);
  logSuite(addresses, { transport: () => transport, folder });
  gitSuite(addresses, folder);
  cosignSuite(addresses);
  conformanceSuite(addresses, folder);
}

function registrySuite(addresses: () => StageAddresses, transport: () => Transport): void {
  describe('registry', () => {
    const client = () => createRegistryClient({ baseUrl: addresses().registryUrl, transport: transport() });
    const ask = async (path: string, init: RequestInit = {}): Promise<Response> => await fetch(`${addresses().registryUrl}/v2/${path}`, init);

    it('gives back what was pushed, byte for byte, by tag and digest', async () => {
      const built = image();
      const digest = await client().pushImage('suite/image', built, 'one');
      for (const reference of ['one', digest]) expect((await client().getManifest('suite/image', reference))?.digest).toBe(digest);
      expect(await client().tags('suite/image')).toEqual(['one']);
      expect(await client().catalog()).toContain('suite/image');
    });

    it('refuses a blob that is not what its digest says, and keeps nothing of it', async () => {
      const wanted = digestOf(Buffer.from('wanted'));
      const upload = await ask('suite/liar/blobs/uploads/', { method: 'POST' });
      const place = new URL(upload.headers.get('location') ?? '', addresses().registryUrl);
      place.searchParams.set('digest', wanted);
      const refused = await fetch(place, { method: 'PUT', body: 'other', headers: { 'content-type': 'application/octet-stream' } });
      expect(refused.status).toBe(400);
      expect((await ask(`suite/liar/blobs/${wanted}`, { method: 'HEAD' })).status).toBe(404);
    });

    it('mounts a blob across repositories', async () => {
      const bytes = randomBytes(2048);
      await client().pushBlob('suite/from', bytes);
      const mounted = await ask(`suite/to/blobs/uploads/?mount=${digestOf(bytes)}&from=suite/from`, { method: 'POST' });
      expect(mounted.status).toBe(201);
      expect(await client().getBlobBytes('suite/to', digestOf(bytes), 4096)).toEqual(bytes);
    });

    it.each([
      ['suite/none/manifests/latest', 'MANIFEST_UNKNOWN'],
      [`suite/none/blobs/${digestOf(Buffer.from('none'))}`, 'BLOB_UNKNOWN'],
      ['suite/none/tags/list', 'NAME_UNKNOWN'],
    ])('%s is not found, as %s', async (path, code) => {
      const answer = await ask(path);
      expect(answer.status).toBe(404);
      expect(((await answer.json()) as { errors: { code: string }[] }).errors[0]?.code).toBe(code);
    });

    it('takes one blob from eight clients at once', async () => {
      const bytes = randomBytes(256 * 1024);
      await Promise.all(Array.from({ length: 8 }, async () => await client().pushBlob('suite/many', bytes)));
      expect(await client().getBlobBytes('suite/many', digestOf(bytes), bytes.length)).toEqual(bytes);
    });
  });
}

interface LogParts {
  readonly transport: () => Transport;
  readonly folder: string;
}

function logSuite(addresses: () => StageAddresses, { transport, folder }: LogParts): void {
  describe('log', () => {
    const client = (): RekorClient => createRekorClient({ url: addresses().rekorUrl, transport: transport() });
    const key = (): string => readFileSync(addresses().rekorPublicKeyFile, 'utf8');
    const fresh = (): ProposedEntry => proposeHashedrekord(signImage('registry.local/suite', digestOf(randomBytes(8)), pair.privateKey), pair.publicKeyPem);
    const post = async (entry: unknown): Promise<Response> =>
      await fetch(`${addresses().rekorUrl}/api/v1/log/entries`, { method: 'POST', body: JSON.stringify(entry), headers: { 'content-type': 'application/json' } });

    it('takes every kind that cosign writes, and proves each', async () => {
      const envelope = signEnvelope(inTotoPayloadType, statementBytes(slsaV02Statement({ name: 'registry.local/suite', digest: digestOf(randomBytes(8)) })), pair.privateKey);
      for (const proposed of [fresh(), proposeDsse(envelope, pair.publicKeyPem), proposeIntoto(envelope, pair.publicKeyPem)]) {
        const entry = await client().post(proposed);
        verifyLogEntry(entry, key());
        const again = [await client().byUuid(entry.uuid), await client().byIndex(entry.logIndex), ...(await client().retrieve([proposed]))];
        expect(again.map((each) => each?.body)).toEqual([entry.body, entry.body, entry.body]);
        again.forEach((each) => verifyLogEntry(each!, key()));
      }
    });

    it('grows without changing what was there', async () => {
      await client().post(fresh());
      const before = await client().logInfo();
      await client().post(fresh());
      const after = await client().logInfo();
      expect(after.treeSize).toBeGreaterThan(before.treeSize);
      const [first, second] = [before, after].map(({ checkpoint }) => verifyCheckpoint(checkpoint, key()));
      const hashes = await client().proof(before.treeSize, after.treeSize);
      expect(isConsistent({ first: first!.size, firstRoot: first!.rootHash, second: second!.size, secondRoot: second!.rootHash, hashes })).toBe(true);
      expect(isConsistent({ first: first!.size, firstRoot: second!.rootHash, second: second!.size, secondRoot: second!.rootHash, hashes })).toBe(false);
    });

    it('is found by the hash that it is about', async () => {
      const proposed = fresh();
      const { uuid } = await client().post(proposed);
      const { value } = (proposed.spec as { data: { hash: { value: string } } }).data.hash;
      await expect.poll(async () => await client().searchByHash(`sha256:${value}`), { timeout: 5000 }).toEqual([uuid]);
    });

    it('answers 409 to an entry that it has, 400 to a wrong signature, 404 to what it has not', async () => {
      const proposed = fresh();
      const { uuid } = await client().post(proposed);
      const twice = await post(proposed);
      expect([twice.status, twice.headers.get('location')?.endsWith(uuid)]).toEqual([409, true]);
      const stranger = proposeHashedrekord(signImage('registry.local/suite', digestOf(randomBytes(8)), generateKeyPair().privateKey), pair.publicKeyPem);
      expect((await post(stranger)).status).toBe(400);
      expect(await client().byUuid(uuid.replace(/[0-9a-f]{8}$/, '00000000'))).toBeUndefined();
    });

    it.skipIf(toolOrSkip('rekor-cli') === undefined)('rekor-cli uploads, reads, verifies, searches', async () => {
      const cli = async (...args: string[]): Promise<string> => {
        const environment = { HOME: folder, PATH: process.env['PATH'] };
        return (await run(toolOrSkip('rekor-cli')!, [...args, '--rekor_server', addresses().rekorUrl], { env: environment })).stdout;
      };
      const [artifact, signature, publicKey] = ['artifact', 'signature', 'key.pem'].map((name) => join(folder, name)) as [string, string, string];
      writeFileSync(artifact, randomBytes(64));
      const { sign } = await import('node:crypto');
      writeFileSync(signature, sign('sha256', readFileSync(artifact), pair.privateKey));
      writeFileSync(publicKey, pair.publicKeyPem);
      const files = ['--artifact', artifact, '--signature', signature, '--public-key', publicKey, '--pki-format', 'x509'];
      const uuid = /[0-9a-f]{64,80}/.exec(await cli('upload', ...files))?.[0] ?? '';
      expect(await cli('verify', ...files)).toContain('Inclusion Proof');
      expect(await cli('get', '--uuid', uuid)).toContain(createHash('sha256').update(readFileSync(artifact)).digest('hex'));
      expect(await cli('search', '--artifact', artifact)).toContain(uuid.slice(-64));
      expect(await cli('loginfo')).toContain('Verification Successful');
    });
  });
}

function gitSuite(addresses: () => StageAddresses, folder: string): void {
  describe('git host', () => {
    const git = async (directory: string, ...args: string[]): Promise<string> => {
      const identity = { GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@localhost', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@localhost' };
      const environment = { PATH: process.env['PATH'], HOME: folder, GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0', GIT_SSL_CAINFO: addresses().gitCertificateFile, ...identity };
      return (await run('git', args, { cwd: directory, env: environment })).stdout.trim();
    };
    const work = join(folder, 'work');
    let commit: string;
    beforeAll(async () => {
      await git(folder, 'init', '--quiet', '--initial-branch=main', work);
      writeFileSync(join(work, 'policy.rego'), 'package policy\n');
      await git(work, 'add', '.');
      await git(work, 'commit', '--quiet', '--message=one');
      commit = await git(work, 'rev-parse', 'HEAD');
      await git(work, 'push', '--quiet', `${addresses().gitUrl}/suite/git/policy.git`, 'main', 'main:refs/tags/v1');
    });

    it.each(['policy.git', 'policy'])('a push makes the repository, %s is cloned whole and shallow', async (name) => {
      for (const [index, depth] of [[], ['--depth=1']].entries()) {
        const clone = join(folder, `${name}-${index}`);
        await git(folder, 'clone', '--quiet', ...depth, `${addresses().gitUrl}/suite/git/${name}`, clone);
        expect(await git(clone, 'rev-parse', 'HEAD')).toBe(commit);
        expect(readFileSync(join(clone, 'policy.rego'), 'utf8')).toBe('package policy\n');
      }
    });

    it.each(['0', '1', '2'])('speaks protocol version %s', async (version) => {
      const refs = await git(folder, '-c', `protocol.version=${version}`, 'ls-remote', `${addresses().gitUrl}/suite/git/policy.git`);
      expect(refs).toContain('refs/heads/main');
      expect(refs).toContain('refs/tags/v1');
    });

    it('of two first pushes at once both arrive', async () => {
      const target = `${addresses().gitUrl}/suite/git/both.git`;
      await Promise.all(['one', 'two'].map(async (branch) => await git(work, 'push', '--quiet', target, `main:${branch}`)));
      expect((await git(work, 'ls-remote', target)).split('\n').map((line) => line.split('\t')[1])).toEqual(['refs/heads/one', 'refs/heads/two']);
    });

    it('does not make what is only asked for, and is not trusted without its certificate', async () => {
      await expect(git(folder, 'ls-remote', `${addresses().gitUrl}/suite/git/none.git`)).rejects.toThrow();
      await expect(fetch(`${addresses().gitUrl}/suite/git/policy.git/info/refs?service=git-upload-pack`)).rejects.toThrow();
    });
  });
}

/** https://github.com/opencontainers/distribution-spec/tree/main/conformance, without referrers and sha512: no real registry had here has them. */
function conformanceSuite(addresses: () => StageAddresses, folder: string): void {
  const program = toolOrSkip('conformance');
  it.skipIf(program === undefined)("passes the distribution specification's own program", async () => {
    const off = ['API_REFERRER', 'DATA_SHA512', 'DATA_SUBJECT', 'DATA_SUBJECT_MISSING', 'DATA_SUBJECT_LIST'].map((name) => [`OCI_${name}`, 'false']);
    const results = join(folder, 'conformance');
    const places = { OCI_REGISTRY: new URL(addresses().registryUrl).host, OCI_TLS: 'disabled', OCI_REPO1: 'conformance/one', OCI_REPO2: 'conformance/two', OCI_RESULTS_DIR: results };
    const ended = await run(program!, [], { cwd: folder, env: { HOME: folder, ...places, ...Object.fromEntries(off) }, maxBuffer: 64 * 1024 * 1024 }).then(() => 0, ({ code }: { code: number }) => code);
    const [total = ''] = /<testsuites[^>]*>/.exec(readFileSync(join(results, 'junit.xml'), 'utf8')) ?? [];
    // An attribute of nothing is left out.
    const [tests, failures] = ['tests', 'failures'].map((name) => Number(new RegExp(` ${name}="(\\d+)"`).exec(total)?.[1] ?? 0));
    process.stderr.write(`conformance: ${tests} tests, ${failures} failed\n`);
    expect({ ended, failures }).toEqual({ ended: 0, failures: 0 });
    expect(tests).toBeGreaterThan(500);
  });
}
