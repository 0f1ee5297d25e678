// SPDX-License-Identifier: Apache-2.0
import { StampedeError } from '../foundation/errors.ts';
import type { NightRecord, RunRecord, ShardRecord } from './record.ts';

/** A night with its runs by id. */
export interface NightData {
  readonly night: NightRecord;
  readonly runs: ReadonlyMap<string, RunRecord>;
}

/**
 * What two machines know of one night, together. Each part of it is chosen by an order of its own, whoever comes first, so that it does not matter in
 * which order, how often and in which groups nights are joined.
 * @throws StampedeError BUNDLE_DAMAGED for nights of the same name that are not the same night
 */
export function joinNights(one: NightData, other: NightData): NightData {
  const runs = new Map(one.runs);
  for (const [id, run] of other.runs) {
    const known = runs.get(id);
    runs.set(id, known === undefined ? run : joinRuns(known, run));
  }
  return { night: joinRecords(one.night, other.night), runs };
}

/** True where the same run was made twice and came out another way. */
export function differ(one: RunRecord, other: RunRecord): boolean {
  return one.verdict !== other.verdict || one.cause?.symptom !== other.cause?.symptom;
}

/** The same run made twice is one run: it counts as it came out worst, and a failure of the harness not at all. A folder that was kept stays. */
export function joinRuns(one: RunRecord, other: RunRecord): RunRecord {
  const [left, right] = [keyOf(one), keyOf(other)];
  if (left === right) return one.folder === null && other.folder !== null ? other : one;
  return rank(one) < rank(other) || (rank(one) === rank(other) && left < right) ? one : other;
}

export function joinRecords(one: NightRecord, other: NightRecord): NightRecord {
  if (identity(one) !== identity(other)) {
    throw new StampedeError('BUNDLE_DAMAGED', `two nights are named ${one.id}, and they are of other campaigns, seeds or builds`, { hint: 'give --seed another value where the campaign or a build has changed' });
  }
  const shards = new Map<string, ShardRecord>();
  for (const shard of [...one.shards, ...other.shards]) {
    const key = `${shard.count}/${shard.index}`;
    const known = shards.get(key);
    shards.set(key, known === undefined ? shard : fuller(known, shard));
  }
  return {
    ...one,
    planned: Math.max(one.planned, other.planned),
    startedAt: one.startedAt < other.startedAt ? one.startedAt : other.startedAt,
    shards: [...shards.values()].sort((left, right) => left.count - right.count || left.index - right.index),
  };
}

/** Where a night is one and the same; the rest is what became of it. */
function identity({ planned: _planned, startedAt: _startedAt, shards: _shards, ...night }: NightRecord): string {
  return canonical(night);
}

function fuller(one: ShardRecord, other: ShardRecord): ShardRecord {
  const states = Number(one.state === 'ended') - Number(other.state === 'ended');
  const more = states || one.done - other.done || (canonical(one) < canonical(other) ? 1 : -1);
  return more > 0 ? one : other;
}

function rank({ verdict }: RunRecord): number {
  return ['broken', 'unknown', 'held', 'harness'].indexOf(verdict);
}

function keyOf({ folder: _folder, ...run }: RunRecord): string {
  return canonical(run);
}

/** The same text for the same thing, in whatever order its parts were written. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => (typeof part === 'object' && part !== null && !Array.isArray(part) ? Object.fromEntries(Object.entries(part).sort(([left], [right]) => (left < right ? -1 : 1))) : part));
}
