// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { EventBody } from '../history/event.ts';
import { cacheIntact } from './cache-intact.ts';
import { file, historyOf, layer, looked } from './test-history.ts';

const check = (...bodies: readonly EventBody[]) => cacheIntact.check(historyOf(...bodies, looked('after', 1)));

describe('cache-intact', () => {
  it.each([
    ['every entry is whole', [file('after', layer.diffId, 'exact')]],
    ['the cache is empty', []],
    ['an entry lacks the padding only', [file('after', layer.diffId, 'short-by-padding')]],
    ['a foreign file was there before', [file('before', 'lock', 'foreign'), file('after', 'lock', 'foreign')]],
    ['an entry that nobody knows is as it was before', [file('before', layer.digest, 'unknown-content'), file('after', layer.digest, 'unknown-content')]],
    ['half an entry was mended', [file('before', layer.diffId, 'prefix'), file('after', layer.diffId, 'exact')]],
    ['half an entry was seen while it was written', [file('held', layer.diffId, 'prefix'), file('after', layer.diffId, 'exact')]],
  ] as const)('held when %s', (_what, files) => {
    expect(check(...files)).toEqual({ verdict: 'held' });
  });

  it.each(['prefix', 'other-bytes', 'foreign'] as const)('broken by an entry of class %s, which it names', (kind) => {
    const verdict = check(file('after', 'whole', 'exact'), file('after', 'spoilt', kind), file('after', 'strange', 'unknown-content'));
    expect(verdict).toMatchObject({ verdict: 'broken', events: [1], sentence: expect.stringContaining('spoilt') as string });
  });

  it('broken by half an entry that was there before and is there still', () => {
    expect(check(file('before', layer.diffId, 'prefix'), file('after', layer.diffId, 'prefix')).verdict).toBe('broken');
  });

  it.each([
    ['nobody looked afterwards', historyOf(looked('before'), file('before', layer.diffId, 'exact'))],
    ['an entry holds what nobody knows', historyOf(file('after', layer.digest, 'unknown-content'), looked('after', 1))],
    [
      'an entry that nobody knows has changed',
      historyOf(file('before', layer.digest, 'unknown-content', 'this'), file('after', layer.digest, 'unknown-content', 'that'), looked('after', 1)),
    ],
  ])('unknown when %s', (_what, history) => {
    expect(cacheIntact.check(history).verdict).toBe('unknown');
  });
});

it('held: a file beside the entries that a serial run leaves too', () => {
  const index: EventBody = { kind: 'usual-files-known', paths: ['index.json'] };
  expect(cacheIntact.check(historyOf(looked('after'), file('after', 'index.json', 'foreign'), index)).verdict).toBe('held');
  expect(cacheIntact.check(historyOf(looked('after'), file('after', 'index.json.tmp', 'foreign'), index)).verdict).toBe('broken');
});
