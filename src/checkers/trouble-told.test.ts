// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import type { EventBody } from '../history/event.ts';
import { exited, historyOf } from './test-history.ts';
import { troubleTold } from './trouble-told.ts';

const said = (participant: string, bytes: number): EventBody => {
  const exit = exited(participant) as Extract<EventBody, { readonly kind: 'validator-exited' }>;
  return { ...exit, stderr: { ...exit.stderr, bytes } };
};

it('held: one of them said something', () => {
  expect(troubleTold.check(historyOf(said('a', 0), said('b', 12))).verdict).toBe('held');
});

it('broken: nobody did', () => {
  expect(troubleTold.check(historyOf(said('a', 0), said('b', 0)))).toEqual({ verdict: 'broken', sentence: 'nobody said anything of the trouble that the cache was in', events: [0, 1] });
});

it('unknown: nobody was seen to end', () => {
  expect(troubleTold.check(historyOf()).verdict).toBe('unknown');
});

it('unknown: the disk was to fail, and nobody came to the call', () => {
  const struck: EventBody = { kind: 'fault-struck', gate: 'leader', participant: 'a', fault: 'EIO/sync' };
  const met: EventBody = { kind: 'file-call', participant: 'a', call: { family: 'sync', entry: '', nth: 1, path: '', name: 'fsync', result: 'EIO' } };
  expect(troubleTold.check(historyOf(struck, said('a', 0))).verdict).toBe('unknown');
  expect(troubleTold.check(historyOf(struck, met, said('a', 0))).verdict).toBe('broken');
});
