// SPDX-License-Identifier: Apache-2.0
import type { NightRecord, ShardRecord } from './record.ts';
import type { NightSummary } from './summary.ts';

/**
 * Shards that nobody has, or that are not at their end, with what is to be typed for them. A night that was split in several ways is whole when one
 * of them is; else what is missing is told of the finest.
 */
export function missingShards(night: NightRecord): NightSummary['missingShards'] {
  const splits = [...new Set(night.shards.map(({ count }) => count))].sort((one, other) => other - one);
  const gaps = splits.map((count) => gapsOf(night.shards.filter((shard) => shard.count === count), count));
  if (gaps.some((gap) => gap.length === 0)) return [];
  const [count = 1] = splits;
  return (gaps[0] ?? [1]).map((index) => {
    const isOpen = night.shards.some((shard) => shard.index === index && shard.count === count);
    const shard = count === 1 ? '' : ` --shard ${index}/${count}`;
    return { index, count, command: `npm run nightly -- --campaign ${night.campaign}.json --seed ${night.seed}${shard}${isOpen ? ' --resume' : ''}` };
  });
}

function gapsOf(shards: readonly ShardRecord[], count: number): readonly number[] {
  const ended = new Set(shards.filter(({ state }) => state === 'ended').map(({ index }) => index));
  return Array.from({ length: count }, (_, at) => at + 1).filter((index) => !ended.has(index));
}
