// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { entriesWhole, neverHalfWritten } from './entries-whole.ts';
import { file, historyOf, layer, looked } from './test-history.ts';

it.each([
  ['only whole entries were seen', [file('held', layer.digest, 'exact'), looked('held')]],
  ['temporary files were', [file('held', 'x.tmp', 'foreign'), looked('held')]],
  ['it was damaged before', [file('before', layer.digest, 'prefix'), file('held', layer.digest, 'prefix'), looked('held')]],
  ['half an entry was there only afterwards', [looked('held'), file('after', layer.digest, 'prefix')]],
] as const)('held: %s', (_, events) => {
  expect(entriesWhole.check(historyOf(...events))).toEqual({ verdict: 'held' });
});

it('broken: half an entry could be seen under its name', () => {
  expect(entriesWhole.check(historyOf(file('before', layer.digest, 'prefix', 'other'), file('held', layer.digest, 'prefix', 'half'), looked('held')))).toEqual({
    verdict: 'broken', sentence: `${layer.digest} could be seen with 4 bytes of it`, events: [1],
  });
});

it('unknown: nobody looked', () => {
  expect(entriesWhole.check(historyOf(looked('after'))).verdict).toBe('unknown');
});

it('never half-written: broken by what is half there only at the end, too', () => {
  const half = [file('held', layer.digest, 'exact'), looked('held'), file('after', layer.digest, 'prefix', 'half'), looked('after')];
  expect(neverHalfWritten.check(historyOf(...half))).toMatchObject({ verdict: 'broken', sentence: `${layer.digest} could be seen with 4 bytes of it`, events: [2] });
  expect(neverHalfWritten.check(historyOf(looked('held'), file('after', 'x.tmp', 'foreign'), looked('after')))).toEqual({ verdict: 'held' });
  expect(neverHalfWritten.check(historyOf(looked('after')))).toEqual({ verdict: 'unknown', reason: 'nobody looked at the cache while somebody was held' });
  expect(neverHalfWritten.check(historyOf(looked('held')))).toEqual({ verdict: 'unknown', reason: 'nobody looked at the cache after the run' });
});
