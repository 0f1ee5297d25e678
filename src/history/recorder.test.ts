// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hasCode } from '../foundation/errors.ts';
import type { EventBody } from './event.ts';
import { openRecorder, type Recorder } from './recorder.ts';
import { readHistory } from './store.ts';

const looked: EventBody = { kind: 'cache-looked-at', moment: 'before', files: 0 };

describe('openRecorder', () => {
  let folder: string;
  let file: string;
  let recorder: Recorder;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'recorder-test-'));
    file = join(folder, 'history.ndjson');
    recorder = openRecorder(file);
  });

  afterEach(() => {
    recorder.close();
    rmSync(folder, { recursive: true });
  });

  const linesOnDisk = (): unknown[] =>
    readFileSync(file, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as unknown);

  it('has each event on disk when it returns', () => {
    const first = recorder.record(looked);
    expect(linesOnDisk()).toEqual([first]);
    const second = recorder.record({ ...looked, files: 1 });
    expect(linesOnDisk()).toEqual([first, second]);
  });

  it('numbers events from 0, without gaps, at times that never go back', () => {
    for (let count = 0; count < 500; count += 1) recorder.record(looked);
    const events = recorder.events();
    expect(events.map(({ index }) => index)).toEqual(Array.from({ length: 500 }, (_, index) => index));
    const times = events.map(({ at }) => at);
    expect(times).toEqual([...times].sort((left, right) => left - right));
    expect(times[0]).toBeGreaterThanOrEqual(0);
  });

  it('keeps line ends inside texts inside their line', () => {
    const difference = 'first\nsecond\r\n\u2028"third"';
    const event = recorder.record({ kind: 'outcome-compared', participant: 'one', against: 'reference', equal: false, difference });
    expect(readHistory(file)).toEqual([event]);
  });

  it('keeps in memory what comes after it was closed', () => {
    const before = recorder.record(looked);
    recorder.close();
    recorder.close();
    const after = recorder.record({ ...looked, moment: 'after' });
    expect(recorder.events()).toEqual([before, after]);
    expect(linesOnDisk()).toEqual([before]);
  });

  it('gives out a history that later events do not change', () => {
    recorder.record(looked);
    const history = recorder.events();
    recorder.record(looked);
    expect(history).toHaveLength(1);
    expect(recorder.events()).toHaveLength(2);
  });

  it('numbers requests from 1', () => {
    expect([recorder.nextRequest(), recorder.nextRequest(), recorder.nextRequest()]).toEqual([1, 2, 3]);
  });

  it('refuses a file that holds a history already', () => {
    recorder.record(looked);
    expect(() => openRecorder(file)).toThrow(expect.objectContaining({ code: 'FOLDER_NOT_WRITABLE' }) as Error);
    expect(readHistory(file)).toHaveLength(1);
  });

  it('says so when there is nowhere to write', () => {
    let thrown: unknown;
    try {
      openRecorder(join(folder, 'missing', 'history.ndjson'));
    } catch (error) {
      thrown = error;
    }
    expect(hasCode(thrown, 'FOLDER_NOT_WRITABLE')).toBe(true);
  });
});
