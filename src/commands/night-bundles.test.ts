// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certificateAuthority } from '../embedded/certificate.ts';
import { startRegistry } from '../embedded/registry.ts';
import { ResourceStack } from '../foundation/resources.ts';
import { NightStore } from '../nightly/store.ts';
import { TestProject } from './test-project.ts';

const known = { username: 'someone', password: 'correct horse', tokenPrefix: 'mark-' };
const resources = new ResourceStack();
let project: TestProject;
let host = '';
let campaign = '';
let right: Readonly<Record<string, string>> = {};
let wrong: Readonly<Record<string, string>> = {};

beforeAll(async () => {
  project = await TestProject.open();
  const authority = await certificateAuthority();
  const server = resources.own('registry', await startRegistry({ directory: join(project.folder, 'registry'), access: { kind: 'token', ...known }, certificate: await authority.issue([]) }));
  host = new URL(server.url).host;
  const trust = { SSL_CERT_FILE: await project.write('authority.pem', authority.certificatePem) };
  const asWhom = async (folder: string, password: string): Promise<Readonly<Record<string, string>>> => {
    const auth = Buffer.from(`${known.username}:${password}`).toString('base64');
    await project.write(`${folder}/config.json`, JSON.stringify({ auths: { [host]: { auth } } }));
    return { ...trust, DOCKER_CONFIG: join(project.folder, folder) };
  };
  right = await asWhom('right', known.password);
  wrong = await asWhom('wrong', 'another one');
  campaign = await project.write('pushed.json', JSON.stringify({ name: 'pushed', targets: [{ name: 'reference', subject: 'reference', build: 'b' }], strategies: ['two-writers'], repeat: { new: 1, old: 1 } }));
});
afterAll(async () => {
  await resources[Symbol.asyncDispose]();
  await project.close();
});

const at = (name: string): string => join(project.folder, name);

describe('bundles by way of a registry that wants to know who asks', { timeout: 180_000 }, () => {
  it('are pushed by each shard, and merged from there by tag and digest', async () => {
    const addresses: string[] = [];
    for (const index of [1, 2]) {
      const { output } = await project.start(['nightly', '--campaign', campaign, '--store', at(`part-${index}`), '--seed', '7', '--shard', `${index}/2`, '--quiet', '--bundle', `oci://${host}/nights`], right).ended;
      const [, address = ''] = /^bundle (oci:\/\/.*)$/m.exec(output) ?? [];
      expect(address).toMatch(new RegExp(`^oci://${host}/nights:pushed-7\\.shard-${index}-of-2@sha256:[0-9a-f]{64}$`));
      addresses.push(address);
    }
    const { status, output } = await project.start(['nightly', 'merge', addresses[1] ?? '', `oci://${host}/nights:pushed-7.shard-1-of-2`, '--store', at('merged')], right).ended;
    expect(output).toContain('4 runs added from 2 bundles');
    expect(status).toBe(0);
    using store = NightStore.open(at('merged'));
    expect(store.runs().map(({ verdict }) => verdict)).toEqual(['held', 'held', 'held', 'held']);
    const stranger = await project.start(['nightly', 'merge', addresses[0] ?? '', '--store', at('stranger')], wrong).ended;
    expect(stranger.output).toMatch(/damaged {4}oci:\S+: REGISTRY_REFUSED: .*401/);
    expect(stranger.output).toContain('BUNDLE_DAMAGED: no bundle could be read');
    expect(stranger.status).toBe(4);
    expect(stranger.output + output).not.toContain(known.password);
  });

  it.each([
    ['a wrong password', (): string => `oci://${host}/nights`, (): object => wrong, 'REGISTRY_REFUSED', 4],
    ['a certificate that nobody trusts', (): string => `oci://${host.replace('127.0.0.1', 'localhost')}/nights`, (): object => ({ ...right, SSL_CERT_FILE: '' }), 'CONNECTION_FAILED', 4],
    ['no registry there', (): string => 'oci://127.0.0.1:9/nights', (): object => right, 'CONNECTION_FAILED', 4],
    ['what is no address', (): string => 'oci://nights', (): object => right, 'CONFIG_INVALID: oci://nights is no place in a registry', 2],
    ['a digest that nobody knows yet', (): string => `oci://${host}/nights@sha256:${'a'.repeat(64)}`, (): object => right, 'names a digest, which nobody knows before', 2],
  ] as const)('%s is told before the night begins', async (_what, place, environment, words, expected) => {
    const { status, output } = await project.start(['nightly', '--campaign', campaign, '--store', at('never'), '--bundle', place()], environment() as Record<string, string>).ended;
    expect(output).toContain(words);
    expect(output).not.toContain('stage embedded');
    expect([status, project.exists('never')]).toEqual([expected, false]);
  });

  it('a repository without a tag names no bundle to merge', async () => {
    const { status, output } = await project.start(['nightly', 'merge', `oci://${host}/nights`, '--store', at('never')], right).ended;
    expect([status, output.includes('names a repository and none of its bundles'), project.exists('never')]).toEqual([2, true, false]);
  });
});
