// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventsOf } from '../history/event.ts';
import { readRegistryPass } from '../stage/registry-security.ts';
import { alone } from './meeting.ts';
import type { ScenarioRun } from './scenario-run.ts';
import { openTestStage, testSubject, type TestStage } from './test-scenario.ts';
import { lastRun, validate } from './validate.ts';

let stage: TestStage;
let scenario: ScenarioRun;

/** It logs in, and says all that must not be said: in pieces, and as it has them. */
const talkative = `
const { createConnection } = await import('node:net');
const { connect } = await import('node:tls');
const { request } = await import('node:https');
const folder = process.env.DOCKER_CONFIG;
const { auths } = JSON.parse(readFileSync(folder + '/config.json', 'utf8'));
const host = Object.keys(auths)[0];
const authorization = 'Basic ' + auths[host].auth;
const ca = readFileSync(process.env.SSL_CERT_FILE);
const tunnel = async () => {
  if (process.env.HTTPS_PROXY === undefined) return undefined;
  const { hostname, port } = new URL(process.env.HTTPS_PROXY);
  const raw = createConnection(Number(port), hostname);
  raw.write('CONNECT registry.local:443 HTTP/1.1\\r\\nHost: registry.local:443\\r\\n\\r\\n');
  await new Promise((resolve) => raw.once('data', resolve));
  return connect({ socket: raw, servername: 'registry.local', ca });
};
const sent = async (path, headers) => {
  const socket = await tunnel();
  const [hostname, port] = host.split(':');
  return await new Promise((resolve, reject) => {
    request({ hostname, port, path, headers: { host, connection: 'close', ...headers }, ca, ...(socket === undefined ? { agent: false } : { createConnection: () => socket }) }, async (response) => {
      let text = '';
      for await (const chunk of response) text += chunk;
      resolve({ status: response.statusCode, text });
    }).on('error', reject).end();
  });
};
const { token } = JSON.parse((await sent('/token?scope=repository:a:pull', { authorization })).text);
const { status } = await sent('/v2/', { authorization: 'Bearer ' + token });
const password = Buffer.from(auths[host].auth, 'base64').toString().split(':')[1];
console.log(host.split(':')[0], status, authorization, token);
for (const letter of password) { process.stderr.write(letter); await new Promise(setImmediate); }
process.stderr.write(' given ' + words.join(' '));
await sent('/v2/' + password + '/tags/list', {});
`;

beforeAll(async () => {
  stage = await openTestStage({ auth: 'token', tls: true });
});
afterAll(async () => await stage[Symbol.asyncDispose]());

async function everythingIn(folder: string): Promise<string> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const texts = await Promise.all(files.filter((file) => file.isFile()).map(async (file) => await readFile(join(file.parentPath, file.name), 'utf8')));
  return texts.join('\n');
}

describe.each(['forward', 'reverse'] as const)('a validator behind a %s door of a registry with https and tokens', (door) => {
  beforeAll(async () => {
    scenario = await stage.open({ subject: { ...testSubject, door, environment: { LAYERS: '${CACHE}/x' } }, validator: [await stage.program(talkative)] });
    await validate(scenario, { line: 'with ${REGISTRY_PASSWORD}', processes: 1, meeting: alone });
  });

  it('is let in', async () => {
    const { results, recorder } = lastRun(scenario);
    const [result] = results;
    const name = door === 'forward' ? 'registry.local' : '127.0.0.1';
    expect(await readFile(result?.stderrFile ?? '', 'utf8')).toBe('${REGISTRY_PASSWORD} given with ${REGISTRY_PASSWORD}');
    expect(await readFile(result?.stdoutFile ?? '', 'utf8')).toBe(`${name} 200 Basic \${REGISTRY_AUTHORIZATION} \${REGISTRY_TOKEN}\n`);
    expect(eventsOf(recorder.events(), 'request').map(({ path }) => path)).toEqual(['/token?scope=repository:a:pull', '/v2/', '/v2/${REGISTRY_PASSWORD}/tags/list']);
    expect(eventsOf(recorder.events(), 'validator-started')[0]?.command.at(-1)).toBe('${REGISTRY_PASSWORD}');
  });

  it('leaves no secret in what is kept', async () => {
    const { password, username, tokenPrefix } = readRegistryPass(stage.addresses.registrySecrets) ?? { password: '', username: '', tokenPrefix: '' };
    expect(password).toMatch(/^[\w-]{32}$/);
    const kept = await everythingIn(scenario.context.runFolder);
    for (const secret of [password, Buffer.from(`${username}:${password}`).toString('base64'), tokenPrefix]) expect(kept.includes(secret)).toBe(false);
    expect(kept).toContain('validator.mjs with ${REGISTRY_PASSWORD}\n');
    expect(JSON.stringify(stage.addresses)).not.toContain(password);
  });

  it('has its password in a file that nobody else can read', async () => {
    const folders = (await readdir(scenario.folders.root)).filter((name) => name.startsWith('docker-'));
    expect(folders).toHaveLength(door === 'forward' ? 1 : 2);
    for (const folder of folders) expect((await stat(join(scenario.folders.root, folder, 'config.json'))).mode & 0o777).toBe(0o600);
    for (const file of [stage.addresses.registrySecrets?.accessFile, stage.addresses.registrySecrets?.tls?.doorKeyFile]) expect((await stat(file ?? '')).mode & 0o777).toBe(0o600);
  });

  it('has what its subject sets, unless a step sets it', async () => {
    const printing = await stage.program('process.stdout.write(process.env.LAYERS + " " + process.env.OTHER);');
    const other = await stage.open({ subject: { ...testSubject, door, environment: { LAYERS: '${CACHE}/x', OTHER: 'subject' } }, validator: [printing] });
    other.environment.set('OTHER', 'step');
    await validate(other, { line: '', processes: 1, meeting: alone });
    expect(await readFile(lastRun(other).results[0]?.stdoutFile ?? '', 'utf8')).toBe(`${other.folders.cache}/layers/x step`);
  });
});
