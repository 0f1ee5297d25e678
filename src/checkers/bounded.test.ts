// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import type { EventBody } from '../history/event.ts';
import { bounded } from './bounded.ts';
import { exited, file, historyOf } from './test-history.ts';

const limits: EventBody = { kind: 'limits-known', participant: 'a', rssBytes: 100, openFiles: 20, threads: 10, diskBytes: 7 };
const exit = (peaks: { readonly peakRssBytes: number | null; readonly peakOpenFiles?: number; readonly peakThreads?: number }): EventBody => ({ ...exited('a'), ...peaks });
const entry = file('after', 'sha256:a', 'exact', 'content');

it('held: as much as there may be', () => {
  expect(bounded.check(historyOf(exit({ peakRssBytes: 100, peakOpenFiles: 20, peakThreads: 10 }), entry, limits)).verdict).toBe('held');
});

it.each([
  [{ peakRssBytes: 101 }, 'a took 101 bytes of memory, where 100 are enough'],
  [{ peakRssBytes: 1, peakOpenFiles: 21 }, 'a took 21 open files, where 20 are enough'],
  [{ peakRssBytes: 1, peakThreads: 11 }, 'a took 11 threads, where 10 are enough'],
])('broken: %j', (peaks, sentence) => {
  expect(bounded.check(historyOf(exit(peaks), entry, limits))).toEqual({ verdict: 'broken', sentence, events: [2, 0] });
});

it('broken: more on disk than the layers have', () => {
  const twice = [entry, file('after', 'sha256:a.copy', 'foreign', 'c'), file('before', 'sha256:b', 'exact', 'content')];
  expect(bounded.check(historyOf(exit({ peakRssBytes: 1 }), ...twice, limits))).toMatchObject({ verdict: 'broken', sentence: 'a took 8 bytes of disk, where 7 are enough' });
});

it.each([[[exit({ peakRssBytes: 1 })]], [[limits]], [[exit({ peakRssBytes: null }), limits]]] as const)('unknown: %j', (events) => {
  expect(bounded.check(historyOf(...events)).verdict).toBe('unknown');
});
