// SPDX-License-Identifier: Apache-2.0
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { attest, sign } from '../scenario/fixtures.ts';
import type { KnownLayer } from '../scenario/images.ts';
import type { Participant } from '../scenario/run.ts';
import type { ScenarioRun } from '../scenario/scenario-run.ts';
import { splitCommand } from '../validator/words.ts';

/** What the processes of an exploration validate: an image each, with one layer that all of them share. */
export interface Workload {
  readonly participants: readonly Participant[];
  /** One process that validates all of the images, as components. */
  readonly together: Participant;
  readonly shared: KnownLayer;
  /** Of the images, in the order of participants and components. */
  readonly repositories: readonly string[];
}

const image = 'acceptance/bundle';
const line = 'validate image --images ${IMAGES} --policy ${POLICY} --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --show-successes --output json';

/** Operator bundles, signed and attested, and a policy that reads their layers. */
export async function prepareWorkload(scenario: ScenarioRun, count: number): Promise<Workload> {
  await scenario.keys.make('known');
  const bundles = await scenario.images.pushBundles(image, count);
  const signing = { keyName: 'known', logging: 'bundled', provenance: 'slsa-v0.2' } as const;
  await Promise.all(bundles.flatMap(({ name }) => [sign(scenario, name, signing), attest(scenario, name, signing)]));
  const policy = JSON.stringify({ sources: [{ policy: [await policyFolder(scenario)] }] });
  const participant = async (name: string, images: readonly string[]): Promise<Participant> => {
    const components = images.map((one, index) => ({ name: `component-${index + 1}`, containerImage: scenario.images.referenceOf(one) }));
    const given = new Map([['POLICY', policy], ['IMAGES', JSON.stringify({ components })]]);
    return { name, arguments: await Promise.all(splitCommand(line).map(async (word) => given.get(word.slice(2, -1)) ?? (await scenario.values.expand(word, 'error')))) };
  };
  const participants = await Promise.all(bundles.map(async ({ name }, index) => await participant(`validator-${index + 1}`, [name])));
  const together = await participant('validator-all', bundles.map(({ name }) => name));
  const shared = scenario.images.readLayers().find(({ images }) => images.length === count);
  if (shared === undefined) throw new TypeError('bundles share a layer');
  return { participants, together, shared, repositories: bundles.map(({ name }) => scenario.images.repositoryOf(name)) };
}

async function policyFolder({ context, folders }: ScenarioRun): Promise<string> {
  const folder = join(folders.root, 'policy');
  await mkdir(folder);
  for (const ending of ['rego', 'wasm', 'annotations.json']) {
    await copyFile(join(context.examplesFolder, `bundle_files.${ending}`), join(folder, `bundle_files.${ending}`));
  }
  return folder;
}
