// SPDX-License-Identifier: Apache-2.0
import { StampedeError } from '../foundation/errors.ts';
import type { ImageShelf, KnownLayer } from './images.ts';
import type { Meeting } from './plan.ts';
import type { Participant } from './run.ts';

/** Images that commands name, by their own name. */
export function namedImages(images: ImageShelf, participants: readonly Pick<Participant, 'arguments'>[]): readonly string[] {
  const words = participants.flatMap((participant) => participant.arguments).join(' ');
  const isNamed = (reference: string): boolean => words.split(reference).slice(1).some((rest) => !/^(?:[\w/-]|\.\w)/.test(rest));
  return images.all().filter(({ name }) => isNamed(images.referenceOf(name))).map(({ name }) => name);
}

/** Layers that validators of these commands read through their cache. */
export function layersOf(images: ImageShelf, participants: readonly Pick<Participant, 'arguments'>[]): readonly KnownLayer[] {
  const named = namedImages(images, participants);
  return images.readLayers().filter((layer) => layer.images.some((image) => named.includes(image)));
}

/**
 * Digests of the layers that a gate holds: those that every participant needs, those that not every one needs, or all.
 * @throws StampedeError STEP_OUT_OF_ORDER when there is no such layer to meet at
 */
export function layersMetAt(images: ImageShelf, meeting: Meeting, participants: readonly Participant[]): readonly string[] {
  if (meeting === 'alone' || meeting === 'first-request') return [];
  const needed = participants.map((participant) => layersOf(images, [participant]).map(({ digest }) => digest));
  const all = [...new Set(needed.flat())];
  const isShared = (digest: (typeof all)[number]): boolean => needed.every((digests) => digests.includes(digest));
  const met = meeting === 'components' ? all : all.filter((digest) => isShared(digest) === (meeting !== 'own-layer'));
  if (met.length > 0) return met;
  throw new StampedeError('STEP_OUT_OF_ORDER', `the commands name no images with a layer to meet at (${meeting})`, {
    hint: 'write before: Given 3 operator bundle images named "..." that share a layer, ...',
  });
}
