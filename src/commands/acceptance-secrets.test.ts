// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestProject } from './test-project.ts';

let project: TestProject;
/** By name, as the validator has seen them. */
let secrets: Readonly<Record<string, string>>;

/** Says everything that must not be said, wherever something is kept, and asks for it at the registry. */
const talkative = `#!${process.execPath}
const { readFileSync, writeFileSync, appendFileSync } = require('node:fs');
const { get } = require('node:http');
const [key, ...words] = process.argv.slice(2);
const { auths } = JSON.parse(readFileSync(process.env.DOCKER_CONFIG + '/config.json', 'utf8'));
const authorization = auths['registry.local'].auth;
const password = Buffer.from(authorization, 'base64').toString().split(':')[1];
const door = new URL(process.env.HTTP_PROXY);
const ask = (path, headers) => new Promise((resolve) => get({ host: door.hostname, port: door.port, path: 'http://registry.local' + path, headers: { host: 'registry.local', ...headers }, agent: false }, async (response) => {
  let text = '';
  for await (const chunk of response) text += chunk;
  resolve(text);
}));
(async () => {
  const { token } = JSON.parse(await ask('/token?scope=repository:a:pull', { authorization: 'Basic ' + authorization }));
  await ask('/v2/' + password + '/tags/list', { authorization: 'Bearer ' + token });
  const pem = readFileSync(key, 'utf8');
  const all = { password, authorization, token, pem, DEPLOY_TOKEN: process.env.DEPLOY_TOKEN, SIGNING_SECRET: process.env.SIGNING_SECRET };
  writeFileSync(process.env.SEEN, JSON.stringify(all));
  const said = [...Object.values(all), JSON.stringify(all, null, 2), encodeURIComponent(process.env.SIGNING_SECRET), Buffer.from(process.env.DEPLOY_TOKEN).toString('base64'), words.join(' ')].join('\\n');
  process.stdout.write(said + '\\n');
  process.stderr.write(said + '\\n');
  writeFileSync('said.txt', said + '\\n');
})();
`;

const feature = (seen: string, wanted: string): string => `Feature: secrets

  Background:
    Given a key pair named "known"
    And the environment variable is set "DEPLOY_TOKEN=t0ken/of <the> 'deployment'"
    And the environment variable is set "SIGNING_SECRET=pässword & \\more"
    And the environment variable is set "PRIVATE_SWITCH=1"
    And the environment variable is set "SEEN=${seen}"
    When ec command is run with "\${known_PRIVATE_KEY} \${REGISTRY_PASSWORD}"

  Scenario: all goes well
    Then the exit status should be 0
    And the output should match the snapshot
    And the "said.txt" file should match the snapshot
    And the standard output should contain
      """
      t0ken/of <the> 'deployment'
      """

  Scenario: it fails
    Then the exit status should be 0
    And the standard output should contain
      """
      ${wanted}
      """
`;

beforeAll(async () => {
  project = await TestProject.open();
  await project.write('subject.ts', `export const subject = { name: 'script', description: 'a script', program: { kind: 'given' }, cacheDirectory: '\${HOME}/cache', registry: { auth: 'token', tls: false } };\n`);
  await project.script(talkative);
  await project.feature(feature(join(project.folder, 'seen.json'), 'what nobody says'));
});

afterAll(async () => await project.close());

function everyFile(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return statSync(path).isDirectory() ? everyFile(path) : [path];
  });
}

/** Which file has which secret, in any form that it may have been written in. */
function leaksBelow(folder: string): readonly string[] {
  const needles = Object.entries(secrets).flatMap(([name, text]) => (name === 'pem' ? text.split('\n').filter((line) => !line.startsWith('-----') && line.length >= 16) : [text]).flatMap((form) => {
    const json = JSON.stringify(form).slice(1, -1);
    return [form, json, encodeURIComponent(form), Buffer.from(form).toString('base64'), form.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll("'", '&apos;')].map((text) => [name, Buffer.from(text)] as const);
  }));
  return everyFile(folder).flatMap((file) => {
    const bytes = readFileSync(file);
    return needles.filter(([, needle]) => bytes.includes(needle)).map(([name, needle]) => `${file.slice(folder.length)}: ${name} as ${needle.toString()}`);
  });
}

describe.each([['serial', []], ['parallel', ['--parallel', '2']]] as const)('a run with a password, tokens, a key and secret variables, %s', (_, flags) => {
  beforeAll(async () => {
    const { status, output } = await project.acceptance(flags);
    expect(status, output).toBe(1);
    expect(output).toContain('1 held, ✘ 1 broken');
    secrets = JSON.parse(project.read('seen.json')) as Record<string, string>;
    expect(output).not.toContain(secrets['DEPLOY_TOKEN']);
  });

  it('has seen all of them', () => {
    expect(Object.keys(secrets)).toEqual(['password', 'authorization', 'token', 'pem', 'DEPLOY_TOKEN', 'SIGNING_SECRET']);
    expect(secrets['pem']).toContain('PRIVATE KEY');
    expect(Object.values(secrets).every((text) => text.length > 15)).toBe(true);
  });

  it('keeps none in its folder, nor by way of the link', () => {
    for (const folder of ['runs', 'runs/latest', 'snapshots']) expect(leaksBelow(join(project.folder, folder))).toEqual([]);
  });

  it('says what they are called instead, in what is read', () => {
    const kept = (name: string): string => everyFile(join(project.folder, 'runs')).filter((file) => file.endsWith(name)).map((file) => readFileSync(file, 'utf8')).join('\n');
    for (const name of ['validator-1.stdout', 'messages.ndjson', 'report.html', 'junit.xml']) expect(kept(name)).toContain('${DEPLOY_TOKEN}');
    for (const name of ['validator-1.stderr', 'history.ndjson', 'registry.log', 'last-validator.sh']) expect(kept(name)).toContain('${REGISTRY_PASSWORD}');
    expect(kept('validator-1.stdout')).toContain('${known_PRIVATE_KEY_BYTES}');
    expect(kept('messages.ndjson')).toContain('PRIVATE_SWITCH=1');
  });
});
