// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toolOrSkip } from '../foundation/tools.ts';
import { digestOf } from '../oci/digest.ts';
import type { Manifest } from '../oci/manifest.ts';
import { readTar } from '../oci/tar.ts';
import { pushLooseBlob, pushPolicyBundle, pushTektonBundle } from './artifacts.ts';
import type { ScenarioRun } from './scenario-run.ts';
import { buildTektonBundle } from './tekton-bundle.ts';
import { openTestStage, type TestStage } from './test-scenario.ts';

const run = promisify(execFile);
const crane = toolOrSkip('crane');
const limits = { entryBytes: 2 ** 20, totalBytes: 2 ** 20, entries: 10 };
let stage: TestStage;

beforeAll(async () => {
  stage = await openTestStage();
  const files = { 'main.rego': 'package main # ${GITHOST}', 'main.wasm': '\0asm', 'data.yaml': 'host: ${GITHOST} ${OTHER}\n' };
  for (const [name, content] of Object.entries(files)) await writeFile(join(stage.folder, 'examples', name), content);
});

afterAll(async () => await stage[Symbol.asyncDispose]());

async function manifestOf({ images, registry }: ScenarioRun, name: string, tag: string): Promise<Manifest> {
  return JSON.parse((await registry.getManifest(images.repositoryOf(name), tag))!.bytes.toString('utf8')) as Manifest;
}

describe('a policy bundle', () => {
  it('has a layer for each file that is named, and the title that a client puts it under', async () => {
    const scenario = await stage.open();
    await pushPolicyBundle(scenario, 'acceptance/policy:v1', [{ target: 'policy/main.rego', source: 'examples/main.rego' }, { target: 'data/data.yaml', source: 'data.yaml' }]);
    const { layers, config } = await manifestOf(scenario, 'acceptance/policy', 'v1');
    expect(config.mediaType).toBe('application/vnd.unknown.config.v1+json');
    expect(layers.map(({ mediaType, annotations }) => [mediaType, annotations])).toEqual(
      ['policy/main.rego', 'data/data.yaml'].map((title) => ['application/vnd.cncf.openpolicyagent.data.layer.v1+json', { 'org.opencontainers.image.title': title }]),
    );
    const contents = await Promise.all(layers.map(async ({ digest }) => await scenario.registry.getBlobBytes(scenario.images.repositoryOf('acceptance/policy'), digest, 1e6)));
    const host = await scenario.values.expand('${GITHOST}', 'error');
    expect(contents.map(String)).toEqual(['package main # ${GITHOST}', `host: ${host} \${OTHER}\n`]);
    expect(await scenario.values.expand('${REGISTRY_acceptance/policy:v1_DIGEST}', 'error')).toMatch(/^[0-9a-f]{64}$/);
  });

  it('refuses a source that is not there', async () => {
    const scenario = await stage.open();
    await expect(pushPolicyBundle(scenario, 'policy', [{ target: 'a', source: 'examples/missing.rego' }])).rejects.toMatchObject({ code: 'EXAMPLE_MISSING' });
  });
});

describe('a tekton bundle', () => {
  // As other programs make them: https://pkg.go.dev/github.com/google/go-containerregistry/pkg/v1/mutate, with layers as streams.
  it.each([
    ['task1', 157, 'sha256:0af8c4f92f4b252b3ef0cbd712e7352196bc33a96c58b6e1d891b26e171deae8'],
    ['task2', 158, 'sha256:7af058b8a7adb24b74875411d625afbf90af6b4ed41b740606032edf1c4a0d1d'],
  ])('with %s has the digest that feature files name', async (name, size, digest) => {
    const bundle = await buildTektonBundle([{ kind: 'Task', name }]);
    expect(bundle.layers[0]?.bytes).toHaveLength(size);
    expect(bundle.digest).toBe(digest);
  });

  it.each(['task1', 'task2', 'task3'])('holds one file a layer, with YAML (%s)', async (name) => {
    const { layers } = await buildTektonBundle([{ kind: 'Task', name }, { kind: 'Pipeline', name: 'pipeline1' }]);
    const found = [];
    for (const { bytes, descriptor } of layers) {
      for await (const { path, content } of readTar(Readable.from([gunzipSync(bytes)]), limits)) found.push([path, (await buffer(content)).toString('utf8'), descriptor.annotations]);
    }
    const annotations = (kind: string, title: string): object => ({ 'dev.tekton.image.apiVersion': 'v1', 'dev.tekton.image.kind': kind, 'dev.tekton.image.name': title });
    expect(found).toEqual([
      [name, `apiVersion: tekton.dev/v1\nkind: Task\nmetadata:\n  name: ${name}\nspec:`, annotations('task', name)],
      ['pipeline1', expect.stringMatching(/^apiVersion: tekton.dev\/v1\nkind: Pipeline\nmetadata:\n {2}name: pipeline1\nspec:\n {2}tasks:\n/), annotations('pipeline', 'pipeline1')],
    ]);
  });

  it.each([
    [{ kind: 'StepAction', name: 'a' }, /"StepAction" is no kind/, 'write Task or Pipeline'],
    [{ kind: 'task', name: 'a' }, /"task" is no kind/, 'write Task or Pipeline'],
    [{ kind: 'Task', name: 'Not a name' }, /"Not a name" can't name/, 'use small letters, digits, - and .'],
    [{ kind: 'Task', name: '../task' }, /can't name/, 'use small letters, digits, - and .'],
  ])('refuses %j with its row', async (object, reason, hint) => {
    const made = buildTektonBundle([{ kind: 'Task', name: 'fine' }, object]);
    await expect(made).rejects.toMatchObject({ code: 'DOCUMENT_MALFORMED', message: 'row 2 of the table is refused', hint, cause: { message: expect.stringMatching(reason) } });
  });
});

it('a loose blob is found by its digest, and there is no tag', async () => {
  const scenario = await stage.open();
  await pushLooseBlob(scenario, 'acceptance/blobs', 'spam');
  const repository = scenario.images.repositoryOf('acceptance/blobs');
  expect((await scenario.registry.getBlobBytes(repository, digestOf(Buffer.from('spam')), 10)).toString()).toBe('spam');
  expect(await scenario.registry.tags(repository)).toEqual([]);
});

it.each(['', 'Upper/case', 'a b', 'a//b', '/a', 'a:', 'a:b:c', 'a@sha256:0', '../a', 'a:tag with spaces'])('no artifact is named %j', async (name) => {
  const scenario = await stage.open();
  const refused = { code: 'REFERENCE_MALFORMED', hint: expect.stringContaining('acceptance/image:tag') };
  await expect(pushTektonBundle(scenario, name, [{ kind: 'Task', name: 'a' }])).rejects.toMatchObject(refused);
  await expect(scenario.images.pushImage(name)).rejects.toMatchObject(refused);
  await expect(pushLooseBlob(scenario, name, 'a')).rejects.toMatchObject(refused);
});

describe.skipIf(crane === undefined)('crane', () => {
  it('finds bundles, their layers and loose blobs', async () => {
    const scenario = await stage.open();
    const host = new URL(stage.addresses.registryUrl).host;
    const asCrane = async (...words: string[]): Promise<string> => (await run(crane ?? '', [...words, '--insecure'], { env: { HOME: stage.folder } })).stdout;
    const of = (name: string): string => `${host}/${scenario.images.repositoryOf(name)}`;
    await pushTektonBundle(scenario, 'acceptance/bundle:tag', [{ kind: 'Task', name: 'task1' }, { kind: 'Task', name: 'other' }, { kind: 'Pipeline', name: 'pipeline1' }]);
    await pushPolicyBundle(scenario, 'acceptance/policy', [{ target: 'main.rego', source: 'main.rego' }]);
    await pushLooseBlob(scenario, 'acceptance/policy', 'spam');
    expect(await asCrane('validate', '--remote', `${of('acceptance/bundle')}:tag`)).toContain('PASS');
    expect(await asCrane('digest', `${of('acceptance/bundle')}:tag`)).toBe(`sha256:${await scenario.values.expand('${REGISTRY_acceptance/bundle:tag_DIGEST}', 'error')}\n`);
    const [layer] = (JSON.parse(await asCrane('manifest', of('acceptance/policy'))) as Manifest).layers;
    expect(await asCrane('blob', `${of('acceptance/policy')}@${layer?.digest}`)).toBe('package main # ${GITHOST}');
    expect(await asCrane('blob', `${of('acceptance/policy')}@${digestOf(Buffer.from('spam'))}`)).toBe('spam');
  });
});
