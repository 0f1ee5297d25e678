// SPDX-License-Identifier: Apache-2.0
import { seededRandom } from '../foundation/seed.ts';
import type { Schedule } from './schedule.ts';

/** One of each strategy, then the next of each, and so on: what only one strategy shows is found long before all places of another are through. */
export function inTurns(schedules: readonly Schedule[]): readonly Schedule[] {
  const nth = new Map<string, number>();
  const turns = schedules.map((schedule) => {
    const turn = nth.get(schedule.strategy) ?? 0;
    nth.set(schedule.strategy, turn + 1);
    return { schedule, turn };
  });
  return turns.sort((one, other) => one.turn - other.turn).map(({ schedule }) => schedule);
}

/** In an order drawn by the seed. */
export function shuffled<T>(things: readonly T[], seed: string): readonly T[] {
  const random = seededRandom(seed);
  const left = [...things];
  const order: T[] = [];
  while (left.length > 0) order.push(...left.splice(random.below(left.length), 1));
  return order;
}
