// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toolOrSkip } from '../foundation/tools.ts';
import type { Sown } from '../seeding/sow.ts';
import type { SomeAddresses } from '../stage/stage.ts';
import { projectRoot, TestProject, type RunningCommand } from './test-project.ts';

interface Line {
  readonly addresses: SomeAddresses;
  readonly environment: Record<string, string>;
  readonly kubeconfig?: string;
  readonly seeded: Sown;
}

const run = promisify(execFile);
const example = join(projectRoot, 'examples', 'seed.json');
let project: TestProject;

beforeAll(async () => (project = await TestProject.open()));
afterAll(async () => await project.close());

async function started(...args: readonly string[]): Promise<Line & { end(): Promise<void> }> {
  const running: RunningCommand = project.start(['stage', '--json', ...args]);
  await running.seen(/\n$/);
  const end = async (): Promise<void> => {
    running.child.kill('SIGINT');
    expect((await running.ended).status).toBe(130);
  };
  return { ...(JSON.parse(running.shown()) as Line), end };
}

describe('npm run stage -- --seed', () => {
  let line: Awaited<ReturnType<typeof started>>;
  const env = (): Record<string, string | undefined> => ({ PATH: process.env['PATH'], HOME: project.folder, COSIGN_PASSWORD: '', ...line.environment });

  beforeAll(async () => (line = await started('--seed', example)));
  afterAll(async () => await line.end());

  it('says what it made, and it is there', async () => {
    const { addresses, seeded } = line;
    expect(seeded.images.map(({ name, logEntries }) => [name, logEntries.length])).toEqual([['acceptance/web:1.0', 3], ['acceptance/forged:1.0', 0], ['acceptance/plain', 0]]);
    for (const { reference, digest } of seeded.images) {
      const repository = reference.slice(reference.indexOf('/') + 1, reference.indexOf('@'));
      expect((await fetch(`${addresses.registryUrl}/v2/${repository}/manifests/${digest}`)).status).toBe(200);
    }
    for (const uuid of seeded.images[0]!.logEntries) expect((await fetch(`${addresses.rekorUrl}/api/v1/log/entries/${uuid}`)).status).toBe(200);
    expect((await run('git', ['ls-remote', seeded.repositories[0]!.url, 'main'], { env: env() })).stdout).toContain(seeded.repositories[0]!.commit);
    for (const { privateKeyFile } of seeded.keys) expect(statSync(privateKeyFile).mode & 0o777).toBe(0o600);
    const policy = (await (await fetch(`${addresses.policyApiUrl}/apis/appstudio.redhat.com/v1alpha1/namespaces/acceptance/enterprisecontractpolicies/strict`)).json()) as { spec: Record<string, unknown> };
    expect(policy.spec).toEqual({
      publicKey: readFileSync(seeded.keys[0]!.publicKeyFile, 'utf8'),
      rekorUrl: addresses.rekorUrl,
      sources: [{ policy: [`git::${addresses.gitUrl}/git/policy.git//policy`] }],
    });
  });

  it.skipIf(toolOrSkip('cosign') === undefined)('cosign verifies what was signed, by that key and no other', { timeout: 30_000 }, async () => {
    const { addresses, seeded } = line;
    const [release, stranger] = seeded.keys.map(({ publicKeyFile }) => publicKeyFile);
    const verify = async (word: string, reference: string, key = '', ...more: readonly string[]): Promise<unknown> =>
      await run(toolOrSkip('cosign') ?? '', [word, '--key', key, ...more, '--insecure-ignore-tlog=false', '--allow-http-registry', '--rekor-url', addresses.rekorUrl ?? '', reference], { env: env() });
    const [web, forged, plain] = seeded.images.map(({ reference }) => reference);
    await verify('verify', web!, release);
    await verify('verify-attestation', web!, release, '--type', 'slsaprovenance1');
    await verify('verify-attestation', web!, release, '--type', 'slsaprovenance02');
    for (const [reference, key] of [[web, stranger], [forged, stranger], [plain, release]] as const) await expect(verify('verify', reference!, key)).rejects.toThrow();
  });
});

describe('npm run stage -- --only', () => {
  it('starts a registry and nothing else, and says so', async () => {
    const { addresses, environment, kubeconfig, end } = await started('--only', 'registry');
    expect(Object.keys(addresses)).toEqual(['launcher', 'registryUrl']);
    expect([environment, kubeconfig]).toEqual([{}, undefined]);
    await end();
    expect(project.leftSessions()).toEqual([]);
  });

  it('keeps the keys of a seed with the rest, and images are the same', async () => {
    const data = join(project.folder, 'data');
    const seed = await project.write('small.json', JSON.stringify({ keys: [{ name: 'k' }], images: [{ name: 'a/b', signatures: [{ key: 'k' }] }] }));
    const seen = [];
    for (const _ of [1, 2]) {
      const { seeded, end } = await started('--only=registry,rekor', '--data', data, '--seed', seed);
      seen.push([seeded.images[0]!.digest, readFileSync(seeded.keys[0]!.publicKeyFile, 'utf8')]);
      await end();
    }
    expect(seen[0]).toEqual(seen[1]);
    expect(existsSync(join(data, 'git'))).toBe(false);
  });

  it.each([
    ['CONFIG_INVALID: --only names services, of registry, rekor, git, policy-api, not "printer"', ['--only', 'printer']],
    ['CONFIG_INVALID: --port git is for a service that --only leaves out', ['--only', 'registry', '--port', 'git=0']],
    ['repositories: need git, which is not to be started', ['--only', 'registry,rekor,policy-api', '--seed', example]],
    ["SEED_INVALID: /nowhere.json can't be read", ['--seed', '/nowhere.json']],
  ])('says %s', async (problem, args) => {
    const { status, output } = await project.start(['stage', ...args]).ended;
    expect(output).toContain(problem);
    expect(output).not.toContain('127.0.0.1');
    expect(status).toBe(2);
  });
});
