// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { layersFetched, layersRead } from './layers-read.ts';
import { blobRequest, file, historyOf, known, layer, looked, response } from './test-history.ts';

const asked = blobRequest(1, 'GET', layer.digest);
const fetched = [asked, response(1, 200)] as const;
const kept = file('after', layer.diffId, 'exact');

describe('layers-read', () => {
  it.each([
    ['fetched and kept', historyOf(known, ...fetched, kept)],
    ['there before and afterwards', historyOf(known, file('before', layer.diffId, 'exact'), kept)],
    ['kept under a name that Windows allows', historyOf(known, ...fetched, file('after', layer.diffId.replace(':', '-'), 'exact'))],
    ['kept as it travelled', historyOf(known, ...fetched, file('after', layer.digest, 'exact'))],
    ['kept without the padding', historyOf(known, ...fetched, file('after', layer.diffId, 'short-by-padding'))],
  ])('held when the layer was %s', (_what, history) => {
    expect(layersRead.check(history)).toEqual({ verdict: 'held' });
  });

  it.each([
    ['there is no layer to read', historyOf({ kind: 'workload-known', layers: [] }, ...fetched, kept)],
    ['nobody knows the workload', historyOf(...fetched, kept)],
    ['nobody fetched it', historyOf(known, kept)],
    ['it was only asked about', historyOf(known, blobRequest(1, 'HEAD', layer.digest), response(1, 200), kept)],
    ['it was refused', historyOf(known, asked, response(1, 404), kept)],
    ['it was never answered', historyOf(known, asked, kept)],
    ['another answer came', historyOf(known, asked, response(2, 200), kept)],
    ['half of it lay there before', historyOf(known, file('before', layer.diffId, 'prefix'), kept)],
    ['it was not kept', historyOf(known, ...fetched, looked('after'))],
    ['half of it was kept', historyOf(known, ...fetched, file('after', layer.diffId, 'prefix'))],
    ['one of two layers was not read', historyOf(known, { kind: 'workload-known', layers: [{ ...layer, digest: layer.diffId as string as typeof layer.digest }] }, ...fetched, kept)],
  ])('unknown when %s', (_what, history) => {
    expect(layersRead.check(history).verdict).toBe('unknown');
  });
});

describe('layersFetched', () => {
  const fetched = [known, blobRequest(1, 'GET', layer.digest), response(1, 200)];

  it('holds when each layer was fetched, whatever lies in a cache', () => {
    expect(layersFetched.check(historyOf(...fetched, looked('after')))).toEqual({ verdict: 'held' });
  });

  it.each([
    ['nobody asked for one', [known, looked('after')]],
    ['it lay in a cache only', [known, file('before', layer.diffId, 'exact'), looked('before', 1)]],
    ['nobody got it', [known, blobRequest(1, 'GET', layer.digest), response(1, 404)]],
    ['no layer is known', fetched.slice(1)],
  ])('is unknown when %s', (_why, bodies) => {
    expect(layersFetched.check(historyOf(...bodies)).verdict).toBe('unknown');
  });
});
