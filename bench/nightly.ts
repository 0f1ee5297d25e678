// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { placeOf } from '../src/explore/cause.ts';
import { bundleName, writeBundle } from '../src/nightly/bundle.ts';
import { mergeBundles } from '../src/nightly/merge.ts';
import { runIdOf, type NightRecord, type RunRecord } from '../src/nightly/record.ts';
import { NightStore } from '../src/nightly/store.ts';
import { summarize } from '../src/nightly/summarize.ts';
import type { NightSummary } from '../src/nightly/summary.ts';
import { cucumberMessages } from '../src/report/night/cucumber-messages.ts';
import { junitReport } from '../src/report/night/junit-report.ts';
import { markdownReport } from '../src/report/night/markdown-report.ts';
import { nightPage } from '../src/report/night/night-page.ts';

const shards = 100;
const runsOfShard = 1000;
const nights = 10;
const startedAt = '2026-11-27T02:00:00.000Z';

/** Figures of the nightly store: what a person waits for after the last run. */
export async function benchNightly(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'stampede-bench-nightly-'));
  try {
    const all = join(folder, 'all');
    const writing = await timed(() => {
      using store = NightStore.open(all, { isNew: true });
      for (let night = 0; night < nights; night += 1) store.addRuns(runsOf(`n-${night}`, 0, (shards * runsOfShard) / nights), nightOf(`n-${night}`, shards, 1));
    });
    say(`${shards * runsOfShard} runs of ${nights} nights into a store`, writing);
    say('opening it, with its check', await timed(() => NightStore.open(all).close()));
    using store = NightStore.open(all);
    let summary: NightSummary | undefined;
    say('the summary of the last night, with its trend', await timed(() => void (summary = summarize(store, `n-${nights - 1}`))));
    if (summary !== undefined) await benchReports(summary);
    const one = join(folder, 'one');
    using single = NightStore.open(one, { isNew: true });
    const rows = [...runsOf('single', 0, 200)];
    const each = await timed(() => rows.forEach((row) => single.addRuns([row], nightOf('single', 1, 1))));
    say('storing one run, as a night does after each', each / rows.length);
    await benchMerge(folder);
    return 0;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function benchReports(summary: NightSummary): Promise<void> {
  let bytes = 0;
  const page = await timed(() => void (bytes = Buffer.byteLength(nightPage(summary, new Map()))));
  say(`its page of ${Math.round(bytes / 1024)} kB`, page);
  say('its JUnit XML, messages, Markdown and JSON', await timed(() => void [junitReport(summary), cucumberMessages(summary), markdownReport(summary), JSON.stringify(summary)]));
}

async function benchMerge(folder: string): Promise<void> {
  const bundles: string[] = [];
  for (let index = 1; index <= shards; index += 1) {
    using store = NightStore.open(join(folder, 'shards', String(index)), { isNew: true });
    store.addRuns(runsOf('m', (index - 1) * runsOfShard, runsOfShard), nightOf('m', index, shards));
    const file = join(folder, bundleName('m', { index, count: shards }));
    await writeBundle(store, 'm', file);
    bundles.push(file);
  }
  using merged = NightStore.open(join(folder, 'merged'), { isNew: true });
  say(`merging ${shards} bundles of ${runsOfShard} runs each`, await timed(async () => void (await mergeBundles(merged, bundles))));
  say('the summary of what was merged', await timed(() => void JSON.stringify(summarize(merged, 'm'))));
}

function* runsOf(night: string, from: number, count: number): Iterable<RunRecord> {
  for (let position = from; position < from + count; position += 1) {
    const schedule = `leader-follower/byte-${position % 200}/${1 + (position % 2)}`;
    const isBroken = position % 50 === 0;
    const isUnknown = position % 77 === 1;
    yield {
      id: runIdOf(night, { target: 'reference', participants: 2, schedule }, position), night, position, target: 'reference', build: 'b', participants: 2, schedule, strategy: 'leader-follower', nth: position + 1, isNewPlan: false,
      verdict: isBroken ? 'broken' : isUnknown ? 'unknown' : 'held', cause: isBroken ? { symptom: 'outcomes-agree: validator-N differs', ...placeOf(schedule) } : null,
      sentence: isBroken || isUnknown ? `validator-${position} differs` : null, startedAt, durationMs: 700, validatorMs: 690, peakRssBytes: 50_000_000, folder: null,
    };
  }
}

function nightOf(id: string, index: number, count: number): NightRecord {
  const shard = { index: count === 1 ? 1 : index, count, plansDigest: 'b'.repeat(64), planned: 1, done: 1, state: 'ended' as const, endedBy: null, startedAt, lastAt: startedAt, busyMs: 1 };
  return { id, campaign: 'bench', campaignDigest: 'a'.repeat(64), seed: id, planned: 1, targets: [{ name: 'reference', subject: 'reference', build: 'b' }], baseline: null, unknownShare: 0.05, known: [], startedAt, shards: [shard] };
}

async function timed(action: () => void | Promise<void>): Promise<number> {
  const began = performance.now();
  await action();
  return performance.now() - began;
}

function say(what: string, ms: number): void {
  process.stdout.write(`${what}: ${ms < 1000 ? `${ms.toFixed(1)} ms` : `${(ms / 1000).toFixed(1)} s`}\n`);
}
