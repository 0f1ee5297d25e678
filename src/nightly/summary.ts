// SPDX-License-Identifier: Apache-2.0
import type { Cause } from '../explore/cause.ts';
import type { Count, Interval } from '../statistics/proportion.ts';
import type { KnownFinding, NightRecord, RunRecord, RunVerdict, Target } from './record.ts';

/** Counts, the rate that they leave likely, and what a count of zero allows to be said. */
export interface Rate extends Count {
  /** Wilson, at 95 %. */
  readonly interval: Interval;
  /** Set where nothing was hit: the rate is below this, at 95 %. */
  readonly below: number | undefined;
}

/**
 * `new`: never seen before tonight. `back`: seen before, then clean for long enough to be called fixed. `standing`: seen before and
 * in nobody's list. `known`: listed, with an issue. `expired`: listed, but its version or day has come. `gone`: seen before, not tonight, though
 * there were runs at its place; `clean` says whether that is enough to call it fixed. `not-run`: seen before, and nobody looked there tonight.
 */
export type FindingStatus = 'new' | 'back' | 'standing' | 'known' | 'expired' | 'gone' | 'not-run';

/** A build with what its runs at a finding's place have come to. */
export interface BuildRate {
  readonly build: string;
  readonly version: string | undefined;
  readonly rate: Rate;
}

/** All broken runs of one cause on one target: one thing to look at, however often it was seen. */
export interface Finding {
  /** Stable over nights. */
  readonly key: string;
  readonly target: Target;
  readonly cause: Cause;
  readonly status: FindingStatus;
  readonly known: KnownFinding | undefined;
  /** One sentence of a run that showed it. */
  readonly sentence: string;
  /** Tonight, among all runs of the target under the same strategy at the same place. */
  readonly rate: Rate;
  /** How many runs at that place it took tonight until it was seen, with the one that showed it; undefined where it was not. */
  readonly runsToFirst: number | undefined;
  /** Seen first in which night, and by which build. */
  readonly firstSeen: { readonly night: string; readonly build: string; readonly at: string };
  /** Of all targets with the same subject, in the order of builds; see `buildsInOrder`. */
  readonly builds: readonly BuildRate[];
  readonly firstBad: string | undefined;
  /** The last before the first bad one that had runs at this place and none broken; its `rate.below` says how sure that is. */
  readonly lastGood: BuildRate | undefined;
  /** Against the baseline, where both have runs at this place. */
  readonly baseline: { readonly build: string; readonly rate: Rate; readonly pValue: number } | undefined;
  /** Clean runs at this place since it was seen last, and how many it takes to call it fixed: those that leave its usual rate improbable at 95 %. */
  readonly clean: { readonly runs: number; readonly needed: number; readonly isFixed: boolean };
  /** Of tonight, with a kept folder first; at most five. */
  readonly examples: readonly RunRecord[];
  /** What to type to see it again. */
  readonly replay: string;
}

/** A cell of the matrix target x strategy. */
export interface Cell {
  readonly target: string;
  readonly strategy: string;
  readonly counts: Readonly<Record<RunVerdict, number>>;
  readonly durationMs: number;
}

export interface TargetSummary {
  readonly target: Target;
  readonly counts: Readonly<Record<RunVerdict, number>>;
  /** Broken among those with a verdict of held or broken. */
  readonly rate: Rate;
  readonly runsToFirst: number | undefined;
  /** Against the baseline build's runs of the same plans. */
  readonly baseline: { readonly build: string; readonly rate: Rate; readonly pValue: number } | undefined;
}

/** One night of a trend. */
export interface TrendPoint {
  readonly night: string;
  readonly startedAt: string;
  readonly counts: Readonly<Record<RunVerdict, number>>;
  /** Broken runs by finding's key, for the heat map. */
  readonly findings: Readonly<Record<string, Count>>;
}

export type NightVerdict = 'held' | 'broken' | 'unknown' | 'harness';

/** All that a report of one night says. */
export interface NightSummary {
  readonly night: NightRecord;
  readonly verdict: NightVerdict;
  /** Each a sentence: why the verdict is what it is, and what is to be done. */
  readonly reasons: readonly string[];
  readonly exitStatus: number;
  readonly counts: Readonly<Record<RunVerdict, number>>;
  readonly unknown: { readonly share: number; readonly allowed: number; readonly isAbove: boolean; readonly reasons: readonly { readonly sentence: string; readonly runs: number }[] };
  readonly findings: readonly Finding[];
  /** Listed as known and not seen tonight, with the clean runs there since it was seen last, or ever: to be struck off the list when these are enough. */
  readonly vanished: readonly { readonly known: KnownFinding; readonly cleanRuns: number }[];
  readonly targets: readonly TargetSummary[];
  readonly matrix: readonly Cell[];
  /** Oldest first, tonight last; at most thirty. */
  readonly trend: readonly TrendPoint[];
  /** `npm run nightly` lines for shards that are missing or open. */
  readonly missingShards: readonly { readonly index: number; readonly count: number; readonly command: string }[];
  readonly time: { readonly busyMs: number; readonly validatorMs: number; readonly overheadMsPerRun: number; readonly runsPerMinute: number; readonly peakRssBytes: number | undefined };
  /** Longest first; at most five. */
  readonly slowest: readonly RunRecord[];
}
