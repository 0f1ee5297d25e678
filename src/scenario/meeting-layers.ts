// SPDX-License-Identifier: Apache-2.0
import type { ImageShelf, KnownLayer } from './images.ts';
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
