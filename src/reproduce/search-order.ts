// SPDX-License-Identifier: Apache-2.0
import type { CallPlaces } from '../explore/call-place.ts';
import { shuffled } from '../explore/order.ts';
import { enumerate, enumerateTwoStops, idOf, isOfValidators, type Schedule } from '../explore/schedule.ts';
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
  /** True where nobody but the processes has touched the cache: then nothing is done to it from outside. */
  readonly isUntouched: boolean;
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

/** What these do to entries is done by nobody that takes part. */
const fromOutside: readonly Strategy[] = ['damaged', 'mending', 'evict-while-reading', 'disk-fails'];

/** What a reader meets there is half of something: the likeliest place of a body. */
const telling = ['middle', 'truncated', 'reset', 'go', 'ahead', 'same-size', 'ENOSPC/write'];
/** What has been done there is seen, and the next step is not yet. */
const tellingCall = /^(?:close|rename)-\d+/;

/** Of the likely places of a strategy, so many are tried before the next strategy. */
const fewPlaces = 6;

/**
 * The likely schedules in their order; then every one that stops one process once: one of each strategy, then the next place of each; then pairs of stops and random
 * schedules in turns.
 */
export async function* candidates(space: SearchSpace): AsyncGenerator<Candidate, void, void> {
  const { participants, likely } = space;
  const isPossible = (schedule: Schedule): boolean => isAllowed(schedule, space);
  const ofRequests = enumerate(participants).filter(isPossible);
  const begun: Schedule[] = [];
  // Calm runs under a tracer are made when nothing likely is left that does without.
  const needsCalls = likely.findIndex((one) => likelyIn(ofRequests, one).length === 0 && isLeft(one, space));
  const early = needsCalls === -1 ? likely : likely.slice(0, needsCalls);
  for (const schedule of early.flatMap((one) => likelyIn(ofRequests, one))) {
    if (begun.includes(schedule)) continue;
    begun.push(schedule);
    yield { phase: 'strategies', schedule };
  }
  const { calls, steps } = await space.places();
  const once = calls === undefined ? ofRequests : enumerate(participants, calls).filter(isPossible);
  const pairs = calls === undefined ? [] : enumerateTwoStops(participants, calls).filter(isPossible);
  const tried = new Set(begun.map(idOf));
  for (const schedule of likely.slice(early.length).flatMap((one) => likelyIn([...once, ...pairs], one))) {
    if (tried.has(idOf(schedule))) continue;
    tried.add(idOf(schedule));
    begun.push(schedule);
    yield { phase: 'strategies', schedule };
  }
  const left = byTurns(once.filter((one) => !tried.has(idOf(one))), likely.map(({ strategy }) => strategy), new Set(begun.map(({ strategy }) => strategy)));
  for (const { schedule, turn } of left) yield { phase: turn === 0 ? 'strategies' : 'places', schedule };
  if (calls === undefined) return;
  const others = shuffled(pairs.filter((one) => !tried.has(idOf(one))), space.seed);
  const random = seededRandom(space.seed).below(1_000_000);
  for (let nth = 0; nth < mostByChance; nth += 1) {
    const pair = others[nth];
    if (pair !== undefined) yield { phase: 'pairs and chance', schedule: pair };
    yield { phase: 'pairs and chance', schedule: { strategy: 'random', depth, steps: steps * participants, seed: random + nth } };
  }
}

function isAllowed(schedule: Schedule, { isOfValidators: takesAll, isUntouched }: SearchSpace): boolean {
  if (isUntouched && fromOutside.includes(schedule.strategy)) return false;
  return (takesAll || !isOfValidators(schedule)) && (!('leader' in schedule) || schedule.leader <= leaders);
}

/** Whether a strategy has any schedules that could be found at file calls. */
function isLeft({ strategy, at }: Likely, { isOfValidators: takesAll, isUntouched }: SearchSpace): boolean {
  if (isUntouched && fromOutside.includes(strategy)) return false;
  return at !== undefined ? strategy !== 'unusual' : takesAll || !(strategy.startsWith('components') || strategy === 'unusual');
}

/** The most telling one, or a few where there are likely places. */
function likelyIn(schedules: readonly Schedule[], { strategy, at }: Likely): readonly Schedule[] {
  const ordered = inOrder(schedules.filter((one) => one.strategy === strategy && (at === undefined || at.test(idOf(one)))));
  return at === undefined ? ordered.slice(0, 1) : ordered.filter((one) => !('leader' in one) || one.leader === 1).slice(0, fewPlaces);
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
    // What is read is the tar in the layer.
    const calls = words.some((word) => tellingCall.test(word)) ? (words.some((word) => word.endsWith('-tar')) ? 0.6 : 0.5) : 0;
    // Images are alike: all places under the first leader come before any under the second.
    return words.filter((word) => telling.includes(word)).length + calls - ('leader' in schedule ? (schedule.leader - 1) * 2 : 0);
  };
  return [...schedules].sort((one, other) => score(other) - score(one));
}
