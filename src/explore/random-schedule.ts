// SPDX-License-Identifier: Apache-2.0
import { seededRandom } from '../foundation/seed.ts';
import type { TurnRule } from '../faults/turns.ts';
import type { CallFamily } from '../history/event.ts';
import { callFamilies } from '../tracing/calls.ts';

/** Priorities and change points that are drawn by chance; the same four numbers give the same ones again. */
export interface RandomSchedule {
  readonly strategy: 'random';
  /** How many orderings a bug may need: one more than there are change points. */
  readonly depth: number;
  /** Among how many steps the change points are drawn: what all processes together make when each is alone. */
  readonly steps: number;
  readonly seed: number;
}

/** Reads come in numbers and change nothing. */
export const steppingFamilies: readonly CallFamily[] = callFamilies.filter((family) => family !== 'read');

export function turnsOf({ depth, steps, seed }: RandomSchedule, { participants, timeoutMs, isTraced }: { readonly participants: readonly string[]; readonly timeoutMs: number; readonly isTraced: boolean }): TurnRule {
  const random = seededRandom(`${depth}/${steps}/${seed}`);
  const order: string[] = [];
  for (const left = [...participants]; left.length > 0; ) order.push(...left.splice(random.below(left.length), 1));
  // While the first one runs, or it would interrupt nobody; at its first step it is not under way yet.
  const share = Math.max(2, Math.floor(steps / participants.length));
  const changes = Array.from({ length: depth - 1 }, (_, nth) => (nth === 0 ? 2 + random.below(share - 1) : 1 + random.below(steps)));
  return { order, changes, families: isTraced ? steppingFamilies : [], timeoutMs };
}

/** Another one of the same kind, the same one each time. */
export function drawnAgain({ seed, ...rest }: RandomSchedule): RandomSchedule {
  return { ...rest, seed: seededRandom(`again/${seed}`).below(1_000_000_000) };
}

/**
 * The least probability with which one random schedule finds a bug of that depth, if there is one: 1 / (n k^(d-1)) for n
 * processes and k steps. https://www.microsoft.com/en-us/research/publication/a-randomized-scheduler-with-probabilistic-guarantees-of-finding-bugs/
 */
export function leastChance({ participants, steps, depth }: { readonly participants: number; readonly steps: number; readonly depth: number }): number {
  return 1 / (participants * steps ** (depth - 1));
}

/**
 * The name by which a schedule falls to one of several machines. How many steps there are calm runs tell, which differ by some from machine to machine:
 * a schedule of chance is known by its depth and seed there.
 */
export function nameForShards(schedule: string): string {
  return schedule.replace(/^random\/(\d+)\/\d+\/(\d+)$/, 'random/$1/$2');
}
