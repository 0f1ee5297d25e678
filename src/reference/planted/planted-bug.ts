// SPDX-License-Identifier: Apache-2.0
import type { CacheParts } from '../cache/parts.ts';

/**
 * Root causes of cache races, by the smallest interleaving that shows them: T1 torn read of an in-place write, T2
 * interrupted write trusted later, T3 check, then act, T4 shared temporary name, T5 lost update of an index, T6 entry
 * of several files, T7 delete, then rename, T8 eviction while in use, T9 lock missing or dropped early, T10 lock that
 * does not lock, T11 stale lock, T12 lock too broad or impatient, T13 one caller takes the others down, T14 content
 * not verified, T15 move that is a copy, T16 Windows, T17 write after publishing, T18 data race inside a process, T19
 * herd without bounds, T20 wrong key.
 */
export type BugClass = `T${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13 | 14 | 15 | 16 | 17 | 18 | 19 | 20}`;

/** One known way of getting the cache wrong: what it puts in the place of which part. */
export interface PlantedBug {
  readonly name: string;
  readonly class: BugClass;
  readonly symptom: string;
  readonly cause: string;
  readonly fix: string;
  /** A public report, or a finding of a review. */
  readonly seen: string;
  readonly parts: Partial<CacheParts>;
}
