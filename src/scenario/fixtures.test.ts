// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hexOf } from '../oci/digest.ts';
import { addLabels, publishPolicies, setVariable, storePolicyObject, writeNamedFile } from './fixtures.ts';
import type { ScenarioRun } from './scenario-run.ts';
import { openTestStage, type TestStage } from './test-scenario.ts';

const run = promisify(execFile);
let stage: TestStage;

beforeAll(async () => {
  stage = await openTestStage();
  const files = { 'main.rego': 'package main # ${GITHOST}', 'data.yaml': 'host: ${GITHOST} ${OTHER}', 'main.wasm': '\0asm ${GITHOST}' };
  for (const [name, content] of Object.entries(files)) await writeFile(join(stage.folder, 'examples', name), content);
});

afterAll(async () => await stage[Symbol.asyncDispose]());

async function read({ policyApiUrl, transport }: ScenarioRun, path: string): Promise<unknown> {
  const response = await transport.request(`${policyApiUrl}/apis/appstudio.redhat.com/v1alpha1/namespaces/acceptance/${path}`);
  return JSON.parse((await response.bytes()).toString('utf8'));
}

describe('publishPolicies', () => {
  it('names the git host in what is no policy, and remembers the commit', async () => {
    const scenario = await stage.open();
    await publishPolicies(scenario, 'policy', [{ target: 'main.rego', source: 'examples/main.rego' }, { target: 'data.yaml', source: 'examples/data.yaml' }, { target: 'renamed.rego', source: 'data.yaml' }, { target: 'policy.txt', source: 'main.rego' }]);
    const host = await scenario.values.expand('${GITHOST}', 'error');
    const target = join(scenario.folders.temporary, 'clone');
    await run('git', ['clone', '--quiet', `https://${host}/git/policy.git`, target], { env: { PATH: process.env['PATH'], HOME: stage.folder, GIT_SSL_CAINFO: stage.addresses.gitCertificateFile } });
    expect(await readFile(join(target, 'data.yaml'), 'utf8')).toBe(`host: ${host} \${OTHER}`);
    expect(await readFile(join(target, 'main.rego'), 'utf8')).toBe('package main # ${GITHOST}');
    expect(await readFile(join(target, 'main.wasm'), 'utf8')).toBe('\0asm ${GITHOST}');
    expect(await readFile(join(target, 'renamed.rego'), 'utf8')).toBe(`host: ${host} \${OTHER}`);
    expect(await readFile(join(target, 'policy.txt'), 'utf8')).toBe('package main # ${GITHOST}');
    const { stdout } = await run('git', ['-C', target, 'rev-parse', 'HEAD']);
    expect(await scenario.values.expand('${LATEST_COMMIT}', 'error')).toBe(stdout.trim());
  });

  it('keeps scenarios apart', async () => {
    const [one, other] = [await stage.open(), await stage.open()];
    await publishPolicies(one, 'mine', [{ target: 'main.rego', source: 'main.rego' }]);
    const host = await other.values.expand('${GITHOST}', 'error');
    await expect(run('git', ['ls-remote', `https://${host}/git/mine.git`], { env: { PATH: process.env['PATH'], GIT_SSL_NO_VERIFY: 'true', GIT_TERMINAL_PROMPT: '0' } })).rejects.toMatchObject({ code: 128 });
  });
});

describe('storePolicyObject', () => {
  it('stores JSON or YAML with its variables expanded', async () => {
    const scenario = await stage.open();
    await scenario.images.pushImage('acceptance/image');
    const digest = hexOf(scenario.images.named('acceptance/image').image.digest);
    await storePolicyObject(scenario, { resource: 'enterprisecontractpolicies', name: 'json' }, '{ "a": "${GITHOST}", "b": "${KEPT}", "c": "${REGISTRY_acceptance/image:latest_DIGEST}" }');
    await storePolicyObject(scenario, { resource: 'snapshots', name: 'yaml' }, 'components:\n  - containerImage: ${REGISTRY}/acceptance/image\n');
    const host = await scenario.values.expand('${GITHOST}', 'error');
    expect(await read(scenario, 'enterprisecontractpolicies/json')).toMatchObject({ spec: { a: host, b: '${KEPT}', c: digest } });
    expect(await read(scenario, 'snapshots/yaml')).toMatchObject({ spec: { components: [{ containerImage: `registry.local/${scenario.identity.id}/acceptance/image` }] } });
  });

  it('replaces the names that are promised for the kind of object, and no others', async () => {
    const scenario = await stage.open();
    await scenario.images.pushImage('acceptance/image');
    await scenario.keys.make('known');
    const names = ['GITHOST', 'REGISTRY', 'REGISTRY_acceptance/image:latest_DIGEST', 'REKOR', 'TMPDIR', 'known_PUBLIC_KEY', 'TODAY_PLUS_30_DAYS'];
    const specification = JSON.stringify(Object.fromEntries(names.map((name) => [name, `\${${name}}`])));
    const kept = async (resource: 'enterprisecontractpolicies' | 'snapshots'): Promise<readonly string[]> => {
      await storePolicyObject(scenario, { resource, name: 'names' }, specification);
      const { spec } = (await read(scenario, `${resource}/names`)) as { spec: Record<string, string> };
      return names.filter((name) => spec[name] === `\${${name}}`);
    };
    expect(await kept('enterprisecontractpolicies')).toEqual(['REKOR', 'TMPDIR', 'known_PUBLIC_KEY', 'TODAY_PLUS_30_DAYS']);
    expect(await kept('snapshots')).toEqual(names.filter((name) => name !== 'REGISTRY'));
  });

  it.each(['{ "a": ', 'plain words', '', '[1, 2]', '42', 'a: b: c', '"text"'])('refuses %j', async (specification) => {
    const scenario = await stage.open();
    await expect(storePolicyObject(scenario, { resource: 'snapshots', name: 'bad' }, specification)).rejects.toMatchObject({ code: 'DOCUMENT_MALFORMED', cause: expect.any(Error) });
  });
});

describe('writeNamedFile', () => {
  it('writes below the working directory, or below the scenario, for nobody else to read', async () => {
    const scenario = await stage.open();
    await writeNamedFile(scenario, 'deep/er/input.json', '{"ref":"${REGISTRY}/a"}');
    const path = join(scenario.folders.work, 'deep/er/input.json');
    expect(await readFile(path, 'utf8')).toBe(`{"ref":"registry.local/${scenario.identity.id}/a"}`);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await writeNamedFile(scenario, '${TMPDIR}/x.txt', 'x');
    expect(await readFile(join(scenario.folders.root, 'x.txt'), 'utf8')).toBe('x');
  });

  it.each(['../../escaped', '/escaped', '${TMPDIR}/../escaped', '${TMPDIR}-escaped', '${TMPDIR}', '..'])('refuses to write at %s', async (name) => {
    const scenario = await stage.open();
    await expect(writeNamedFile(scenario, name, 'x')).rejects.toMatchObject({ code: 'FOLDER_NOT_WRITABLE' });
    expect(existsSync(`${scenario.folders.root}-escaped`)).toBe(false);
  });

  it('replaces what is there, which nobody else can read then', async () => {
    const scenario = await stage.open();
    const path = join(scenario.folders.work, 'tracked.yaml');
    await writeFile(path, 'a longer text than the next one', { mode: 0o644 });
    await writeNamedFile(scenario, 'tracked.yaml', '${REGISTRY}', { asWritten: true });
    expect(await readFile(path, 'utf8')).toBe('${REGISTRY}');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('refuses a variable that nobody knows', async () => {
    await expect(writeNamedFile(await stage.open(), 'a', '${WRONG}')).rejects.toMatchObject({ code: 'VARIABLE_UNKNOWN' });
  });
});

describe('setVariable', () => {
  it.each([
    ['EC_CACHE=true', 'EC_CACHE', 'true'],
    ['EMPTY=', 'EMPTY', ''],
    ['A=b=c d', 'A', 'b=c d'],
  ])('%s', async (line, name, value) => {
    const scenario = await stage.open();
    await setVariable(scenario, 'A=before');
    await setVariable(scenario, line);
    expect(scenario.environment.get(name)).toBe(value);
  });

  it.each(['EC_CACHE', '=true', ''])('refuses %j', async (line) => {
    const scenario = await stage.open();
    await expect(setVariable(scenario, line)).rejects.toEqual(expect.objectContaining({ code: 'DOCUMENT_MALFORMED' }));
    expect(scenario.environment.size).toBe(0);
  });
});

it('labels may name variables', async () => {
  const scenario = await stage.open();
  await scenario.images.pushImage('image');
  await addLabels(scenario, 'image', [['source', '${GITHOST}/a'], ['plain', 'b']]);
  expect(scenario.images.named('image').labels).toEqual({ source: `${await scenario.values.expand('${GITHOST}', 'error')}/a`, plain: 'b' });
});

describe('known values', () => {
  it('are digests of all that the scenario has pushed, and of nothing else', async () => {
    const [scenario, other] = [await stage.open(), await stage.open()];
    await other.images.pushImage('of-another');
    const { image } = await scenario.images.pushImage('acceptance/image');
    expect(await scenario.values.expand('${REGISTRY_acceptance/image:latest_DIGEST}', 'error')).toBe(hexOf(image.digest));
    const names = [...(await scenario.values.forSnapshots()).keys()].filter((name) => name.startsWith('REGISTRY_'));
    expect(names).toEqual(['REGISTRY_acceptance/image:latest_DIGEST', 'REGISTRY_acceptance/image/parent:latest_DIGEST']);
    await expect(scenario.values.expand('${REGISTRY_of-another:latest_DIGEST}', 'error')).rejects.toMatchObject({ code: 'VARIABLE_UNKNOWN' });
  });

  it('are keys, as files for commands, and in the forms of reports for snapshots', async () => {
    const scenario = await stage.open();
    const { pair, publicKeyFile, privateKeyFile } = await scenario.keys.make('known');
    expect(await scenario.values.expand('${known_PUBLIC_KEY} ${known_PRIVATE_KEY}', 'error')).toBe(`${publicKeyFile} ${privateKeyFile}`);
    const known = await scenario.values.forSnapshots();
    expect(JSON.parse(`"${known.get('known_PUBLIC_KEY_JSON')}"`)).toBe(pair.publicKeyPem);
    expect(known.get('known_PUBLIC_KEY_XML')).toMatch(/^-----BEGIN PUBLIC KEY-----&#xA;/);
  });
});

describe('openScenario', () => {
  it('copies the folder that validators work in, links as they are, without what is made anew at any time', async () => {
    const cwd = join(stage.folder, 'users-own');
    await mkdir(join(cwd, 'acceptance'), { recursive: true });
    await writeFile(join(cwd, 'acceptance', 'policy.yaml'), 'theirs');
    for (const name of ['.git', 'node_modules', 'acceptance/node_modules', 'runs', 'sub/runs']) {
      await mkdir(join(cwd, name), { recursive: true });
      await writeFile(join(cwd, name, 'file'), '');
    }
    await symlink('acceptance/policy.yaml', join(cwd, 'link.yaml'));
    const { folders } = await stage.open({ workFolder: { folder: cwd, leftOut: [join(cwd, 'runs')] } });
    expect(await readlink(join(folders.work, 'link.yaml'))).toBe('acceptance/policy.yaml');
    expect((await readdir(folders.work, { recursive: true })).sort()).toEqual(['acceptance', 'acceptance/policy.yaml', 'link.yaml', 'sub', 'sub/runs', 'sub/runs/file']);
    await writeFile(join(folders.work, 'link.yaml'), 'changed');
    expect(await readFile(join(cwd, 'acceptance', 'policy.yaml'), 'utf8')).toBe('theirs');
  });

  it('leaves no folder behind when its snapshot file is broken', async () => {
    await writeFile(join(stage.folder, 'snapshots', 'tests.snap'), '<<<<<<< HEAD\n');
    const sessionFolder = join(stage.folder, 'broken-session');
    await expect(stage.open({ sessionFolder })).rejects.toMatchObject({ code: 'SNAPSHOT_FILE_CORRUPT' });
    expect(existsSync(sessionFolder)).toBe(false);
    await writeFile(join(stage.folder, 'snapshots', 'tests.snap'), '');
  });

  it('leaves no folder behind when the folder to work in can not be copied', async () => {
    const sessionFolder = join(stage.folder, 'uncopied-session');
    await expect(stage.open({ sessionFolder, workFolder: { folder: join(stage.folder, 'gone'), leftOut: [] } })).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await readdir(join(sessionFolder, 'scenarios'))).toEqual([]);
  });
});
