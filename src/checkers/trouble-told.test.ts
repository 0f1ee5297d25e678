// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import type { EventBody } from '../history/event.ts';
import { exited, historyOf } from './test-history.ts';
import { troubleTold } from './trouble-told.ts';

const warned = (bytes: number): EventBody => {
  const exit = exited('b') as Extract<EventBody, { readonly kind: 'validator-exited' }>;
  return { ...exit, stderr: { ...exit.stderr, bytes } };
};

it('held: one of them said something', () => {
  expect(troubleTold.check(historyOf(exited('a'), warned(20))).verdict).toBe('held');
});

it('broken: all were silent', () => {
  expect(troubleTold.check(historyOf(exited('a'), warned(0)))).toMatchObject({ verdict: 'broken', events: [0, 1] });
});

it('unknown: no end was seen', () => {
  expect(troubleTold.check(historyOf()).verdict).toBe('unknown');
});
