// SPDX-License-Identifier: Apache-2.0
import type { CallPlaces } from '../explore/call-place.ts';
import { shuffled } from '../explore/order.ts';
import { enumerate, enumerateTwoStops, isOfCalls, isOfValidators, type Schedule } from '../explore/schedule.ts';
import { seededRandom } from '../foundation/seed.ts';
import type { Likely, Strategy } from './likelihood.ts';

/** Why a schedule is tried when it is. */
export type Phase = 'strategies' | 'places' | 'pairs and chance';

export interface Candidate {
  readonly phase: Phase;
  readonly schedule: Schedule;
}

export interface SearchSpace {
  readonly participants: number;
  readonly likely: readonly Likely[];
  /** False for programs that take one image, and no bundles. */
  readonly isOfValidators: boolean;
  readonly seed: string;
  /** Asked for when the first schedule needs it: it takes calm runs to know. */
  readonly places: () => Promise<Places>;
}

/** Where file calls can be held; undefined: nowhere. */
export interface Places {
  readonly calls: CallPlaces | undefined;
  /** At which a process alone can take turns. */
  readonly steps: number;
}

/** At most so many pairs of stops, which are the square of the places, and so many random schedules. */
export const mostByChance = 60;
export const depth = 3;

/** Images are alike, so who leads makes no difference but in the order of names. */
const leaders = 2;

/** What a reader meets there is half of something: the likeliest place of a body. */
const telling = ['middle', 'truncated', 'reset', 'go', 'ahead', 'same-size', 'ENOSPC/write'];

/**
 * Every schedule that stops one process once, strategies in the order of likelihood: one of each, then the next place of each; then pairs of stops and
 * random schedules in turns.
 */
export async function* candidates(space: SearchSpace): AsyncGenerator<Candidate, void, void> {
  const { participants, likely } = space;
  const isPossible = (schedule: Schedule): boolean => (space.isOfValidators || !isOfValidators(schedule)) && (!('leader' in schedule) || schedule.leader <= leaders);
  const ofRequests = enumerate(participants).filter(isPossible);
  const known = new Set(ofRequests.map(({ strategy }) => strategy));
  const first = likely.map(({ strategy }) => strategy);
  // Calm runs under a tracer are made when nothing likely is left that does without.
  const needsCalls = first.findIndex((strategy) => !known.has(strategy));
  const early = needsCalls === -1 ? first : first.slice(0, needsCalls);
  const tried = new Set<Schedule>();
  for (const strategy of early) {
    const [schedule] = inOrder(ofRequests.filter((one) => one.strategy === strategy));
    if (schedule === undefined) continue;
    tried.add(schedule);
    yield { phase: 'strategies', schedule };
  }
  const { calls, steps } = await space.places();
  const ofCalls = calls === undefined ? [] : enumerate(participants, calls).filter((one) => isOfCalls(one) && isPossible(one));
  const left = byTurns([...ofRequests.filter((one) => !tried.has(one)), ...ofCalls], first, new Set(early));
  for (const { schedule, turn } of left) yield { phase: turn === 0 ? 'strategies' : 'places', schedule };
  if (calls === undefined) return;
  const pairs = shuffled(enumerateTwoStops(participants, calls).filter(isPossible), space.seed);
  const random = seededRandom(space.seed).below(1_000_000);
  for (let nth = 0; nth < mostByChance; nth += 1) {
    const pair = pairs[nth];
    if (pair !== undefined) yield { phase: 'pairs and chance', schedule: pair };
    yield { phase: 'pairs and chance', schedule: { strategy: 'random', depth, steps: steps * participants, seed: random + nth } };
  }
}

interface Turn {
  readonly schedule: Schedule;
  readonly turn: number;
}

/** One of each strategy, the likely ones first, then the next of each. Those in `begun` have had their first turn. */
function byTurns(schedules: readonly Schedule[], first: readonly Strategy[], begun: ReadonlySet<Strategy>): readonly Turn[] {
  const rank = (strategy: Strategy): number => (first.includes(strategy) ? first.indexOf(strategy) : first.length);
  const names = [...new Set(schedules.map(({ strategy }) => strategy))].sort((one, other) => rank(one) - rank(other));
  const turns = names.flatMap((name) => inOrder(schedules.filter(({ strategy }) => strategy === name)).map((schedule, nth) => ({ schedule, turn: begun.has(name) ? nth + 1 : nth })));
  return turns.sort((one, other) => one.turn - other.turn);
}

/** The most telling place first; the first leader before the second. */
function inOrder(schedules: readonly Schedule[]): readonly Schedule[] {
  const score = (schedule: Schedule): number => {
    const words = Object.values(schedule).map(String);
    return words.filter((word) => telling.includes(word)).length - ('leader' in schedule ? (schedule.leader - 1) / 2 : 0);
  };
  return [...schedules].sort((one, other) => score(other) - score(one));
}
