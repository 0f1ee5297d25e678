// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { EventBody } from '../history/event.ts';
import { fetchedOnce, sharedFetchedOnce } from './fetched-once.ts';
import { blobRequest, historyOf, known, layer, response } from './test-history.ts';

const get = (request: number, reference: string = layer.digest) => blobRequest(request, 'GET', reference);

describe('fetched-once', () => {
  it.each([
    ['fetched once', [get(1), response(1, 200)]],
    ['not fetched', []],
    ['asked about, then fetched', [blobRequest(1, 'HEAD', layer.digest), response(1, 200), get(2), response(2, 200)]],
    ['refused, then fetched', [get(1), response(1, 404), get(2), response(2, 200)]],
    ['fetched beside others', [get(1), response(1, 200), get(2, layer.diffId), response(2, 200)]],
  ])('held when the layer was %s', (_what, bodies) => {
    expect(fetchedOnce.check(historyOf(known, ...bodies))).toEqual({ verdict: 'held' });
  });

  it('broken by two fetches, which it points at', () => {
    const verdict = fetchedOnce.check(historyOf(known, get(1), get(2), response(2, 200), response(1, 200)));
    expect(verdict).toMatchObject({ verdict: 'broken', events: [1, 2], sentence: expect.stringContaining('2 times') as string });
  });

  it('unknown when there is no layer to fetch', () => {
    expect(fetchedOnce.check(historyOf(get(1), response(1, 200))).verdict).toBe('unknown');
  });
});

describe('shared-fetched-once', () => {
  const about: EventBody = { kind: 'workload-known', layers: [layer], shared: layer.digest };

  it('held by one fetch, whatever else was fetched', () => {
    expect(sharedFetchedOnce.check(historyOf(about, get(1), response(1, 200), get(2, layer.diffId), get(3, layer.diffId), response(2, 200), response(3, 200)))).toEqual({ verdict: 'held' });
  });

  it('broken by two', () => {
    expect(sharedFetchedOnce.check(historyOf(about, get(1), response(1, 200), get(2), response(2, 200)))).toMatchObject({ verdict: 'broken', events: [1, 3] });
  });

  it('unknown when nobody fetched it, or there is none', () => {
    expect(sharedFetchedOnce.check(historyOf(about, get(1), response(1, 503)))).toMatchObject({ verdict: 'unknown', reason: expect.stringContaining('nobody fetched') as string });
    expect(sharedFetchedOnce.check(historyOf(known, get(1), response(1, 200)))).toMatchObject({ verdict: 'unknown' });
  });
});
