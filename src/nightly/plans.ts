// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import type { CallPlaces } from '../explore/call-place.ts';
import { inTurns, shuffled } from '../explore/order.ts';
import { nameForShards } from '../explore/random-schedule.ts';
import { enumerate, enumerateTwoStops, idOf, isOfCalls, isOfValidators, schedulesNamed, type Schedule } from '../explore/schedule.ts';
import { isOfShard, type Shard } from '../foundation/command-words.ts';
import { StampedeError } from '../foundation/errors.ts';
import { seededRandom } from '../foundation/seed.ts';
import type { Campaign } from './campaign.ts';
import { planKey } from './record.ts';
import type { PlannedRun } from './store.ts';

/** A target with so many processes, as calm runs have shown it. */
export interface SeenWorkload {
  readonly target: string;
  readonly participants: number;
  /** Places after file calls; undefined where these can't be seen, for the reason in `trouble`. */
  readonly calls: CallPlaces | undefined;
  readonly trouble: string | undefined;
  /** Of one process. */
  readonly steps: number;
  /** False for programs that take one image. */
  readonly hasComponents: boolean;
}

/**
 * Every run of a night, in the order in which they are made: it depends on nothing but the campaign, the seed, the places that were seen and the
 * plans that are old. Plans without any earlier run come before the others in each round, strategies in turns, targets in turns.
 * @throws StampedeError NOTHING_SELECTED, TOOL_MISSING, CONFIG_INVALID for a schedule that a workload does not have
 */
export function plannedRuns(campaign: Campaign, seed: string, seen: readonly SeenWorkload[], old: ReadonlySet<string>): readonly PlannedRun[] {
  const { repeat, budget } = campaign;
  const plans = seen.flatMap((workload) => inOrder(schedulesFor(campaign, workload), `${seed}/${workload.target}/${workload.participants}`)
    .concat(atRandom(campaign, seed, workload))
    .map((schedule, turn) => {
      const plan = { target: workload.target, participants: workload.participants, schedule: idOf(schedule) };
      const isNewPlan = schedule.strategy !== 'random' && !old.has(planKey(plan));
      return { ...plan, turn, isNewPlan, times: schedule.strategy === 'random' ? 1 : isNewPlan ? repeat.new : repeat.old };
    }));
  if (plans.length === 0) throw new StampedeError('NOTHING_SELECTED', 'the campaign selects no schedule');
  // Sorting is stable: within a turn, targets stay in the campaign's order.
  plans.sort((one, other) => Number(other.isNewPlan) - Number(one.isNewPlan) || one.turn - other.turn);
  const rounds = Math.max(...plans.map(({ times }) => times));
  const runs = Array.from({ length: rounds }, (_, round) => plans.filter(({ times }) => times > round).map(({ target, participants, schedule, isNewPlan }) => ({ target, participants, schedule, nth: round + 1, isNewPlan }))).flat();
  return runs.slice(0, budget.runs).map((run, position) => ({ position, ...run }));
}

/** Those that fall to one of several machines: all repetitions of a plan to the same one, and however many plans each of them sees. */
export function ofShard(runs: readonly PlannedRun[], shard: Shard): readonly PlannedRun[] {
  return runs.filter((run) => isOfShard(planKey({ ...run, schedule: nameForShards(run.schedule) }), shard));
}

/** The same for machines that saw the same places, however many steps each counted. */
export function plansDigest(runs: readonly PlannedRun[]): string {
  return createHash('sha256').update(JSON.stringify(runs.map(({ target, participants, schedule, nth }) => [target, participants, nameForShards(schedule), nth]))).digest('hex');
}

function schedulesFor({ strategies, twoStops }: Campaign, { target, participants, calls, trouble, hasComponents }: SeenWorkload): readonly Schedule[] {
  const named = strategies === 'all' ? enumerate(participants, calls) : strategies.flatMap((name) => schedulesNamed(name, participants, calls));
  const all = [...named, ...(twoStops && calls !== undefined ? enumerateTwoStops(participants, calls) : [])];
  const unique = [...new Map(all.map((schedule) => [idOf(schedule), schedule])).values()].filter((schedule) => hasComponents || !isOfValidators(schedule));
  const untraceable = calls === undefined ? unique.find(isOfCalls) : undefined;
  if (untraceable === undefined) return unique;
  throw new StampedeError('TOOL_MISSING', `${target}: ${idOf(untraceable)} can't be forced: ${trouble}`, { hint: 'apt-get install strace, and a system that allows ptrace; or name other strategies' });
}

function inOrder(schedules: readonly Schedule[], seed: string): readonly Schedule[] {
  return inTurns(shuffled(schedules, seed));
}

/** Others with every seed: none of them is an old plan. */
function atRandom({ random }: Campaign, seed: string, { target, participants, calls, steps }: SeenWorkload): readonly Schedule[] {
  if (random === undefined || calls === undefined) return [];
  const first = seededRandom(`${seed}/random/${target}/${participants}`).below(900_000_000);
  return Array.from({ length: random.schedules }, (_, nth) => ({ strategy: 'random', depth: random.depth, steps: steps * participants, seed: first + nth }) as const);
}
