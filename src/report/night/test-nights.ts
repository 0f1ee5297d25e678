// SPDX-License-Identifier: Apache-2.0
import { rateOf } from '../../nightly/rate.ts';
import type { Finding, FindingStatus, NightSummary, TrendPoint } from '../../nightly/summary.ts';
import { brokenRun, nightOf, runOfNight } from '../../nightly/test-records.ts';

/** Summaries as nights come to them, for tests of what is drawn of them. */
const tonight = 'smoke-4f2a91c0';
const symptom = 'outcomes-agree: validator-N differs from the serial run';
const reference = { name: 'reference', subject: 'reference', build: 'b3', version: '1.3.0' } as const;

/** Nothing broken, nothing unknown, one night. */
export function quietNight(changes: Partial<NightSummary> = {}): NightSummary {
  const counts = { held: 3000, broken: 0, unknown: 0, harness: 0 };
  return {
    night: nightOf(tonight, { targets: [reference], planned: 3000 }), verdict: 'held', exitStatus: 0, counts, reasons: ['0 in 3000: below 0.1 % at 95 %'],
    unknown: { share: 0, allowed: 0.05, isAbove: false, reasons: [] }, findings: [], vanished: [],
    targets: [{ target: reference, counts, rate: rateOf({ hits: 0, runs: 3000 }), runsToFirst: undefined, baseline: undefined }],
    matrix: [{ target: 'reference', strategy: 'leader-follower', counts, durationMs: 3_000_000 }],
    trend: [{ night: tonight, startedAt: '2026-11-27T02:00:00.000Z', counts, findings: {} }], missingShards: [],
    time: { busyMs: 1_800_000, validatorMs: 2_900_000, overheadMsPerRun: 12.4, runsPerMinute: 100, peakRssBytes: 90 * 1024 * 1024 },
    slowest: [runOfNight(tonight, 7, { durationMs: 4100 })], ...changes,
  };
}

export function findingOf(status: FindingStatus, changes: Partial<Finding> = {}): Finding {
  const isThere = status !== 'gone' && status !== 'not-run';
  const run = brokenRun(tonight, 12, { sentence: 'outcomes-agree: validator-2 differs from the serial run' });
  const isListed = status === 'known' || status === 'expired';
  return {
    key: `reference ${status}`, target: reference, cause: { symptom, strategy: 'leader-follower', place: 'middle' }, status,
    known: isListed ? { issue: '12', place: 'middle', untilVersion: status === 'known' ? '1.4.0' : '1.2.0', note: 'a reader sees half a layer' } : undefined,
    sentence: run.sentence ?? '', rate: rateOf({ hits: isThere ? 3 : 0, runs: status === 'not-run' ? 0 : 40 }), runsToFirst: isThere ? 13 : undefined,
    firstSeen: { night: status === 'new' ? tonight : 'smoke-0000aaaa', build: status === 'new' ? 'b3' : 'b2', at: status === 'new' ? '2026-11-27T02:00:00.000Z' : '2026-11-20T02:00:00.000Z' },
    builds: [{ build: 'b1', version: '1.1.0', rate: rateOf({ hits: 0, runs: 120 }) }, { build: 'b3', version: '1.3.0', rate: rateOf({ hits: 3, runs: 40 }) }],
    firstBad: 'b3', lastGood: { build: 'b1', version: '1.1.0', rate: rateOf({ hits: 0, runs: 120 }) },
    baseline: isThere ? { build: 'b1', rate: rateOf({ hits: 0, runs: 120 }), pValue: 0.014 } : undefined,
    clean: { runs: isThere ? 0 : 40, needed: 114, isFixed: false }, examples: isThere ? [{ ...run, folder: `runs/${tonight}/${run.id}` }] : [],
    replay: isThere ? `npm run explore -- --replay nights/runs/${tonight}/${run.id}` : '', ...changes,
  };
}

/** Everything that a report can have to say, on three targets over thirty nights. */
export function busyNight(changes: Partial<NightSummary> = {}): NightSummary {
  const strategies = ['after-download', 'crash', 'file-calls', 'leader-follower', 'random', 'simultaneous', 'stampede'];
  const targets = [reference, { name: 'reference-torn', subject: 'reference', build: 'b3', plantedBug: 'publish-early' }, { name: 'ec', subject: 'ec', build: 'v0.7.114', version: '0.7.114' }];
  const statuses: readonly FindingStatus[] = ['new', 'back', 'expired', 'standing', 'known', 'gone', 'not-run'];
  const findings = statuses.map((status, index) => findingOf(status, { target: targets[index % 3] ?? reference, cause: { symptom, strategy: strategies[index] ?? '', place: index % 2 === 0 ? 'middle' : 'after/rename' } }));
  const counts = { held: 9310, broken: 61, unknown: 603, harness: 26 };
  return quietNight({
    night: nightOf(tonight, { targets, planned: 12_000, baseline: 'b1', shards: [1, 2].map((index) => ({ index, count: 3, plansDigest: 'b'.repeat(64), planned: 4000, done: index === 1 ? 4000 : 3200, state: index === 1 ? 'ended' as const : 'open' as const, endedBy: null, startedAt: '2026-11-27T02:00:00.000Z', lastAt: '2026-11-27T03:00:00.000Z', busyMs: 3_600_000 })) }),
    verdict: 'broken', exitStatus: 1, counts, findings,
    reasons: ['4 broken: 1 new, 1 back, 1 seen before, 1 no longer excused', '6.3 % of the runs are unknown, and 5 % are allowed', 'shard 3/3 is missing or not at its end: npm run nightly -- --campaign smoke.json --seed 4f2a91c0 --shard 3/3', 'issue 12 is excused no more: known until 1.2.0, and reference is 1.3.0'],
    unknown: { share: 0.0629, allowed: 0.05, isAbove: true, reasons: [{ sentence: 'overlapped: gate leader opened by time-out', runs: 580 }, { sentence: 'VALIDATOR_LOST: the door closed', runs: 49 }] },
    vanished: [{ known: { issue: '9', strategy: 'crash' }, cleanRuns: 811 }],
    targets: targets.map((target, index) => ({ target, counts: { held: 3000, broken: index === 1 ? 61 : 0, unknown: index * 300, harness: 0 }, rate: rateOf({ hits: index === 1 ? 61 : 0, runs: 3061 }), runsToFirst: index === 1 ? 13 : undefined, baseline: index === 1 ? { build: 'b1', rate: rateOf({ hits: 0, runs: 900 }), pValue: 1e-6 } : undefined })),
    matrix: targets.flatMap(({ name }, row) => strategies.slice(row === 2 ? 2 : 0).map((strategy, at) => ({ target: name, strategy, counts: { held: at === 6 ? 0 : 420, broken: row === 1 && at % 3 === 0 ? 12 : 0, unknown: at === 6 ? 200 : at % 4, harness: 0 }, durationMs: 90_000 }))),
    trend: Array.from({ length: 30 }, (_, index) => trendPoint(index, findings)),
    missingShards: [{ index: 2, count: 3, command: 'npm run nightly -- --campaign smoke.json --seed 4f2a91c0 --shard 2/3 --resume' }, { index: 3, count: 3, command: 'npm run nightly -- --campaign smoke.json --seed 4f2a91c0 --shard 3/3' }],
    ...changes,
  });
}

function trendPoint(index: number, findings: readonly Finding[]): TrendPoint {
  const day = new Date(Date.UTC(2026, 9, 29 + index)).toISOString();
  const seen = findings.filter((_, at) => (index + at) % 5 !== 0).map(({ key }, at) => [key, { hits: (index * (at + 1)) % 3 === 0 ? 0 : (index * 7 + at) % 40, runs: 40 }] as const);
  return { night: index === 29 ? tonight : `smoke-${String(index).padStart(8, '0')}`, startedAt: day, counts: { held: 9000 + index * 10, broken: (index * 13) % 61, unknown: index === 29 ? 603 : (index * 5) % 40, harness: 0 }, findings: Object.fromEntries(seen) };
}

/** As large as a summary can be: thousands of findings on 200 targets, in ten thousand shards. */
export function hugeNight(): NightSummary {
  const targets = Array.from({ length: 200 }, (_, index) => ({ name: `target-${index}-${'x'.repeat(60)}`, subject: 'reference', build: `build-${index}` }));
  const findings = Array.from({ length: 6000 }, (_, index) => findingOf(index % 3 === 0 ? 'new' : index % 3 === 1 ? 'known' : 'gone', { key: `finding ${index}`, target: targets[index % 200] ?? reference, sentence: `${index} ${'word '.repeat(400)}`, cause: { symptom: 's'.repeat(2000), strategy: `strategy-${index % 40}`, place: 'p'.repeat(200) }, builds: Array.from({ length: 100 }, (_one, at) => ({ build: `build-${at}`, version: undefined, rate: rateOf({ hits: at % 2, runs: 100_000 }) })) }));
  const counts = { held: 40_000, broken: 50_000, unknown: 9000, harness: 1000 };
  return busyNight({
    night: nightOf(tonight, { targets, shards: Array.from({ length: 10_000 }, (_, index) => ({ index: index + 1, count: 10_000, plansDigest: 'b'.repeat(64), planned: 10, done: 10, state: 'open', endedBy: null, startedAt: '2026-11-27T02:00:00.000Z', lastAt: '2026-11-27T02:00:00.000Z', busyMs: 1 })) }),
    counts, findings, reasons: Array.from({ length: 10_000 }, (_, index) => `reason ${index} ${'word '.repeat(100)}`),
    vanished: Array.from({ length: 1000 }, (_, index) => ({ known: { issue: String(index), note: 'n'.repeat(2000) }, cleanRuns: index })),
    targets: targets.map((target) => ({ target, counts, rate: rateOf({ hits: 1, runs: 100_000 }), runsToFirst: 1, baseline: undefined })),
    matrix: targets.flatMap(({ name }) => Array.from({ length: 40 }, (_, at) => ({ target: name, strategy: `strategy-${at}`, counts, durationMs: 1 }))),
    trend: Array.from({ length: 30 }, (_, index) => ({ ...trendPoint(index, findings), counts })),
    missingShards: Array.from({ length: 10_000 }, (_, index) => ({ index: index + 1, count: 10_000, command: `npm run nightly -- --shard ${index + 1}/10000` })),
  });
}

/** A summary in which all that can be text is this one. */
export function hostileNight(text: string): NightSummary {
  const target = { name: text, subject: text, build: text, version: text, plantedBug: text };
  const busy = busyNight();
  const cause = { symptom: text, strategy: text, place: text };
  const run = brokenRun(tonight, 1, { target: text, build: text, schedule: text, strategy: text, sentence: text, cause });
  const known = { issue: text, subject: text, strategy: text, place: text, symptom: text, untilVersion: text, untilDate: text, note: text };
  const findings = busy.findings.map((finding) => ({ ...finding, key: text, target, cause, sentence: text, known: finding.known && known, firstSeen: { night: text, build: text, at: text }, firstBad: text, builds: finding.builds.map((one) => ({ ...one, build: text, version: text })), baseline: finding.baseline && { ...finding.baseline, build: text }, examples: [run], replay: text }));
  return {
    ...busy, findings, reasons: [text], vanished: [{ known, cleanRuns: 1 }], slowest: [run],
    night: { ...busy.night, id: text, campaign: text, seed: text, baseline: text, targets: [target] },
    unknown: { ...busy.unknown, reasons: [{ sentence: text, runs: 1 }] },
    targets: busy.targets.map((one) => ({ ...one, target, baseline: one.baseline && { ...one.baseline, build: text } })),
    matrix: busy.matrix.map((cell) => ({ ...cell, target: text, strategy: text })),
    trend: busy.trend.map((point) => ({ ...point, night: text, startedAt: `${text}${point.startedAt}`, findings: { [text]: { hits: 1, runs: 2 } } })),
    missingShards: [{ index: 1, count: 3, command: text }],
  };
}
