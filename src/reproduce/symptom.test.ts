// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exited, started } from '../checkers/test-history.ts';
import type { EventBody } from '../history/event.ts';
import type { Attempt } from '../explore/attempt.ts';
import type { SerialRun } from '../explore/expectation.ts';
import { requireQuietAlone } from './serial-check.ts';
import { isMatch, sightingOf } from './symptom.ts';
import type { Report, Symptom } from './report.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'symptom-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const [one, two] = ['validator-1', 'validator-2'];
const outputs = (participant: string): object => Object.fromEntries(['stdout', 'stderr'].map((stream) => [stream, { file: `${participant}.${stream}`, bytes: 0, digest: 'sha256:0', truncated: false }]));
const ends = (participant: string, more: object = {}): EventBody => ({ ...exited(participant), exitCode: 0, ...outputs(participant), ...more } as EventBody);
const compared = (participant: string, equal: boolean): EventBody => ({ kind: 'outcome-compared', participant, against: 'serial run', equal, difference: '' });
const brokenBy = (checker: string, run: 'scheduled' | 'calm' = 'scheduled'): Attempt['verdicts'][number] => ({ checker, run, verdict: { verdict: 'broken', sentence: '', events: [] } });

/** An attempt as it is stored: what happened, what the second one said, what checkers found. */
function attempt(events: readonly EventBody[], { said = '', verdicts = [brokenBy('outcomes-agree')], run = 'scheduled' }: { readonly said?: string; readonly verdicts?: Attempt['verdicts']; readonly run?: 'scheduled' | 'calm' } = {}) {
  for (const name of ['scheduled', 'calm']) {
    mkdirSync(join(folder, name));
    const those = name === run ? events : [started(two), ends(two), compared(two, true)];
    writeFileSync(join(folder, name, 'history.ndjson'), those.map((event, index) => `${JSON.stringify({ index, at: index, ...event })}\n`).join(''));
    for (const participant of [one, two]) for (const stream of ['stdout', 'stderr']) writeFileSync(join(folder, name, `${participant}.${stream}`), participant === two && name === run ? said : '');
  }
  return { folder, verdict: verdicts.length > 0 ? 'broken' : 'held', verdicts } as const;
}

const failing = [started(one), started(two), ends(one), ends(two, { exitCode: 1 }), compared(one, true), compared(two, false)];

describe('a symptom', () => {
  it.each<[Symptom, boolean]>([
    [{ exitStatus: 1 }, true],
    [{ exitStatus: 2 }, false],
    [{ exitStatus: 0 }, false],
    [{ differsFromSerial: true }, true],
    [{ hangs: true }, false],
    [{ contains: 'manifests_missing' }, true],
    [{ contains: 'manifests_there' }, false],
    [{ matches: '^manifests.missing$' }, true],
    [{ contains: '"success": false' }, true],
    [{ exitStatus: 1, contains: 'manifests_missing', differsFromSerial: true, checker: 'outcomes-agree' }, true],
    [{ exitStatus: 1, contains: 'nothing of it' }, false],
    [{ exitStatus: 1, checker: 'fetched-once' }, false],
    [{ checker: 'outcomes-agree' }, true],
  ])('%j is seen: %s', async (symptom, isSeen) => {
    const said = symptom.contains?.startsWith('"') === true ? '{"success":false}' : 'first\nmanifests_missing\n';
    const sighting = await sightingOf(symptom, attempt(failing, { said }));
    expect(sighting !== undefined).toBe(isSeen);
    if (isSeen) expect(sighting).toEqual({ run: 'scheduled', participant: symptom.checker !== undefined && Object.keys(symptom).length === 1 ? undefined : two });
  });

  it('is seen in the calm run, too', async () => {
    expect(await sightingOf({ exitStatus: 1 }, attempt(failing, { run: 'calm', verdicts: [brokenBy('outcomes-agree', 'calm')] }))).toEqual({ run: 'calm', participant: two });
  });

  it('is that of a hang', async () => {
    expect(await sightingOf({ hangs: true }, attempt([started(two), ends(two, { ending: 'deadline', exitCode: null })], { verdicts: [brokenBy('ended')] }))).toMatchObject({ participant: two });
  });

  it('is none in an attempt that is not broken', async () => {
    expect(await sightingOf({ exitStatus: 1 }, attempt(failing, { verdicts: [] }))).toBeUndefined();
  });

  it('is none in a process that was struck: it can not say what it would have said', async () => {
    const struck: EventBody = { kind: 'fault-struck', gate: 'leader', participant: two, fault: 'reset' };
    expect(await sightingOf({ exitStatus: 1 }, attempt([...failing.slice(0, 2), struck, ...failing.slice(2, 5)]))).toBeUndefined();
  });

  it.each([['reset', { run: 'scheduled', participant: two }], ['kill', undefined]] as const)('that is a hang is one in a process that was struck by %s, too, unless that ended it', async (fault, expected) => {
    const struck: EventBody = { kind: 'fault-struck', gate: 'leader', participant: two, fault };
    const hanging = [started(one), started(two), struck, ends(one), ends(two, { exitCode: 143, ending: 'deadline' }), compared(one, true)];
    expect(await sightingOf({ hangs: true }, attempt(hanging, { verdicts: [brokenBy('ended')] }))).toEqual(expected);
  });
});

it('gives up a pattern that takes for ever', () => {
  expect(isMatch('^b$', 'a\nb\nc')).toBe(true);
  expect(() => isMatch('^(a+)+$', `${'a'.repeat(60)}b`)).toThrow(expect.objectContaining({ code: 'REPORT_INVALID' }));
});

describe('who is alone', () => {
  const report = (symptom: Symptom): Report => ({ title: 'a', subject: 'reference', workload: { participants: 2, flags: [] }, symptom });
  const serial = (moment: string, result: Partial<SerialRun['result']> = {}, said = ''): SerialRun => {
    const [stdoutFile, stderrFile] = [join(folder, `${moment}.stdout`), join(folder, `${moment}.stderr`)];
    writeFileSync(stdoutFile, said);
    writeFileSync(stderrFile, 'no such image\n');
    return { participant: two, moment, broken: [], result: { participant: two, ending: 'exited', exitCode: 0, signal: null, durationMs: 1, peakRssBytes: null, peakOpenFiles: undefined, peakThreads: undefined, stdoutFile, stderrFile, registryName: 'registry.local', ...result } };
  };
  const check = async (symptom: Symptom, runs: readonly SerialRun[], serialDefects: readonly string[] = []): Promise<void> => await requireQuietAlone(report(symptom), { serialRuns: runs, serialDefects });

  it('may say what it likes, as long as that is not the symptom', async () => {
    await check({ contains: 'missing' }, [serial('without-cache', {}, 'well'), serial('cold-1')]);
  });

  it.each<[string, Symptom, readonly [string, Partial<SerialRun['result']>, string], RegExp]>([
    ['shows the symptom on a cold cache', { contains: 'missing' }, ['cold-1', {}, 'missing'], /no race is needed for it: its output contains "missing" also when validator-2 runs alone, on a cold cache$/],
    ['ends with the reported status', { exitStatus: 1 }, ['warm-2', { exitCode: 1 }, ''], /no race is needed for it: a process ends with status 1 also when validator-2 runs alone, on a warm cache$/],
    ['fails in another way', { hangs: true }, ['without-cache', { exitCode: 3 }, ''], /it fails even when it is alone: validator-2 ends with status 3, without a cache, and says "no such image"$/],
    ['fails, where it should say something else', { differsFromSerial: true }, ['without-cache', { exitCode: 3 }, ''], /it fails even when it is alone/],
    ['hangs', { exitStatus: 1 }, ['without-cache', { ending: 'deadline', exitCode: null, signal: 'SIGTERM' }, ''], /does not end within its deadline, without a cache/],
  ])('and %s: told in one sentence', async (_name, symptom, [moment, result, said], words) => {
    await expect(check(symptom, [serial('cold-2'), serial(moment, result, said)])).rejects.toThrow(expect.objectContaining({ code: 'SUBJECT_FAILS', message: expect.stringMatching(words) as string }));
  });

  it('leaves behind what a checker calls broken: told in one sentence', async () => {
    await check({ checker: 'cache-intact' }, [serial('cold-1'), serial('warm-1')]);
    await expect(check({ checker: 'cache-intact' }, [serial('warm-1'), { ...serial('cold-1'), broken: ['cache-intact'] }])).rejects.toThrow(/no race is needed for it: cache-intact is broken also when validator-2 runs alone, on a cold cache$/);
  });

  it('says something else on a cache than without one: told in one sentence', async () => {
    await expect(check({ differsFromSerial: true }, [serial('cold-1')], ['validator-1 alone, cold cache, order 1: another outcome than without a cache'])).rejects.toThrow(/no race is needed for it: validator-1 alone, cold cache/);
  });
});
