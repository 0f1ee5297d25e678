// SPDX-License-Identifier: Apache-2.0
import { monotonicMs } from '../foundation/clock.ts';
import { attempt, type Attempt, type AttemptSettings } from './attempt.ts';
import type { KnownSchedule } from './known-schedules.ts';
import { expectedOutcomes } from './expectation.ts';
import { inTurns, shuffled } from './order.ts';
import { probe } from './probe.ts';
import { enumerate, enumerateTwoStops, schedulesNamed, type Schedule } from './schedule.ts';

/** A build of the validator that is looked at: what makes it that one. */
export interface Build {
  readonly name: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** How surely a known interleaving is forced again; it says nothing about how fast an unknown one is found. */
export interface ReplayRate {
  readonly hits: number;
  readonly runs: number;
  readonly firstMs: number;
}

/** Forces the one schedule so often; a hit is when the checker that the bug is about says broken. */
export async function replayRate({ schedule, checker }: KnownSchedule, { environment }: Build, settings: AttemptSettings & { readonly runs: number }): Promise<ReplayRate> {
  const [known] = schedulesNamed(schedule, settings.workload.participants.length);
  if (known === undefined) throw new TypeError(`${schedule} is a schedule`);
  let [hits, firstMs] = [0, 0];
  for (let run = 0; run < settings.runs; run += 1) {
    const { verdicts, durationMs } = await attempt(known, { ...settings, environment });
    if (run === 0) firstMs = durationMs;
    if (verdicts.some((one) => one.checker === checker && one.verdict.verdict === 'broken')) hits += 1;
  }
  return { hits, runs: settings.runs, firstMs };
}

/** One enumeration without any knowledge of the bug, until the first schedule that is broken. */
export interface BlindPass {
  readonly found: Attempt | undefined;
  /** True when one stop found nothing, and pairs of stops were tried as well. */
  readonly isTwoStops: boolean;
  /** Schedules that held or were unknown, then the one that was broken. */
  readonly tried: readonly Attempt[];
  readonly durationMs: number;
}

/** A build that was looked at in serial runs: what it says, what it leaves, where it can be stopped. */
export async function knowing({ name, environment }: Build, settings: AttemptSettings): Promise<AttemptSettings> {
  const request = { scenario: settings.scenario, workload: settings.workload, environment };
  const expectation = await expectedOutcomes({ ...request, name: `alone-${name}` });
  return { ...settings, environment, expectation, probe: await probe({ ...request, name: `probe-${name}` }) };
}

/** At most so many pairs of stops, which are the square of the places. */
const mostPairs = 100;

/**
 * Every schedule of one stop, at the places that a calm run of the build shows, strategies in turns, places in an order
 * drawn by the seed; then, if nothing was found, a number of pairs of stops.
 */
export async function blindPass(pass: string, settings: AttemptSettings): Promise<BlindPass> {
  const startedAt = monotonicMs();
  const { scenario, workload, probe: { calls } } = settings;
  const count = workload.participants.length;
  const order = (those: readonly Schedule[]): readonly Schedule[] => inTurns(shuffled(those, `${scenario.context.seed}/${pass}`));
  const one = order(enumerate(count, calls));
  const two = calls === undefined ? [] : order(enumerateTwoStops(count, calls)).slice(0, mostPairs);
  const tried: Attempt[] = [];
  for (const schedule of [...one, ...two]) {
    const done = await attempt(schedule, settings);
    tried.push(done);
    if (done.verdict === 'broken') break;
  }
  const last = tried.at(-1);
  return { found: last?.verdict === 'broken' ? last : undefined, isTwoStops: tried.length > one.length, tried, durationMs: monotonicMs() - startedAt };
}

/** How long it takes when nothing is held, all start at once, and one hopes. */
export interface NaiveRate {
  readonly hits: number;
  readonly runs: number;
  readonly firstMs: number | undefined;
}

export async function naiveRate(settings: AttemptSettings & { readonly runs: number }): Promise<NaiveRate> {
  const startedAt = monotonicMs();
  let hits = 0;
  let firstMs: number | undefined;
  for (let run = 0; run < settings.runs; run += 1) {
    const { verdict } = await attempt({ strategy: 'naive' }, settings);
    if (verdict !== 'broken') continue;
    hits += 1;
    firstMs ??= monotonicMs() - startedAt;
  }
  return { hits, runs: settings.runs, firstMs };
}
