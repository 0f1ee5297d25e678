// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { StampedeError } from './errors.ts';

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const longestMs = 7 * 24 * 3_600_000;

/**
 * How long something may take, as a person writes it: `90s`, `20m`, `1h30m`, `500ms`. In milliseconds, from 1 to those of a week.
 * @throws StampedeError CONFIG_INVALID
 */
export function durationOf(text: string, name = '--budget'): number {
  const parts = [...text.matchAll(/(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)/g)];
  const total = parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (unitMs[unit ?? ''] ?? 0), 0);
  if (parts.length > 0 && parts.map(([part]) => part).join('') === text && total >= 1 && total <= longestMs) return Math.round(total);
  throw new StampedeError('CONFIG_INVALID', `${name} ${text} is no length of time from 1ms to 168h`, { hint: 'such as 90s, 20m or 1h30m' });
}

/** One part of a whole that several machines share: the first is 1. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/**
 * `2/4`: the second of four parts.
 * @throws StampedeError CONFIG_INVALID
 */
export function shardOf(text: string): Shard {
  const [, index, count] = /^(\d{1,5})\/(\d{1,5})$/.exec(text) ?? [];
  const shard = { index: Number(index), count: Number(count) };
  if (shard.index >= 1 && shard.count <= 10_000 && shard.index <= shard.count) return shard;
  throw new StampedeError('CONFIG_INVALID', `--shard ${text} is not one part of a whole`, { hint: 'such as 1/4, up to 10000 parts' });
}

/**
 * Whether what is known by this name falls to that part. Nothing but the name decides, so that machines which don't talk, and may know other wholes, never
 * both do the same, and nothing is left between them.
 */
export function isOfShard(name: string, { index, count }: Shard): boolean {
  return createHash('sha256').update(name).digest().readUInt32BE(0) % count === index - 1;
}
