// SPDX-License-Identifier: Apache-2.0
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { attest, sign } from '../scenario/fixtures.ts';
import type { KnownLayer } from '../scenario/images.ts';
import type { Participant } from '../scenario/run.ts';
import type { ScenarioRun } from '../scenario/scenario-run.ts';
import { splitCommand } from '../validator/words.ts';
import { expand } from '../scenario/variables.ts';

/** What the processes of an exploration validate: an image each, with one layer that all of them share. */
export interface Workload {
  readonly participants: readonly Participant[];
  readonly shared: KnownLayer;
}

const image = 'acceptance/bundle';
const line = `validate image --image \${REGISTRY}/${image}-\${PARTICIPANT} --policy \${POLICY} --rekor-url \${REKOR} --public-key \${known_PUBLIC_KEY} --show-successes --output json`;

/** Operator bundles, signed and attested, and a policy that reads their layers. */
export async function prepareWorkload(scenario: ScenarioRun, count: number): Promise<Workload> {
  await scenario.keys.make('known');
  const bundles = await scenario.images.pushBundles(image, count);
  const signing = { keyName: 'known', logging: 'bundled', provenance: 'slsa-v0.2' } as const;
  await Promise.all(bundles.flatMap(({ name }) => [sign(scenario, name, signing), attest(scenario, name, signing)]));
  const policy = JSON.stringify({ sources: [{ policy: [await policyFolder(scenario)] }] });
  const participants = await Promise.all(
    bundles.map(async (_bundle, index) => {
      const own = expand(line, new Map([['PARTICIPANT', String(index + 1)]]), 'keep');
      const words = await Promise.all(splitCommand(own).map(async (word) => (word === '${POLICY}' ? policy : await scenario.values.expand(word, 'error'))));
      return { name: `validator-${index + 1}`, arguments: words };
    }),
  );
  const shared = scenario.images.readLayers().find(({ images }) => images.length === count);
  if (shared === undefined) throw new TypeError('bundles share a layer');
  return { participants, shared };
}

async function policyFolder({ context, folders }: ScenarioRun): Promise<string> {
  const folder = join(folders.root, 'policy');
  await mkdir(folder);
  for (const ending of ['rego', 'wasm', 'annotations.json']) {
    await copyFile(join(context.examplesFolder, `bundle_files.${ending}`), join(folder, `bundle_files.${ending}`));
  }
  return folder;
}
