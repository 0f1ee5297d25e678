// SPDX-License-Identifier: Apache-2.0
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { attest, sign } from '../scenario/fixtures.ts';
import { registryHost } from '../scenario/environment.ts';
import { identify } from '../scenario/identity.ts';
import { bundleLayerBytes, ImageShelf, type KnownLayer } from '../scenario/images.ts';
import type { Participant } from '../scenario/run.ts';
import type { ScenarioRun } from '../scenario/scenario-run.ts';
import { expand } from '../scenario/variables.ts';
import { pushUnusual, type Unusual } from './unusual.ts';
import { serialArgumentsOf } from '../validator/subject.ts';
import { splitCommand } from '../validator/words.ts';

/** What can be chosen of the images, and of how they are validated. */
export interface WorkloadShape {
  /** Of each image: the shared one, and its own. */
  readonly layers: number;
  /** Of what fills each layer. */
  readonly layerBytes: number;
  /** Put after the usual arguments. */
  readonly flags: readonly string[];
}

export const usualShape: WorkloadShape = { layers: 2, layerBytes: bundleLayerBytes, flags: [] };

export function isUsual({ layers, layerBytes, flags }: WorkloadShape): boolean {
  return layers === usualShape.layers && layerBytes === usualShape.layerBytes && flags.length === 0;
}

/** What the processes of an exploration validate: an image each, with one layer that all of them share. */
export interface Workload {
  readonly shape: WorkloadShape;
  readonly participants: readonly Participant[];
  /** One process that validates all of the images, as components; undefined for programs that take one. */
  readonly together: Participant | undefined;
  /** The same commands, for a run without a cache. */
  readonly alone: readonly Participant[];
  /** One process that validates an image of another kind, which is made when it is first asked for; undefined for programs that read no bundles. */
  readonly unusual: ((which: Unusual) => Promise<Participant>) | undefined;
  /** One that takes no part unless a schedule needs one more, and the same without a cache. */
  readonly spare: { readonly participant: Participant; readonly alone: Participant };
  readonly shared: KnownLayer;
  /** A layer that only that participant reads; undefined where it has none. */
  readonly ownOf: (participant: string) => string | undefined;
  /** Digests of all that are read, and of those that not every participant reads. */
  readonly layers: { readonly all: readonly string[]; readonly own: readonly string[] };
  /** Of the images, in the order of participants and components. */
  readonly repositories: readonly string[];
}

const image = 'acceptance/bundle';

/** Explorations are one scenario, whatever they explore: their images are the same in every run and on every machine. */
export const explorationIdentity = identify({ feature: 'explore', rule: undefined, name: 'explore', row: undefined, uri: '', line: 0 });

/** The layers that an exploration of so many images, and a spare one, will have, known without a registry. */
export async function plannedLayers(count: number, { layers, layerBytes }: Omit<WorkloadShape, 'flags'> = usualShape): Promise<{ readonly shared: KnownLayer; readonly all: readonly KnownLayer[] }> {
  const shelf = new ImageShelf({ registry: { pushImage: async (_repository, { digest }) => await Promise.resolve(digest) }, host: registryHost, prefix: explorationIdentity.id });
  await shelf.pushBundles(image, count + 1, { layers, layerBytes });
  return { shared: sharedOf(shelf, count + 1), all: shelf.knownLayers() };
}

function sharedOf(shelf: ImageShelf, count: number): KnownLayer {
  const shared = shelf.readLayers().find(({ images }) => images.length === count);
  if (shared === undefined) throw new TypeError('bundles share a layer');
  return shared;
}

const line = 'validate image --images ${IMAGES} --policy ${POLICY} --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --show-successes --output json';

/** Operator bundles, signed and attested, and a policy that reads their layers. */
export async function prepareWorkload(scenario: ScenarioRun, count: number, shape: WorkloadShape = usualShape): Promise<Workload> {
  await scenario.keys.make('known');
  const bundles = await scenario.images.pushBundles(image, count + 1, { areTitled: scenario.subject.exploration !== undefined, layers: shape.layers, layerBytes: shape.layerBytes });
  const signing = { keyName: 'known', logging: 'bundled', provenance: 'slsa-v0.2' } as const;
  await Promise.all(bundles.flatMap(({ name }) => [sign(scenario, name, signing), attest(scenario, name, signing)]));
  const shared = sharedOf(scenario.images, count + 1);
  const images = bundles.slice(0, count).map(({ name }) => name);
  const spareImage = bundles[count]?.name ?? '';
  const commands = scenario.subject.exploration === undefined ? await validations(scenario, { images, spareImage, flags: shape.flags }) : otherProgram(scenario, { images, spareImage, flags: shape.flags });
  const ownOf = (participant: string): string | undefined => {
    const image = images[commands.participants.findIndex(({ name }) => name === participant)];
    return scenario.images.readLayers().find((layer) => layer.images.length === 1 && layer.images[0] === image)?.digest;
  };
  const all = scenario.images.readLayers().map(({ digest }) => digest);
  return { ...commands, shape, shared, ownOf, layers: { all, own: all.filter((digest) => digest !== shared.digest) }, repositories: images.map((name) => scenario.images.repositoryOf(name)) };
}

/** Each process as it is called without a cache. */
export function withoutCache(workload: Workload): Workload {
  const alone = (participant: Participant): Participant => workload.alone.find(({ name }) => name === participant.name) ?? participant;
  return { ...workload, participants: workload.participants.map(alone), together: workload.together === undefined ? undefined : alone(workload.together), unusual: undefined };
}

interface Validated {
  readonly images: readonly string[];
  readonly spareImage: string;
  readonly flags: readonly string[];
}

type Commands = Pick<Workload, 'participants' | 'together' | 'alone' | 'unusual' | 'spare'>;

/** As a validator is called: one process an image, or all images in one. */
async function validations(scenario: ScenarioRun, { images, spareImage, flags }: Validated): Promise<Commands> {
  const policy = JSON.stringify({ sources: [{ policy: [await policyFolder(scenario)] }] });
  const participant = async (name: string, images: readonly string[]): Promise<Participant> => {
    const components = images.map((one, index) => ({ name: `component-${index + 1}`, containerImage: scenario.images.referenceOf(one) }));
    const given = new Map([['POLICY', policy], ['IMAGES', JSON.stringify({ components })]]);
    const words = await Promise.all(splitCommand(line).map(async (word) => given.get(word.slice(2, -1)) ?? (await scenario.values.expand(word, 'error'))));
    return { name, arguments: [...words, ...flags] };
  };
  const participants = await Promise.all(images.map(async (name, index) => await participant(`validator-${index + 1}`, [name])));
  const together = await participant('validator-all', images);
  const alone = ({ name, arguments: words }: Participant): Participant => ({ name, arguments: [...words, ...serialArgumentsOf(scenario.subject, words)] });
  const spare = await participant(`validator-${images.length + 1}`, [spareImage]);
  const made = new Map<Unusual, Promise<Participant>>();
  const unusual = async (which: Unusual): Promise<Participant> => {
    const known = made.get(which) ?? pushUnusual(scenario, which).then(async ({ name }) => await participant(`validator-${which}`, [name]));
    made.set(which, known);
    return await known;
  };
  return { participants, together, unusual, alone: [...participants, together].map(alone), spare: { participant: spare, alone: alone(spare) } };
}

/** As the subject says. The folders of the cache and of the output are others for each attempt: `${CACHE}` and `${OUT}` stay. */
function otherProgram({ subject, images: shelf }: ScenarioRun, { images, spareImage, flags }: Validated): Commands {
  const all = [...images, spareImage];
  const called = (template: readonly string[] = []): readonly Participant[] =>
    all.map((image, index) => {
      const name = `validator-${index + 1}`;
      const values = new Map([['IMAGE', shelf.referenceOf(image)]]);
      return { name, arguments: [...template.map((word) => expand(word, values, 'keep')), ...flags] };
    });
  const [cached, alone] = [called(subject.exploration?.arguments), called(subject.exploration?.withoutCache)];
  const spare = { participant: cached.at(-1) as Participant, alone: alone.at(-1) as Participant };
  return { participants: cached.slice(0, -1), together: undefined, unusual: undefined, alone: alone.slice(0, -1), spare };
}

async function policyFolder({ context, folders }: ScenarioRun): Promise<string> {
  const folder = join(folders.root, 'policy');
  await mkdir(folder);
  for (const ending of ['rego', 'wasm', 'annotations.json']) {
    await copyFile(join(context.examplesFolder, `bundle_files.${ending}`), join(folder, `bundle_files.${ending}`));
  }
  return folder;
}
