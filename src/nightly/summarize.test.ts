// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KnownFinding, NightRecord, RunRecord, Target } from './record.ts';
import { NightStore } from './store.ts';
import { summarize } from './summarize.ts';
import type { FindingStatus, NightSummary } from './summary.ts';
import { brokenRun, nightOf, runOfNight } from './test-records.ts';

let folder = '';
let store: NightStore;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'summarize test-'));
  store = NightStore.open(folder, { isNew: true });
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

interface Made {
  readonly broken?: number;
  readonly held?: number;
  readonly unknown?: number;
  readonly harness?: number;
  /** Of each run. */
  readonly run?: Partial<RunRecord>;
  readonly night?: Partial<NightRecord>;
}

/** Stores a night with so many runs at one place, broken ones first, and tells what it says. */
function night(id: string, { broken = 0, held = 0, unknown = 0, harness = 0, run = {}, night: changes = {} }: Made): NightSummary {
  const verdicts = (['broken', 'held', 'unknown', 'harness'] as const).flatMap((verdict) => Array.from({ length: { broken, held, unknown, harness }[verdict] }, () => verdict));
  const build = changes.targets?.[0]?.build ?? 'b1';
  const runs = verdicts.map((verdict, at) => (verdict === 'broken' ? brokenRun(id, at, { build, ...run }) : runOfNight(id, at, { build, verdict, sentence: verdict === 'held' ? null : `gate ${at} opened late`, ...run })));
  store.addRuns(runs, nightOf(id, changes));
  return summarize(store, id, '2026-11-27');
}

const statuses = ({ findings }: NightSummary): readonly FindingStatus[] => findings.map(({ status }) => status);
const built = (build: string, more: Partial<Target> = {}): Partial<NightRecord> => ({ targets: [{ name: 'reference', subject: 'reference', build, ...more }] });
const known = (...list: readonly KnownFinding[]): Partial<NightRecord> => ({ known: [...list] });

/** 2 of 2 broken is a rate of 34 % at least: 8 clean runs have a probability below 5 % then. */
const enough = 8;

describe('a finding over several nights', () => {
  it('is new, then standing, then gone with a count of what is still needed, then told no more once that is reached', () => {
    const first = night('n1', { broken: 2 });
    expect([statuses(first), first.verdict, first.exitStatus]).toEqual([['new'], 'broken', 1]);
    expect(statuses(night('n2', { broken: 2 }))).toEqual(['standing']);
    const gone = night('n3', { held: 1 });
    expect([statuses(gone), gone.verdict, gone.findings[0]?.clean]).toMatchObject([['gone'], 'held', { runs: 1, isFixed: false }]);
    const needed = gone.findings[0]?.clean.needed ?? 0;
    const fixed = night('n4', { held: needed });
    expect([statuses(fixed), fixed.findings[0]?.clean.isFixed]).toEqual([['gone'], true]);
    expect(statuses(night('n5', { held: 1 }))).toEqual([]);
  });

  it.each([[enough - 1, 'standing'], [enough, 'back']] as const)('that is seen after %i clean runs is %s', (held, status) => {
    night('n1', { broken: 2 });
    night('n2', { held });
    const seen = night('n3', { broken: 1 });
    expect([statuses(seen), seen.verdict, seen.exitStatus]).toEqual([[status], 'broken', 1]);
  });

  it('is not-run where nobody came to a verdict at its place, and clean runs are not counted from unknown ones', () => {
    night('n1', { broken: 2 });
    const elsewhere = night('n2', { held: 40, unknown: 1, run: { schedule: 'two-writers/ahead/1', strategy: 'two-writers' } });
    expect(statuses(elsewhere)).toEqual(['not-run']);
    expect(elsewhere.findings[0]?.clean).toMatchObject({ runs: 0, needed: enough, isFixed: false });
    const unknown = night('n3', { unknown: 40 });
    expect([statuses(unknown), unknown.verdict]).toEqual([['not-run'], 'unknown']);
  });

  it('is not called gone, let alone fixed, by runs of a build that was good before it', () => {
    night('n1', { held: 2, night: built('v1.0') });
    night('n2', { broken: 2, night: built('v1.1') });
    const older = night('n3', { held: 2 * enough, night: built('v1.0') });
    expect([statuses(older), older.findings[0]?.clean]).toMatchObject([['not-run'], { runs: 0, isFixed: false }]);
    const newer = night('n4', { held: enough, night: built('v1.2') });
    expect([statuses(newer), newer.findings[0]?.clean]).toMatchObject([['gone'], { runs: enough, isFixed: true }]);
    expect(statuses(night('n5', { broken: 1, night: built('v1.3') }))).toEqual(['back']);
  });

  it('is not called gone by an older build that has no version, either, if that was met before', () => {
    night('n1', { held: 2, night: built('monday') });
    night('n2', { broken: 2, night: built('tuesday') });
    expect(statuses(night('n3', { held: 2 * enough, night: built('monday') }))).toEqual(['not-run']);
    expect(statuses(night('n4', { held: 1, night: built('thursday') }))).toEqual(['gone']);
  });

  it('is no news where its target is not looked at tonight', () => {
    night('n1', { broken: 2 });
    expect(statuses(night('n2', { held: 1, run: { target: 'other' }, night: { targets: [{ name: 'other', subject: 'ec', build: 'b1' }] } }))).toEqual([]);
  });

  it('has the rate of tonight, the run in which it was seen first, and one example a run, at most five', () => {
    const runs = [runOfNight('n1', 0), runOfNight('n1', 1), ...Array.from({ length: 7 }, (_, at) => brokenRun('n1', at + 2))];
    store.addRuns(runs, nightOf('n1'));
    const [finding, ...others] = summarize(store, 'n1').findings;
    expect(others).toEqual([]);
    expect([finding?.rate.hits, finding?.rate.runs, finding?.runsToFirst, finding?.examples.length]).toEqual([7, 9, 3, 5]);
  });

  it('is another one with another symptom, strategy, place or target; leaders are no part of it', () => {
    const at = (position: number, schedule: string, symptom = 'outcomes-agree: N differs'): RunRecord => brokenRun('n1', position, { schedule, ...(symptom === '' ? {} : { cause: { symptom, strategy: 'leader-follower', place: 'middle' } }) });
    store.addRuns([at(0, 'leader-follower/middle/1'), at(1, 'leader-follower/middle/2'), at(2, 'leader-follower/middle/1', 'ended: hangs'), at(3, 'leader-follower/headers/1', ''), at(4, 'two-writers/ahead/1', '')], nightOf('n1'));
    expect(summarize(store, 'n1').findings.map(({ key, rate }) => [key, rate.hits])).toEqual([
      ['reference leader-follower | middle | outcomes-agree: N differs', 2],
      ['reference leader-follower | headers | outcomes-agree: N differs', 1],
      ['reference leader-follower | middle | ended: hangs', 1],
      ['reference two-writers | ahead | outcomes-agree: N differs', 1],
    ]);
  });
});

describe('the list of what is known', () => {
  const listed = { issue: '#12', strategy: 'leader-follower', symptom: 'outcomes-agree' };

  it('excuses what it speaks of: the night holds', () => {
    const { findings, verdict, exitStatus, reasons } = night('n1', { broken: 2, held: 2, night: known(listed) });
    expect([findings[0]?.status, findings[0]?.known?.issue, verdict, exitStatus]).toEqual(['known', '#12', 'held', 0]);
    expect(reasons).toContain('nothing is broken and is not known (1 known)');
  });

  it.each([[{ strategy: 'two-writers' }], [{ place: 'headers' }], [{ subject: 'ec' }], [{ symptom: 'ended' }]])('does not excuse what differs in one thing: %j', (change) => {
    expect(statuses(night('n1', { broken: 2, night: known({ ...listed, ...change }) }))).toEqual(['new']);
  });

  it.each([
    ['before the day', { untilDate: '2026-11-28' }, {}, 'known'],
    ['on the day', { untilDate: '2026-11-27' }, {}, 'expired'],
    ['before the version', { untilVersion: '1.2' }, { version: '1.2.0-rc.1' }, 'known'],
    ['from the version on', { untilVersion: '1.2' }, { version: '1.2.0' }, 'expired'],
    ['by a build that is a version', { untilVersion: 'v1.2' }, { build: 'v1.10.0' }, 'expired'],
    ['of a build without any version', { untilVersion: '1.2' }, { build: 'main' }, 'known'],
  ] as const)('ends %s', (_when, until, target, status) => {
    const { findings, exitStatus, reasons } = night('n1', { broken: 2, night: { ...known({ ...listed, ...until }), ...built('b1', target) } });
    expect([findings.map((one) => one.status), exitStatus]).toEqual([[status], status === 'expired' ? 1 : 0]);
    expect(reasons.some((reason) => reason.startsWith('issue #12 is excused no more'))).toBe(status === 'expired');
  });

  it('says what it lists and nobody sees any more, with the clean runs since', () => {
    const listedNight = known(listed);
    expect(night('n1', { broken: 2, night: listedNight }).vanished).toEqual([]);
    expect(night('n2', { held: 3, night: listedNight }).vanished).toEqual([{ known: listed, cleanRuns: 3 }]);
    const third = night('n3', { held: 5, night: listedNight });
    expect([third.vanished, third.verdict]).toEqual([[{ known: listed, cleanRuns: 8 }], 'held']);
    expect(third.reasons.some((reason) => reason.startsWith('issue #12 is listed as known and was not seen: 0 in 8'))).toBe(true);
    expect(night('n4', { held: 5, night: listedNight, run: { schedule: 'two-writers/ahead/1', strategy: 'two-writers' } }).vanished).toEqual([]);
  });
});

describe('builds', () => {
  it('are put in order by version: the first bad one, the last good one and how sure that is', () => {
    night('n1', { held: 3, night: built('v1.0.0') });
    night('n2', { broken: 1, held: 3, night: built('v1.10.0') });
    night('n3', { held: 30, night: built('v1.2.0') });
    const [finding] = night('n4', { broken: 2, held: 2, night: built('v1.11.0') }).findings;
    expect([finding?.status, finding?.firstBad, finding?.lastGood?.build, finding?.lastGood?.rate.runs, finding?.firstSeen]).toMatchObject(['standing', 'v1.10.0', 'v1.2.0', 30, { night: 'n2', build: 'v1.10.0' }]);
    expect(finding?.builds.map(({ build, rate }) => [build, rate.hits, rate.runs])).toEqual([['v1.0.0', 0, 3], ['v1.2.0', 0, 30], ['v1.10.0', 1, 4], ['v1.11.0', 2, 4]]);
  });

  it('without versions are as nights met them, and the first bad one may have no good one before it', () => {
    night('n1', { broken: 1, night: built('zeta') });
    expect(night('n2', { broken: 1, night: built('alpha') }).findings[0]).toMatchObject({ firstBad: 'zeta', lastGood: undefined });
  });

  it('are compared with the baseline, by the runs of the same plans, in all nights', () => {
    night('n1', { held: 20, night: built('v1.0.0') });
    night('n2', { held: 5, broken: 5, night: { ...built('v1.1.0'), baseline: 'v1.0.0' } });
    const { findings: [finding], targets: [target] } = summarize(store, 'n2');
    for (const baseline of [finding?.baseline, target?.baseline]) {
      expect(baseline).toMatchObject({ build: 'v1.0.0', rate: { hits: 0, runs: 20 } });
      // 5 of 10 against 0 of 20, two-sided: C(10, 5) / C(30, 5)
      expect(baseline?.pValue).toBeCloseTo(252 / 142_506, 10);
    }
    expect(night('n3', { held: 1, night: { ...built('v1.0.0'), baseline: 'v1.0.0' } }).targets[0]?.baseline).toBeUndefined();
    expect(night('n4', { held: 1, night: { ...built('v1.1.0'), baseline: 'v0.9' } }).targets[0]?.baseline).toBeUndefined();
  });
});

describe('unknown runs', () => {
  it.each([[5, 'held', 0], [6, 'unknown', 3]] as const)('%i of 100 where 5 %% are allowed: %s', (unknown, verdict, exitStatus) => {
    const summary = night('n1', { held: 100 - unknown, unknown });
    expect([summary.verdict, summary.exitStatus, summary.unknown.isAbove, summary.unknown.share]).toEqual([verdict, exitStatus, verdict === 'unknown', unknown / 100]);
    expect(summary.unknown.reasons).toEqual([{ sentence: 'gate N opened late', runs: unknown }]);
    expect(summary.reasons.some((reason) => reason.includes('are unknown, and 5 % are allowed'))).toBe(verdict === 'unknown');
  });

  it('those of the harness are counted with them; what is broken is broken all the same', () => {
    expect(night('n1', { held: 8, harness: 2 })).toMatchObject({ verdict: 'unknown', unknown: { share: 0.2 } });
    expect(night('n2', { broken: 1, unknown: 99 })).toMatchObject({ verdict: 'broken', exitStatus: 1, unknown: { isAbove: true } });
  });

  it('a night without any run shows nothing', () => {
    expect(night('n1', {})).toMatchObject({ verdict: 'unknown', exitStatus: 3, unknown: { share: 1 } });
  });
});

describe('a trend', () => {
  it('has a point for each night of the campaign until tonight, with what each finding came to', () => {
    night('n1', { broken: 1, held: 3 });
    night('x1', { held: 9, night: { campaign: 'other' } });
    night('n2', { held: 4, unknown: 1 });
    night('n3', { broken: 2, held: 2 });
    const key = 'reference leader-follower | middle | outcomes-agree: N differs';
    const points = summarize(store, 'n3').trend.map(({ night: id, counts, findings }) => [id, counts.broken, counts.held, counts.unknown, findings[key]]);
    expect(points).toEqual([['n1', 1, 3, 0, { hits: 1, runs: 4 }], ['n2', 0, 4, 1, { hits: 0, runs: 4 }], ['n3', 2, 2, 0, { hits: 2, runs: 4 }]]);
    expect(summarize(store, 'n2').trend.map(({ night: id }) => id)).toEqual(['n1', 'n2']);
  });

  it('has thirty points at most, the last ones', () => {
    for (let at = 1; at <= 33; at += 1) night(`n${at}`, { held: 1 });
    expect(summarize(store, 'n33').trend.map(({ night: id }) => id)).toEqual(Array.from({ length: 30 }, (_, at) => `n${at + 4}`));
  });
});

describe('what to type', () => {
  it('can be typed where the store has a name with spaces', () => {
    const id = brokenRun('n1', 0).id;
    const [finding] = night('n1', { broken: 1, run: { folder: `runs/n1/${id}` } }).findings;
    expect(finding?.replay).toBe(`npm run explore -- --replay '${join(folder, 'runs/n1', id)}'`);
  });

  it('can be typed where there is no folder and the subject is a file with a name with spaces', () => {
    const [finding] = night('n1', { broken: 1, night: built('b1', { subject: "my subject's.ts" }), run: { participants: 3 } }).findings;
    expect(finding?.replay).toBe(`npm run explore -- --subject 'my subject'\\''s.ts' --binary PROGRAM --participants 3 --replay leader-follower/middle/1`);
  });
});
