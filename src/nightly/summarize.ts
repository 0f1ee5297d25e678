// SPDX-License-Identifier: Apache-2.0
import { wallClock } from '../foundation/clock.ts';
import type { Shard } from '../foundation/command-words.ts';
import { StampedeError } from '../foundation/errors.ts';
import { fisherExact } from '../statistics/fisher.ts';
import { findingKey, findingsOf } from './findings.ts';
import { HistoryOfPlaces } from './history-of-places.ts';
import { vanished } from './known-findings.ts';
import { rateOf } from './rate.ts';
import { missingShards } from './missing-shards.ts';
import { runVerdicts, type NightRecord, type RunVerdict, type Target } from './record.ts';
import type { NightStore, PlaceCount } from './store.ts';
import type { Cell, NightSummary, TargetSummary, TrendPoint } from './summary.ts';
import { judgeNight } from './verdict.ts';

const mostNights = 30;
const mostSlow = 5;
const mostReasons = 10;

type Counts = Readonly<Record<RunVerdict, number>>;

/**
 * What a night says, in the light of all nights before it.
 * @param today YYYY-MM-DD, for known findings that end with a day
 * @param part the shard that is asked about alone; that others are not there is no news then
 * @throws StampedeError NOTHING_SELECTED for a night that is not in the store
 */
export function summarize(store: NightStore, id: string, today = wallClock().toISOString().slice(0, 10), part?: Shard): NightSummary {
  const night = store.night(id);
  if (night === undefined) throw new StampedeError('NOTHING_SELECTED', `no night ${id} is in ${store.folder}`, { hint: `there are ${store.nights().map((one) => one.id).slice(-5).join(', ') || 'none'}` });
  const history = new HistoryOfPlaces(store, id);
  const places = store.places();
  const tonight = places.filter((one) => one.night === id);
  const counts = countsOf(tonight);
  const total = runVerdicts.reduce((sum, verdict) => sum + counts[verdict], 0);
  const share = total === 0 ? 1 : (counts.unknown + counts.harness) / total;
  const facts = {
    night, counts, findings: findingsOf({ store, history, today }), vanished: vanished(history), missingShards: missingShards(night).filter(({ index, count }) => part === undefined || (index === part.index && count === part.count)),
    unknown: { share, allowed: night.unknownShare, isAbove: share > night.unknownShare, reasons: unknownReasons(store, id) },
  };
  return {
    ...facts, ...judgeNight(facts),
    targets: night.targets.map((target) => targetSummary(target, tonight, night, store)),
    matrix: matrixOf(tonight),
    trend: history.nights.filter(({ campaign }) => campaign === night.campaign).slice(-mostNights).map((one) => trendPoint(one, places.filter((place) => place.night === one.id), history)),
    time: timeOf(store, night),
    slowest: store.runsById(store.query('SELECT id FROM runs WHERE night = ? ORDER BY duration_ms DESC, position LIMIT ?', [id, mostSlow]).map((row) => String(row['id']))),
  };
}

function countsOf(places: readonly PlaceCount[]): Counts {
  const counts = { held: 0, broken: 0, unknown: 0, harness: 0 };
  for (const { verdict, runs } of places) counts[verdict] += runs;
  return counts;
}

function targetSummary(target: Target, tonight: readonly PlaceCount[], night: NightRecord, store: NightStore): TargetSummary {
  const counts = countsOf(tonight.filter((one) => one.target === target.name));
  const rate = rateOf({ hits: counts.broken, runs: counts.held + counts.broken });
  const [first] = store.query(
    `SELECT count(*) AS n FROM runs WHERE night = ? AND target = ? AND verdict IN ('held', 'broken')
       AND position <= (SELECT min(position) FROM runs WHERE night = ? AND target = ? AND verdict = 'broken')`,
    [night.id, target.name, night.id, target.name],
  );
  return { target, counts, rate, runsToFirst: Number(first?.['n'] ?? 0) || undefined, baseline: baselineOf(target, rate, night, store) };
}

/** The baseline's runs of the plans that this target was run with tonight, from all nights. */
function baselineOf(target: Target, rate: TargetSummary['rate'], { id, baseline }: NightRecord, store: NightStore): TargetSummary['baseline'] {
  if (baseline === null || baseline === target.build) return undefined;
  const names = store.nights().flatMap(({ targets }) => targets).filter(({ subject, build }) => subject === target.subject && build === baseline).map(({ name }) => name);
  const rows = store.query(
    `SELECT verdict, count(*) AS n FROM runs WHERE build = ? AND target IN (SELECT value FROM json_each(?)) AND verdict IN ('held', 'broken')
       AND (participants, schedule) IN (SELECT participants, schedule FROM runs WHERE night = ? AND target = ?) GROUP BY verdict`,
    [baseline, JSON.stringify([...new Set(names)]), id, target.name],
  );
  const count = (verdict: string): number => Number(rows.find((row) => row['verdict'] === verdict)?.['n'] ?? 0);
  const base = rateOf({ hits: count('broken'), runs: count('held') + count('broken') });
  return base.runs === 0 ? undefined : { build: baseline, rate: base, pValue: fisherExact(rate, base) };
}

function matrixOf(tonight: readonly PlaceCount[]): readonly Cell[] {
  const cells = new Map<string, PlaceCount[]>();
  for (const place of tonight) {
    const key = JSON.stringify([place.target, place.strategy]);
    cells.set(key, [...(cells.get(key) ?? []), place]);
  }
  return [...cells].sort(([one], [other]) => (one < other ? -1 : 1)).map(([key, places]) => {
    const [target, strategy] = JSON.parse(key) as [string, string];
    return { target, strategy, counts: countsOf(places), durationMs: places.reduce((sum, { durationMs }) => sum + durationMs, 0) };
  });
}

function trendPoint({ id, startedAt }: NightRecord, places: readonly PlaceCount[], history: HistoryOfPlaces): TrendPoint {
  const at = history.nights.findIndex((one) => one.id === id);
  const findings = history.failures().map((failure) => [findingKey(failure), history.count(failure, at, at)] as const).filter(([, { runs }]) => runs > 0);
  return { night: id, startedAt, counts: countsOf(places), findings: Object.fromEntries(findings) };
}

function unknownReasons(store: NightStore, night: string): NightSummary['unknown']['reasons'] {
  const reasons = new Map<string, number>();
  for (const { sentence } of store.runs({ night, verdicts: ['unknown', 'harness'] })) {
    const general = (sentence ?? 'no reason').replaceAll(/\d+/g, 'N');
    reasons.set(general, (reasons.get(general) ?? 0) + 1);
  }
  return [...reasons].map(([sentence, runs]) => ({ sentence, runs })).sort((one, other) => other.runs - one.runs || (one.sentence < other.sentence ? -1 : 1)).slice(0, mostReasons);
}

function timeOf(store: NightStore, { id, shards }: NightRecord): NightSummary['time'] {
  const [row] = store.query("SELECT count(*) AS n, sum(duration_ms) AS duration, sum(validator_ms) AS validator, max(peak_rss) AS rss FROM runs WHERE night = ? AND verdict <> 'harness'", [id]);
  const number = (name: string): number => Number(row?.[name] ?? 0);
  const busyMs = shards.reduce((sum, shard) => sum + shard.busyMs, 0);
  const runs = number('n');
  return {
    busyMs, validatorMs: number('validator'), overheadMsPerRun: runs === 0 ? 0 : (number('duration') - number('validator')) / runs,
    runsPerMinute: busyMs === 0 ? 0 : (runs / busyMs) * 60_000, peakRssBytes: number('rss') || undefined,
  };
}
