// SPDX-License-Identifier: Apache-2.0

/** What a cache did since it was opened. */
export interface CacheStats {
  /** Entries that were there and were right. */
  readonly hits: number;
  /** Entries that were fetched. */
  readonly misses: number;
  /** Askers that shared somebody else's fetch, in this process or another one. */
  readonly waits: number;
  /** Bytes that were fetched. */
  readonly bytes: number;
  /** Time spent fetching, summed over all fetches. */
  readonly milliseconds: number;
}

export type CountingStats = { -readonly [Name in keyof CacheStats]: number };

export function noStats(): CountingStats {
  return { hits: 0, misses: 0, waits: 0, bytes: 0, milliseconds: 0 };
}

/** One line for people. */
export function statsLine({ hits, misses, waits, bytes, milliseconds }: CacheStats): string {
  return `layer cache: ${hits} hits, ${misses} misses, ${waits} waits, ${bytes} bytes in ${Math.round(milliseconds)} ms`;
}
