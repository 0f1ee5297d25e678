// SPDX-License-Identifier: Apache-2.0
import { campaignDigest } from './campaign.ts';
import { nightIdOf, type BeginRequest, type BegunNight } from './begin.ts';
import { StampedeError } from '../foundation/errors.ts';

/**
 * The night of a seed as it was left here, wherever that was: not begun (undefined), in the middle, or at its end with nothing pending. For a
 * process that something starts again, and that can't know how far the one before it came.
 * @throws StampedeError CONFIG_INVALID where campaign or builds have changed since
 */
export function nightAsLeft({ campaign, builds, store, seed, shard }: BeginRequest): BegunNight | undefined {
  const night = store.night(nightIdOf(campaign, seed));
  const mine = night?.shards.find(({ index, count }) => index === shard.index && count === shard.count);
  if (night === undefined || mine === undefined) return undefined;
  if (night.campaignDigest !== campaignDigest(campaign, builds)) throw new StampedeError('CONFIG_INVALID', `the campaign, or a build, is not what it was when ${night.id} began`, { hint: 'another --seed makes another night' });
  const done = store.done(night.id);
  return { night, shard: mine, pending: mine.state === 'ended' ? [] : store.planned(night.id).filter(({ position }) => !done.has(position)) };
}
