// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import * as z from 'zod';

/**
 * What a night is made of, as it lies in the store and travels in bundles. A bundle may come from anywhere, so all of it has a shape
 * that is checked. Times are ISO 8601 in UTC, for people: order is `position`, never a clock, which may jump.
 */

/** Names that become folders and columns: letters, digits, dots, dashes and underlines. */
export const plainName = z.string().regex(/^[A-Za-z0-9][\w.+-]{0,79}$/, 'letters, digits, dots, dashes and underlines, at most 80');
const count = z.number().int().min(0).max(1_000_000_000);
/** A line of text from a run: cut, as it may be as long as a program likes. */
const line = z.string().max(2000);
const time = z.iso.datetime();

/** What was tested: a subject, as one build of it, maybe with a bug that was planted. */
export const targetSchema = z.strictObject({
  /** Of the campaign: the same in every night. */
  name: plainName,
  subject: z.string().min(1).max(500),
  /** Which build of the subject; builds are compared and put in order by it. */
  build: plainName,
  /** As 1.2.3, where the build has one; known findings end with versions. */
  version: z.string().min(1).max(80).optional(),
  /** Only of the reference validator. */
  plantedBug: z.string().min(1).max(80).optional(),
});
export type Target = Readonly<z.output<typeof targetSchema>>;

/** What made two broken runs one finding; `explore/cause.ts` says how. */
export const causeSchema = z.strictObject({ symptom: line, strategy: z.string().max(80), place: z.string().max(200) });

export const runVerdicts = ['held', 'broken', 'unknown', 'harness'] as const;
/** `harness`: the run came to no verdict as this project or the machine failed; told apart from `unknown`, which a checker said. */
export type RunVerdict = (typeof runVerdicts)[number];

/** One run: a row of the store, a line in a bundle. */
export const runSchema = z.strictObject({
  /** `runIdOf` night, plan and nth: the same run has the same id wherever it is done. */
  id: z.string().regex(/^[0-9a-f]{32}$/),
  night: plainName,
  /** Place in the whole list of the night's runs, which is the same on all shards. */
  position: count,
  target: plainName,
  build: plainName,
  participants: z.number().int().min(1).max(1000),
  /** The whole name; `npm run explore -- --replay` takes it. */
  schedule: z.string().min(1).max(300),
  strategy: z.string().min(1).max(80),
  /** Which repetition of the plan, from 1. */
  nth: z.number().int().min(1).max(1_000_000),
  /** True where the store had no run of this plan from an earlier night. */
  isNewPlan: z.boolean(),
  verdict: z.enum(runVerdicts),
  /** Of broken runs. */
  cause: causeSchema.nullable(),
  /** First line of what was broken, unknown or failed; null for held. */
  sentence: line.nullable(),
  startedAt: time,
  /** From plan to verdict. */
  durationMs: z.number().min(0).max(1e9),
  /** Of `durationMs`, the time in which at least one validator was running. */
  validatorMs: z.number().min(0).max(1e9),
  /** The largest of one validator, where the system tells. */
  peakRssBytes: z.number().min(0).max(1e15).nullable(),
  /** Of this run's plan, gates, histories and outputs, relative to the store; null: not kept. */
  folder: z.string().max(300).regex(/^runs\/[A-Za-z0-9][\w.+-]*\/[0-9a-f]{32}$/).nullable(),
});
export type RunRecord = Readonly<z.output<typeof runSchema>>;

export const shardSchema = z.strictObject({
  /** From 1. */
  index: z.number().int().min(1).max(10_000),
  count: z.number().int().min(1).max(10_000),
  /** sha256 of the whole list of planned runs as this shard saw it; one that saw other places has another. */
  plansDigest: z.string().regex(/^[0-9a-f]{64}$/),
  /** Runs that fell to this shard, and how many of them are done. */
  planned: count,
  done: count,
  /** `ended`: all that budget and stop rule allow was done. `open`: interrupted, killed, or under way: `--resume` goes on. */
  state: z.enum(['open', 'ended']),
  /** Why it ended before all was done: `budget`, `stop`, `harness`; null where all was done or it is open. */
  endedBy: z.enum(['budget', 'stop', 'harness']).nullable(),
  startedAt: time,
  /** Of the last run's end. */
  lastAt: time,
  /** Time in which runs were made, over all resumptions. */
  busyMs: z.number().min(0).max(1e12),
});
export type ShardRecord = Readonly<z.output<typeof shardSchema>>;

/** A finding that somebody has taken up. */
export const knownFindingSchema = z.strictObject({
  issue: z.string().min(1).max(200),
  /** All that are given have to match: subject, strategy and place as a whole, the symptom as a part. */
  subject: z.string().min(1).max(500).optional(),
  strategy: z.string().min(1).max(80).optional(),
  place: z.string().max(200).optional(),
  symptom: line.min(1).optional(),
  /** The first version, or the first day (YYYY-MM-DD), in which it is excused no more. */
  untilVersion: z.string().min(1).max(80).optional(),
  untilDate: z.iso.date().optional(),
  note: line.optional(),
}).refine(({ subject, strategy, place, symptom }) => [subject, strategy, place, symptom].some((one) => one !== undefined), 'says nothing of what is known: subject, strategy, place or symptom');
export type KnownFinding = Readonly<z.output<typeof knownFindingSchema>>;

/** One execution of a campaign, maybe by several shards. An unsharded night has one shard, 1 of 1. */
export const nightSchema = z.strictObject({
  /** Campaign and seed: `smoke-4f2a91c0`. */
  id: plainName,
  campaign: plainName,
  /** sha256 of the campaign as understood: another one is another campaign. */
  campaignDigest: z.string().regex(/^[0-9a-f]{64}$/),
  seed: z.string().min(1).max(80),
  /** In the whole list, over all shards. */
  planned: count,
  targets: z.array(targetSchema).min(1).max(200),
  /** Name of the build that others are compared with. */
  baseline: plainName.nullable(),
  /** Above this share of unknown runs the night says nothing. */
  unknownShare: z.number().min(0).max(1),
  /** Of the campaign's known findings, as they were that night. */
  known: z.array(knownFindingSchema).max(1000),
  startedAt: time,
  shards: z.array(shardSchema).max(10_000),
});
export type NightRecord = Readonly<z.output<typeof nightSchema>>;

/** What is run: everything that a run is besides when and how often. */
export interface PlanIdentity {
  readonly target: string;
  readonly participants: number;
  readonly schedule: string;
}

/** `target/2/leader-follower/middle/1`: the same in every night, and for every build that the target becomes. */
export function planKey({ target, participants, schedule }: PlanIdentity): string {
  return `${target}/${participants}/${schedule}`;
}

export function runIdOf(night: string, plan: PlanIdentity, nth: number): string {
  return createHash('sha256').update(JSON.stringify([night, planKey(plan), nth])).digest('hex').slice(0, 32);
}
