// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { causeKey } from '../explore/cause.ts';
import { shellQuoted } from '../scenario/command-line.ts';
import { fisherExact } from '../statistics/fisher.ts';
import { cleanRunsNeeded, wilsonInterval } from '../statistics/proportion.ts';
import type { Failure, HistoryOfPlaces } from './history-of-places.ts';
import { isExpired, knownAs } from './known-findings.ts';
import { rateOf } from './rate.ts';
import type { KnownFinding, NightRecord, RunRecord, Target } from './record.ts';
import type { NightStore } from './store.ts';
import type { BuildRate, Finding, FindingStatus } from './summary.ts';
import { buildsInOrder, versionOf } from './versions.ts';

const mostExamples = 5;
const explore = ['npm', 'run', 'explore', '--'] as const;
const placeRuns = 'SELECT id FROM runs WHERE night = ? AND target = ? AND strategy = ? AND place = ?';

export interface FindingsRequest {
  readonly store: NightStore;
  readonly history: HistoryOfPlaces;
  /** YYYY-MM-DD, for known findings that end with a day. */
  readonly today: string;
}

/** What is to be looked at first: what nobody knows, then what is excused, then what is no more. */
const order: readonly FindingStatus[] = ['new', 'back', 'expired', 'standing', 'known', 'gone', 'not-run'];

/** All causes that were ever seen and are not known to be mended, on each target. */
export function findingsOf(request: FindingsRequest): readonly Finding[] {
  const found = request.history.failures().flatMap((failure) => findingOf(failure, request) ?? []);
  return found.sort((one, other) => order.indexOf(one.status) - order.indexOf(other.status) || other.rate.hits - one.rate.hits || (one.key < other.key ? -1 : 1));
}

export function findingKey({ target, ...cause }: Failure): string {
  return `${target} ${causeKey(cause)}`;
}

function findingOf(failure: Failure, request: FindingsRequest): Finding | undefined {
  const { store, history, today } = request;
  const { tonight } = history;
  const seen = history.nightsOf(failure);
  const target = history.targetIn(tonight, failure.target) ?? history.targetIn(seen.at(-1) ?? 0, failure.target);
  const night = history.nights[tonight];
  if (target === undefined || night === undefined) return undefined;
  const rate = rateOf(history.count(failure, tonight, tonight));
  const before = seen.filter((one) => one < tonight);
  const earlier = cleanSince(failure, history, before, tonight - 1);
  // What was called fixed before tonight is not told of every night from then on.
  if (rate.hits === 0 && (earlier.isFixed || !night.targets.some(({ name }) => name === failure.target))) return undefined;
  const known = knownAs(night.known, target, failure);
  const first = seen[0] ?? tonight;
  const examples = examplesOf(failure, history.nights[seen.at(-1) ?? tonight]?.id ?? night.id, store);
  const builds = buildRates(failure, target, history);
  return {
    key: findingKey(failure), target, cause: { symptom: failure.symptom, strategy: failure.strategy, place: failure.place }, known,
    status: statusOf({ rate, known, isSeenBefore: before.length > 0, wasFixed: earlier.isFixed, isLookedAt: history.count(failure, tonight, tonight, notOlder(failure, history, tonight)).runs > 0, target, today }),
    sentence: examples[0]?.sentence ?? failure.symptom, rate, runsToFirst: runsToFirst(failure, night.id, store),
    firstSeen: { night: history.nights[first]?.id ?? '', build: history.targetIn(first, failure.target)?.build ?? '', at: history.nights[first]?.startedAt ?? '' },
    ...edges(builds), baseline: againstBaseline(builds, target, night, rateOf(history.count(failure, tonight, tonight))),
    clean: cleanSince(failure, history, seen, tonight), examples, replay: replayOf(examples[0], target, store),
  };
}

interface StatusFacts {
  readonly rate: Finding['rate'];
  readonly known: KnownFinding | undefined;
  readonly isSeenBefore: boolean;
  readonly wasFixed: boolean;
  readonly isLookedAt: boolean;
  readonly target: Target;
  readonly today: string;
}

function statusOf({ rate, known, isSeenBefore, wasFixed, isLookedAt, target, today }: StatusFacts): FindingStatus {
  if (rate.hits === 0) return isLookedAt ? 'gone' : 'not-run';
  if (known !== undefined) return isExpired(known, target, today) ? 'expired' : 'known';
  if (!isSeenBefore) return 'new';
  return wasFixed ? 'back' : 'standing';
}

/** Builds on which it could be told whether it is mended: what was good before it came says nothing. */
function notOlder(failure: Failure, history: HistoryOfPlaces, until: number): (build: string) => boolean {
  const subject = history.targetIn(history.nightsOf(failure).at(-1) ?? until, failure.target)?.subject ?? '';
  const order = buildsInOrder(history.nights, subject).map(({ build }) => build);
  const bad = history.badBuilds(failure, until);
  const newest = order.findLastIndex((build) => bad.has(build));
  return (build) => order.indexOf(build) >= newest;
}

/**
 * Clean runs, of builds that are not older, after the last night in which it was seen, against those that its rate in the nights in which it was makes improbable at 95 %. The rate
 * is taken at the lower end of its interval: a bug that was seen once in few runs may be rare.
 */
function cleanSince(failure: Failure, history: HistoryOfPlaces, seen: readonly number[], to: number): Finding['clean'] {
  const last = seen.at(-1);
  if (last === undefined) return { runs: 0, needed: 0, isFixed: false };
  const counts = seen.map((night) => history.count(failure, night, night));
  const usual = { hits: counts.reduce((sum, { hits }) => sum + hits, 0), runs: counts.reduce((sum, { runs }) => sum + runs, 0) };
  const needed = cleanRunsNeeded(wilsonInterval(usual).low);
  const { runs } = history.count(failure, last + 1, to, notOlder(failure, history, last));
  return { runs, needed, isFixed: runs >= needed };
}

function buildRates(failure: Failure, { subject }: Target, history: HistoryOfPlaces): readonly BuildRate[] {
  const counts = history.builds(failure, subject);
  return buildsInOrder(history.nights, subject).flatMap((target) => {
    const count = counts.get(target.build);
    return count === undefined ? [] : [{ build: target.build, version: versionOf(target), rate: rateOf(count) }];
  });
}

function edges(builds: readonly BuildRate[]): Pick<Finding, 'builds' | 'firstBad' | 'lastGood'> {
  const bad = builds.findIndex(({ rate }) => rate.hits > 0);
  const lastGood = builds.slice(0, Math.max(0, bad)).findLast(({ rate }) => rate.runs > 0);
  return { builds, firstBad: builds[bad]?.build, lastGood };
}

function againstBaseline(builds: readonly BuildRate[], { build }: Target, { baseline }: NightRecord, rate: Finding['rate']): Finding['baseline'] {
  const base = builds.find((one) => one.build === baseline);
  if (base === undefined || base.build === build || base.rate.runs === 0 || rate.runs === 0) return undefined;
  return { build: base.build, rate: base.rate, pValue: fisherExact(rate, base.rate) };
}

function runsToFirst({ target, strategy, place, symptom }: Failure, night: string, store: NightStore): number | undefined {
  const [row] = store.query(
    `SELECT count(*) AS n FROM runs WHERE id IN (${placeRuns}) AND verdict IN ('held', 'broken')
       AND position <= (SELECT min(position) FROM runs WHERE id IN (${placeRuns}) AND verdict = 'broken' AND symptom = ?)`,
    [night, target, strategy, place, night, target, strategy, place, symptom],
  );
  const count = Number(row?.['n'] ?? 0);
  return count === 0 ? undefined : count;
}

function examplesOf({ target, strategy, place, symptom }: Failure, night: string, store: NightStore): readonly RunRecord[] {
  const ids = store.query(`SELECT id FROM runs WHERE id IN (${placeRuns}) AND verdict = 'broken' AND symptom = ? ORDER BY folder IS NULL, position LIMIT ?`, [night, target, strategy, place, symptom, mostExamples]).map(({ id }) => String(id));
  return store.runsById(ids);
}

/** The folder of a run says all that it was made with; without one, what the row knows. */
function replayOf(run: RunRecord | undefined, target: Target, store: NightStore): string {
  if (run === undefined) return '';
  if (run.folder !== null) return shellQuoted([...explore, '--replay', join(store.folder, run.folder)]);
  const words = [...(target.subject === 'reference' ? [] : ['--subject', target.subject, '--binary', 'PROGRAM']), ...(target.plantedBug === undefined ? [] : ['--planted-bug', target.plantedBug]), ...(run.participants === 2 ? [] : ['--participants', String(run.participants)])];
  return shellQuoted([...explore, ...words, '--replay', run.schedule]);
}
