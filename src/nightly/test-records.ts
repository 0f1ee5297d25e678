// SPDX-License-Identifier: Apache-2.0
import { placeOf } from '../explore/cause.ts';
import { runIdOf, type NightRecord, type RunRecord } from './record.ts';

/** Records as nights make them, for tests. */
export function nightOf(id: string, changes: Partial<NightRecord> = {}): NightRecord {
  return {
    id, campaign: 'smoke', campaignDigest: 'a'.repeat(64), seed: id, planned: 4,
    targets: [{ name: 'reference', subject: 'reference', build: 'b1' }], baseline: null, unknownShare: 0.05, known: [],
    startedAt: '2026-11-27T02:00:00.000Z',
    shards: [{ index: 1, count: 1, plansDigest: 'b'.repeat(64), planned: 4, done: 4, state: 'ended', endedBy: null, startedAt: '2026-11-27T02:00:00.000Z', lastAt: '2026-11-27T02:00:04.000Z', busyMs: 4000 }],
    ...changes,
  };
}

export function runOfNight(night: string, position: number, changes: Partial<RunRecord> = {}): RunRecord {
  const schedule = changes.schedule ?? 'leader-follower/middle/1';
  const [target, participants, nth] = [changes.target ?? 'reference', changes.participants ?? 2, changes.nth ?? position + 1];
  return {
    id: runIdOf(night, { target, participants, schedule }, nth), night, position, target, build: 'b1', participants, schedule, strategy: placeOf(schedule).strategy, nth, isNewPlan: false,
    verdict: 'held', cause: null, sentence: null, startedAt: '2026-11-27T02:00:00.000Z', durationMs: 1000, validatorMs: 990, peakRssBytes: null, folder: null, ...changes,
  };
}

export function brokenRun(night: string, position: number, changes: Partial<RunRecord> = {}): RunRecord {
  const schedule = changes.schedule ?? 'leader-follower/middle/1';
  return runOfNight(night, position, { verdict: 'broken', cause: { symptom: 'outcomes-agree: N differs', ...placeOf(schedule) }, sentence: 'outcomes-agree: 2 differs', ...changes });
}
