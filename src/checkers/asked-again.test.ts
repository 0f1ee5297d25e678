// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import type { EventBody } from '../history/event.ts';
import { askedAgain } from './asked-again.ts';
import { historyOf, opened } from './test-history.ts';

const asked = (request: number, reference: string): EventBody => ({ kind: 'request', participant: 'a', request, method: 'GET', path: '/', target: { resource: 'blob', repository: 'one', reference } });
const struck: EventBody = { kind: 'fault-struck', gate: 'leader', participant: 'a', request: 1, fault: 'reset' };

it('held: the layer is asked for once more', () => {
  expect(askedAgain.check(historyOf(asked(1, 'x'), struck, opened('others', 'condition'), asked(2, 'x'))).verdict).toBe('held');
});

it('broken: only another one is', () => {
  expect(askedAgain.check(historyOf(asked(1, 'x'), struck, opened('others', 'condition'), asked(2, 'y')))).toEqual({
    verdict: 'broken', sentence: 'x was not asked for again after its download had met reset', events: [1],
  });
});

it.each([[struck], [struck, opened('others', 'timeout')], [opened('others', 'condition')]].map((events) => [events] as const))('unknown: nobody came later, %j', (events) => {
  expect(askedAgain.check(historyOf(asked(1, 'x'), ...events)).verdict).toBe('unknown');
});
