// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { isOwnRace } from './own-race.ts';

it.each([
  ['T6', 'leader-follower/close-1-tar/1', true],
  ['T6', 'damaged/truncated', false],
  ['T14', 'damaged/truncated', true],
  ['T20', 'damaged/truncated', false],
  ['T20', 'unusual/same-size', true],
  ['T7', 'late-writer/look-1-tar/remove-1-tar', true],
  ['T7', 'evict-while-reading/look-1-tar', false],
  ['T99', 'together', undefined],
])('%s by %s', (rootCause, schedule, isOwn) => {
  expect(isOwnRace(rootCause, schedule)).toBe(isOwn);
});
