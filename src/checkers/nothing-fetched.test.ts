// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { nothingFetched } from './nothing-fetched.ts';
import { blobRequest, historyOf, known, layer, looked } from './test-history.ts';

describe('nothing-fetched', () => {
  it('held when other things were asked for only', () => {
    expect(nothingFetched.check(historyOf(known, blobRequest(1, 'GET', layer.diffId)))).toEqual({ verdict: 'held' });
  });

  it.each(['GET', 'HEAD'])('broken by a %s of the layer', (method) => {
    const verdict = nothingFetched.check(historyOf(known, blobRequest(1, 'GET', layer.diffId), blobRequest(2, method, layer.digest)));
    expect(verdict).toMatchObject({ verdict: 'broken', events: [2] });
  });

  it.each([
    ['there is no layer to fetch', historyOf(blobRequest(1, 'GET', layer.diffId))],
    ['nothing was asked for at all', historyOf(known, looked('after'))],
  ])('unknown when %s', (_what, history) => {
    expect(nothingFetched.check(history).verdict).toBe('unknown');
  });
});
