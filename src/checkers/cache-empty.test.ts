// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { cacheEmpty } from './cache-empty.ts';
import { file, historyOf, layer, looked } from './test-history.ts';

describe('cache-empty', () => {
  it('held when nothing lies there afterwards', () => {
    expect(cacheEmpty.check(historyOf(file('before', 'lock', 'foreign'), looked('before', 1), looked('after')))).toEqual({ verdict: 'held' });
  });

  it('broken by whatever lies there, which it names', () => {
    const verdict = cacheEmpty.check(historyOf(looked('before'), file('after', layer.diffId, 'exact'), looked('after', 1)));
    expect(verdict).toMatchObject({ verdict: 'broken', events: [1], sentence: expect.stringContaining(layer.diffId) as string });
  });

  it('unknown when nobody looked afterwards', () => {
    expect(cacheEmpty.check(historyOf(looked('before'), looked('held'))).verdict).toBe('unknown');
  });
});
