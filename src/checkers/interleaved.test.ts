// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import type { EventBody } from '../history/event.ts';
import { interleaved } from './interleaved.ts';
import { historyOf } from './test-history.ts';

const turn = (participant: string, standing: readonly string[] = []): EventBody => ({ kind: 'turn-taken', participant, step: 1, standing });
const over = (reason: 'closed' | 'timeout'): EventBody => ({ kind: 'turns-over', reason, steps: 9 });

it('held: one went on while another one stood that had begun', () => {
  expect(interleaved.check(historyOf(turn('a', ['b']), turn('b', ['a']), over('closed'))).verdict).toBe('held');
});

it.each([
  ['no turns', []],
  ['one after the other', [turn('a', ['b']), turn('b'), over('closed')]],
  ['nobody could go on', [turn('a', ['b']), turn('b', ['a']), over('timeout')]],
] as const)('unknown: %s', (_, events) => {
  expect(interleaved.check(historyOf(...events)).verdict).toBe('unknown');
});
