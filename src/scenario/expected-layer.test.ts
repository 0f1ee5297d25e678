// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildArtifact, plainLayer } from '../oci/artifact.ts';
import { MediaType } from '../oci/manifest.ts';
import { pushPolicyBundle } from './artifacts.ts';
import { expectOnlyLayer } from './expected-layer.ts';
import type { ScenarioRun } from './scenario-run.ts';
import { openTestStage, type TestStage } from './test-scenario.ts';

let stage: TestStage;

beforeAll(async () => {
  stage = await openTestStage();
});

afterAll(async () => await stage[Symbol.asyncDispose]());

/** As another program would push it: nothing that a step knows of. */
async function pushed(...layers: readonly Buffer[]): Promise<ScenarioRun> {
  const scenario = await stage.open();
  const image = buildArtifact({ layers: layers.map((bytes) => plainLayer(bytes, MediaType.ociLayer, {})), manifestType: MediaType.ociManifest, configType: MediaType.ociConfig });
  await scenario.registry.pushImage(scenario.images.repositoryOf('tracked/bundle'), image, 'tag');
  return scenario;
}

it.each([['as it is', (bytes: Buffer) => bytes], ['compressed', gzipSync]])('takes a layer %s, with the registry and the day expanded', async (_what, form) => {
  const scenario = await pushed(Buffer.alloc(0));
  const day = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
  const text = `- ref: registry.local/${scenario.identity.id}/image\n  effective_on: "${day}T00:00:00Z"\n`;
  const image = buildArtifact({ layers: [plainLayer(form(Buffer.from(text)), MediaType.ociLayer, {})], manifestType: MediaType.ociManifest, configType: MediaType.ociConfig });
  await scenario.registry.pushImage(scenario.images.repositoryOf('tracked/bundle'), image, 'tag');
  await expectOnlyLayer(scenario, 'tracked/bundle:tag', '- ref: ${REGISTRY}/image\n  effective_on: "${TODAY_PLUS_30_DAYS}"\n');
});

it('shows where another content parts', async () => {
  const scenario = await pushed(Buffer.from('one\ntwo\n'));
  const message = 'the layer of tracked/bundle:tag is another\n\n- expected\n+ layer of tracked/bundle:tag\n\n  one\n- three\n+ two\n';
  await expect(expectOnlyLayer(scenario, 'tracked/bundle:tag', 'one\nthree\n')).rejects.toMatchObject({ code: 'EXPECTATION_BROKEN', message });
});

it('takes a line end at the end seriously', async () => {
  await expect(expectOnlyLayer(await pushed(Buffer.from('one\n')), 'tracked/bundle:tag', 'one')).rejects.toMatchObject({ code: 'EXPECTATION_BROKEN' });
});

it.each([
  ['no layer', [], 'tracked/bundle:tag has 0 layers, not one'],
  ['two layers', ['a', 'b'], 'tracked/bundle:tag has 2 layers, not one'],
])('refuses %s', async (_what, layers, message) => {
  await expect(expectOnlyLayer(await pushed(...layers.map((text) => Buffer.from(text))), 'tracked/bundle:tag', 'a')).rejects.toMatchObject({ code: 'EXPECTATION_BROKEN', message });
});

it.each([
  ['tracked/bundle', 'there is no image tracked/bundle in the registry; its repository has the tags tag'],
  ['tracked/other:tag', 'there is no image tracked/other:tag in the registry; its repository has no tags'],
])('says what is there instead of %s', async (name, message) => {
  await expect(expectOnlyLayer(await pushed(Buffer.from('a')), name, 'a')).rejects.toMatchObject({ code: 'EXPECTATION_BROKEN', message });
});

it('says so where the layer is no text', async () => {
  const scenario = await pushed(Buffer.from([0xff]));
  await expect(expectOnlyLayer(scenario, 'tracked/bundle:tag', '\ufffd')).rejects.toMatchObject({ message: 'the layer of tracked/bundle:tag is another and is no text' });
});

it('reads what a policy bundle has', async () => {
  const scenario = await stage.open();
  await writeFile(join(stage.folder, 'examples', 'data.yaml'), 'a: 1\n');
  await pushPolicyBundle(scenario, 'policy', [{ target: 'data.yaml', source: 'data.yaml' }]);
  await expectOnlyLayer(scenario, 'policy', 'a: 1\n');
});
