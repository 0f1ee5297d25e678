// SPDX-License-Identifier: Apache-2.0
import type { BodyPosition } from '../faults/gate.ts';
import type { Failure, Schedule } from './schedule.ts';

/** Meetings for features: they stop nobody in the shared layer, so an enumeration has nothing to find there. */
export const plainMeetings = [{ strategy: 'first-request' }, { strategy: 'own-layers' }, { strategy: 'components-under-way' }] as const satisfies readonly Schedule[];

interface Possible {
  /** The name that is looked for: bytes in it are a place, since how many there can be is another number for each layer. */
  readonly name: string;
  readonly positions: readonly BodyPosition[];
  readonly failures: readonly Failure[];
}

/** Schedules that features ask for by their names, and an enumeration leaves out: places in bytes, failures at any place, plain meetings. */
export function ofFeatures(leaders: readonly number[], { name, positions, failures }: Possible): readonly Schedule[] {
  const inBytes = name.split('/').filter((word): word is BodyPosition => /^byte-[1-9]\d{0,11}$/.test(word));
  const places = [...positions, ...inBytes];
  const led = leaders.flatMap((leader) => places.flatMap((at): readonly Schedule[] => [
    ...(['leader-follower', 'leader-killed', 'leader-stalls', 'bystander'] as const).map((strategy) => ({ strategy, at, leader })),
    ...failures.map((how) => ({ strategy: 'leader-fails', how, at, leader }) as const),
  ]));
  const ofComponents = places.flatMap((at): readonly Schedule[] => [
    { strategy: 'components-in-turn', at },
    ...(['go', 'reset', 'wrong-bytes'] as const).map((how) => ({ strategy: 'components', at, how }) as const),
  ]);
  return [...plainMeetings, ...led, ...ofComponents];
}
