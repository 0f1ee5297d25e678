// SPDX-License-Identifier: Apache-2.0
import type { Forced } from '../explore/attempt.ts';
import { senselessIn } from '../scenario/stored-plan.ts';
import type { Size } from './case.ts';

/** A smaller size, and what was taken away. */
export interface Reduction {
  readonly size: Size;
  /** `4 participants → 2` */
  readonly words: string;
}

/** Schedules need two images at least. */
const fewestParticipants = 2;
/** Below that a body has no middle: any write or read takes all of it. */
const sizes = [4 * 1024, 64 * 1024, 256 * 1024];

/** Schedules that are about a layer of somebody's own need one: on the shared layer, waiting is right. */
function fewestLayers(schedule: string): number {
  return ['bystander', 'own-layers'].includes(schedule.split('/')[0] ?? '') ? 2 : 1;
}

/** All that can be taken away, at once: where that is enough, one try does for all. Undefined where there is nothing. */
export function leastOf(size: Size, schedule: string): Reduction | undefined {
  return reduced(size, { participants: Math.min(size.participants, fewestParticipants), shape: { layers: Math.min(size.shape.layers, fewestLayers(schedule)), layerBytes: Math.min(size.shape.layerBytes, sizes[0] ?? 0), flags: [] } });
}

/** What can be tried in place of it, one thing at a time, the most of it first; of what is kept, the same is asked again. */
export function reductionsOf(size: Size, schedule: string): readonly (readonly Reduction[])[] {
  const { participants, shape } = size;
  const counts = [...new Set([fewestParticipants, Math.ceil(participants / 2), participants - 1])].filter((count) => count >= fewestParticipants && count < participants);
  const least = fewestLayers(schedule);
  const layers = [...new Set([least, shape.layers - 1])].filter((count) => count >= least && count < shape.layers);
  const words = groupsOf(shape.flags);
  const flags = words.length === 0 ? [] : [[], ...(words.length === 1 ? [] : words.map((group) => words.filter((other) => other !== group).flat()))];
  const each = (others: readonly Size[]): readonly Reduction[] => others.map((other) => reduced(size, other)).filter((one) => one !== undefined);
  return [
    each(counts.map((count) => ({ ...size, participants: count }))),
    each(flags.map((left) => ({ ...size, shape: { ...shape, flags: left } }))),
    each(layers.map((count) => ({ ...size, shape: { ...shape, layers: count } }))),
    each(sizes.filter((bytes) => bytes < shape.layerBytes).map((layerBytes) => ({ ...size, shape: { ...shape, layerBytes } }))),
  ];
}

function reduced({ participants, shape }: Size, smaller: Size): Reduction | undefined {
  const { shape: left } = smaller;
  const said = (what: string, before: string | number, after: string | number): readonly string[] => (before === after ? [] : [`${what} ${before} → ${after}`]);
  const words = [
    ...said('participants', participants, smaller.participants),
    ...said('layers of each image', shape.layers, left.layers),
    ...said('bytes of a layer', shape.layerBytes, left.layerBytes),
    ...said('flags', shape.flags.join(' ') || 'none', left.flags.join(' ') || 'none'),
  ];
  return words.length === 0 ? undefined : { size: smaller, words: words.join(', ') };
}

/** A flag, and the words up to the next one, which may be its value. */
function groupsOf(flags: readonly string[]): readonly (readonly string[])[] {
  const groups: string[][] = [];
  for (const word of flags) {
    if (word.startsWith('-') || groups.length === 0) groups.push([word]);
    else groups.at(-1)?.push(word);
  }
  return groups;
}

/** The gates without one of them, where the others make sense alone. None at all is no schedule: what then comes, comes by luck. */
export function fewerGates(forced: Forced, participants: readonly string[]): readonly { readonly forced: Forced; readonly words: string }[] {
  const those = participants.map((name) => ({ name, arguments: [] }));
  return forced.gates
    .map((gate) => ({ forced: { ...forced, gates: forced.gates.filter((other) => other !== gate) }, words: `the gate "${gate.name}" → none` }))
    .filter(({ forced: { gates } }) => gates.length > 0 && senselessIn({ participants: those, gates }).length === 0);
}
