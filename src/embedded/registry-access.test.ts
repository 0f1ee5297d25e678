// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ResourceStack } from '../foundation/resources.ts';
import { seededRandom } from '../foundation/seed.ts';
import { buildImage } from '../oci/image.ts';
import { randomLayer } from '../oci/layer.ts';
import { createRegistryClient, type RegistryClient } from '../oci/registry-client.ts';
import { registryLogin, type Credentials } from '../oci/registry-login.ts';
import { createTransport } from '../oci/transport.ts';
import { certificateAuthority } from './certificate.ts';
import { startRegistry } from './registry.ts';
import type { RegistryAccess } from './registry/access.ts';

const known = { username: 'someone', password: 'correct horse', tokenPrefix: 'mark-' };
let resources: ResourceStack;
let directory: string;

beforeEach(async () => {
  resources = new ResourceStack();
  directory = await mkdtemp(join(tmpdir(), 'registry-test-'));
  resources.defer('folder', async () => await rm(directory, { recursive: true }));
});
afterEach(async () => await resources[Symbol.asyncDispose]());

async function start(access: Partial<RegistryAccess> & Pick<RegistryAccess, 'kind'>): Promise<string> {
  return resources.own('registry', await startRegistry({ directory, access: { ...known, ...access } })).url;
}

async function image(): Promise<ReturnType<typeof buildImage>> {
  return buildImage({ layers: [await randomLayer(seededRandom('access'), 1000)], format: 'oci' });
}

function clientOf(url: string, credentials?: Credentials, caPem?: string): RegistryClient {
  const transport = resources.own('transport', createTransport(caPem === undefined ? {} : { caPem }));
  return createRegistryClient({ baseUrl: url, transport, ...(credentials === undefined ? {} : { login: registryLogin(credentials, url, transport) }) });
}

async function answerOf(url: string, authorization?: string, method = 'GET'): Promise<{ status: number; challenge: string | null; code: string | undefined }> {
  const response = await fetch(url, { method, headers: authorization === undefined ? {} : { authorization } });
  const text = await response.text();
  const { errors } = (text === '' ? {} : JSON.parse(text)) as { errors?: { code: string }[] };
  return { status: response.status, challenge: response.headers.get('www-authenticate'), code: errors?.[0]?.code };
}

function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

async function tokenFor(url: string, ...scopes: readonly string[]): Promise<string> {
  const query = new URLSearchParams(scopes.map((scope): [string, string] => ['scope', scope]));
  const response = await fetch(`${url}/token?${query.toString()}`, { headers: { authorization: basic(known.username, known.password) } });
  return ((await response.json()) as { token: string }).token;
}

describe('a registry with a password', () => {
  it.each([
    ['nobody', undefined],
    ['somebody else', basic('someone else', known.password)],
    ['a wrong password', basic(known.username, 'correct')],
    ['what is no base64', 'Basic ***'],
    ['no colon', `Basic ${Buffer.from('someone').toString('base64')}`],
    ['another scheme', 'Bearer mark-x.y'],
  ])('turns away %s', async (_who, authorization) => {
    const url = await start({ kind: 'basic' });
    for (const path of ['/v2/', '/v2/_catalog', '/v2/app/manifests/v1', '/v2/app/blobs/uploads/', '/nowhere']) {
      expect(await answerOf(url + path, authorization, path.endsWith('uploads/') ? 'POST' : 'GET')).toEqual({ status: 401, challenge: 'Basic realm="stampede registry"', code: 'UNAUTHORIZED' });
    }
  });

  it('serves who knows it', async () => {
    const url = await start({ kind: 'basic' });
    expect((await answerOf(`${url}/v2/`, basic(known.username, known.password))).status).toBe(200);
    const client = clientOf(url, known);
    const pushed = await client.pushImage('deep/app', await image(), 'v1');
    expect((await client.getManifest('deep/app', 'v1'))?.digest).toBe(pushed);
    expect(await client.catalog()).toEqual(['deep/app']);
    await expect(clientOf(url).catalog()).rejects.toMatchObject({ code: 'REGISTRY_REFUSED', message: expect.stringContaining('401 UNAUTHORIZED') as string });
    await expect(clientOf(url, { ...known, password: 'wrong' }).catalog()).rejects.toMatchObject({ code: 'REGISTRY_REFUSED' });
  });
});

describe('a registry with tokens', () => {
  it('says where to get one, and what it has to allow', async () => {
    const url = await start({ kind: 'token' });
    const host = new URL(url).host;
    expect((await answerOf(`${url}/v2/`)).challenge).toBe(`Bearer realm="${url}/token",service="${host}"`);
    expect((await answerOf(`${url}/v2/a/b/manifests/v1`)).challenge).toBe(`Bearer realm="${url}/token",service="${host}",scope="repository:a/b:pull"`);
    expect((await answerOf(`${url}/v2/a/blobs/uploads/?mount=sha256:x&from=c`, undefined, 'POST')).challenge).toContain('scope="repository:a:pull,push repository:c:pull"');
    expect((await answerOf(`${url}/v2/_catalog`)).challenge).toContain('scope="registry:catalog:*"');
  });

  it('sells none to strangers', async () => {
    const url = await start({ kind: 'token' });
    for (const authorization of [undefined, basic(known.username, 'wrong')]) expect((await answerOf(`${url}/token?scope=repository:a:pull`, authorization)).status).toBe(401);
    expect((await answerOf(`${url}/token?scope=everything`, basic(known.username, known.password))).status).toBe(400);
    expect((await answerOf(`${url}/token`, basic(known.username, known.password), 'DELETE')).status).toBe(405);
  });

  it('takes a token for what it allows, and nothing else', async () => {
    const url = await start({ kind: 'token' });
    await clientOf(url, known).pushImage('a', await image(), 'v1');
    const token = `Bearer ${await tokenFor(url, 'repository:a:pull')}`;
    expect((await answerOf(`${url}/v2/a/manifests/v1`, token)).status).toBe(200);
    expect((await answerOf(`${url}/v2/`, token)).status).toBe(200);
    for (const [path, method] of [['/v2/b/manifests/v1', 'GET'], ['/v2/a/manifests/v1', 'DELETE'], ['/v2/a/blobs/uploads/', 'POST'], ['/v2/_catalog', 'GET']] as const) {
      const answer = await answerOf(url + path, token, method);
      expect([path, answer.status, answer.challenge?.endsWith('error="insufficient_scope"')]).toEqual([path, 401, true]);
    }
  });

  it.each([['another mark', (token: string) => token.replace('mark-', 'mork-')], ['another seal', (token: string) => `${token.slice(0, -4)}AAAA`], ['more claims than were sealed', (token: string) => token.replace('mark-', 'mark-AAAA')], ['nothing', () => 'mark-']])('refuses a token with %s', async (_what, change) => {
    const url = await start({ kind: 'token' });
    const { status, challenge } = await answerOf(`${url}/v2/`, `Bearer ${change(await tokenFor(url))}`);
    expect([status, challenge?.endsWith('error="invalid_token"')]).toEqual([401, true]);
  });

  it('refuses a token that is out of date, upon which our own client gets another', async () => {
    let now = 0;
    const url = await start({ kind: 'token', tokenLifetimeMs: 60_000, now: () => now });
    const client = clientOf(url, known);
    await client.pushImage('a', await image(), 'v1');
    const token = `Bearer ${await tokenFor(url, 'repository:a:pull')}`;
    now = 59_999;
    expect((await answerOf(`${url}/v2/a/tags/list`, token)).status).toBe(200);
    now = 60_000;
    expect((await answerOf(`${url}/v2/a/tags/list`, token)).challenge).toMatch(/error="invalid_token"$/);
    expect(await client.tags('a')).toEqual(['v1']);
  });

  it('sells by the form that OAuth2 has, too', async () => {
    const url = await start({ kind: 'token' });
    const form = (fields: Readonly<Record<string, string>>): RequestInit => ({ method: 'POST', body: new URLSearchParams(fields) });
    const bought = (await (await fetch(`${url}/token`, form({ grant_type: 'password', ...known, scope: 'repository:a:pull', access_type: 'offline' }))).json()) as { access_token: string; refresh_token: string };
    expect((await answerOf(`${url}/v2/a/manifests/v1`, `Bearer ${bought.access_token}`)).status).toBe(404);
    const again = await fetch(`${url}/token`, form({ grant_type: 'refresh_token', refresh_token: bought.refresh_token, scope: 'repository:a:pull' }));
    expect(again.status).toBe(200);
    expect((await fetch(`${url}/token`, form({ grant_type: 'refresh_token', refresh_token: 'guessed' }))).status).toBe(401);
  });
});

it('serves by https, whoever trusts the authority, under each of its names', async () => {
  const authority = await certificateAuthority();
  const certificate = await authority.issue(['registry.local']);
  const { url } = resources.own('registry', await startRegistry({ directory, certificate, access: { kind: 'token', ...known } }));
  expect(url).toMatch(/^https:/);
  for (const name of ['127.0.0.1', 'localhost']) await clientOf(url.replace('127.0.0.1', name), known, authority.certificatePem).ping();
  await expect(clientOf(url, known).ping()).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
  await expect(clientOf(url, known, (await certificateAuthority()).certificatePem).ping()).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
});
