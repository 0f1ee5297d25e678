// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import type { EventBody } from '../history/event.ts';
import { notDelayed } from './not-delayed.ts';
import { historyOf, opened } from './test-history.ts';

const opening = (waiting: readonly string[]): EventBody => ({ kind: 'gate-opened', gate: 'leader', reason: 'condition', arrived: 1, wanted: 2, waiting, ended: [] });

it('held: all others had ended', () => {
  expect(notDelayed.check(historyOf(opening([]))).verdict).toBe('held');
});

it('broken: one waited', () => {
  expect(notDelayed.check(historyOf(opening(['b'])))).toEqual({ verdict: 'broken', sentence: 'b waited for a process from which nothing was needed', events: [0] });
});

it.each([[], [opened('leader', 'timeout')], [opened('others', 'condition')]].map((events) => [events] as const))('unknown: nobody stood there, %j', (events) => {
  expect(notDelayed.check(historyOf(...events)).verdict).toBe('unknown');
});
