// SPDX-License-Identifier: Apache-2.0
import type { Shard } from '../foundation/command-words.ts';
import { wallClock } from '../foundation/clock.ts';
import { StampedeError } from '../foundation/errors.ts';
import { campaignDigest, type Campaign } from './campaign.ts';
import { ofShard, plannedRuns, plansDigest, type SeenWorkload } from './plans.ts';
import type { NightRecord, ShardRecord } from './record.ts';
import type { NightStore, PlannedRun } from './store.ts';

export interface BeginRequest {
  readonly campaign: Campaign;
  readonly builds: ReadonlyMap<string, string>;
  readonly store: NightStore;
  readonly seed: string;
  readonly shard: Shard;
}

/** A night and the part of it that is made here. */
export interface BegunNight {
  readonly night: NightRecord;
  readonly shard: ShardRecord;
  readonly pending: readonly PlannedRun[];
}

export function nightIdOf(campaign: Campaign, seed: string): string {
  return `${campaign.name.slice(0, 39)}-${seed}`;
}

/**
 * Writes down a new night before the first of its runs.
 * @throws StampedeError CONFIG_INVALID for a night that is there already
 */
export function beginNight({ campaign, builds, store, seed, shard }: BeginRequest, seen: readonly SeenWorkload[]): BegunNight {
  const id = nightIdOf(campaign, seed);
  const all = plannedRuns(campaign, seed, seen, store.plansSeen(id));
  const pending = ofShard(all, shard);
  const now = wallClock().toISOString();
  const made: ShardRecord = { ...shard, plansDigest: plansDigest(all), planned: pending.length, done: 0, state: 'open', endedBy: null, startedAt: now, lastAt: now, busyMs: 0 };
  const night: NightRecord = {
    id, campaign: campaign.name, campaignDigest: campaignDigest(campaign, builds), seed, planned: all.length,
    targets: campaign.targets.map(({ name, subject, version, plantedBug }) => ({ name, subject: subject.split(/[/\\]/).at(-1) ?? subject, build: builds.get(name) ?? 'unknown', ...(version === undefined ? {} : { version }), ...(plantedBug === undefined ? {} : { plantedBug }) })),
    baseline: campaign.baseline ?? null, unknownShare: campaign.unknownShare, known: [...campaign.known], startedAt: now, shards: [made],
  };
  store.beginNight(night, pending);
  return { night, shard: made, pending };
}

/** @throws StampedeError CONFIG_INVALID for a night that is in the store: with the same seed it would be the same night */
export function requireNewNight(store: NightStore, campaign: Campaign, seed: string): void {
  const id = nightIdOf(campaign, seed);
  const night = store.night(id);
  if (night === undefined) return;
  const isOpen = night.shards.some(({ state }) => state === 'open');
  throw new StampedeError('CONFIG_INVALID', `the night ${id} is in the store already${isOpen ? ', and not at its end' : ''}`, { hint: isOpen ? '--resume goes on with it; another --seed makes another night' : 'another --seed makes another night, none makes one of its own' });
}

/**
 * The last night of the campaign that was begun here and is not at its end.
 * @throws StampedeError NOTHING_SELECTED where there is none; CONFIG_INVALID where campaign or builds have changed since
 */
export function resumeNight({ campaign, builds, store, shard }: BeginRequest, seed: string | undefined): BegunNight {
  const isMine = (one: ShardRecord): boolean => one.index === shard.index && one.count === shard.count;
  const nights = store.nights().filter((one) => one.campaign === campaign.name && (seed === undefined || one.seed === seed) && one.shards.some(isMine));
  const night = nights.findLast(({ shards }) => shards.some((one) => isMine(one) && one.state === 'open'));
  const mine = night?.shards.find(isMine);
  if (night === undefined || mine === undefined) {
    const last = nights.at(-1);
    throw new StampedeError('NOTHING_SELECTED', last === undefined ? `no night of ${campaign.name} was begun in ${store.folder}` : `${last.id} is at its end: there is nothing to go on with`, { hint: 'without --resume another night begins' });
  }
  if (night.campaignDigest !== campaignDigest(campaign, builds)) throw new StampedeError('CONFIG_INVALID', `the campaign, or a build, is not what it was when ${night.id} began`, { hint: 'without --resume another night begins' });
  const done = store.done(night.id);
  return { night, shard: mine, pending: store.planned(night.id).filter(({ position }) => !done.has(position)) };
}
