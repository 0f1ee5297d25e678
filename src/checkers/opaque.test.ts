// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { EventBody } from '../history/event.ts';
import { cacheIntact } from './cache-intact.ts';
import { cachePrepared } from './cache-prepared.ts';
import { entriesWhole } from './entries-whole.ts';
import { layersRead } from './layers-read.ts';
import { blobRequest, file, historyOf, known, layer, looked, response } from './test-history.ts';

const opaque = { ...known, isOpaque: true } as EventBody;
const fetched = [blobRequest(1, 'GET', layer.digest), response(1, 200)] as const;
const database = [looked('after', 1), file('after', 'layers.db', 'foreign')] as const;

describe('a cache whose files tell nothing', () => {
  it('is not blamed for files that it keeps, and one whose files have names of entries is', () => {
    expect(cacheIntact.check(historyOf(opaque, ...fetched, ...database))).toEqual({ verdict: 'held' });
    expect(cacheIntact.check(historyOf(known, ...fetched, ...database))).toMatchObject({ verdict: 'broken' });
    expect(cacheIntact.check(historyOf(opaque, ...fetched)).verdict).toBe('unknown');
  });

  it('was read through when the layer was fetched, or something lay there, and something lies there afterwards', () => {
    expect(layersRead.check(historyOf(opaque, ...fetched, ...database))).toEqual({ verdict: 'held' });
    expect(layersRead.check(historyOf(opaque, looked('before', 1), ...database))).toEqual({ verdict: 'held' });
    expect(layersRead.check(historyOf(opaque, looked('before'), ...database)).verdict).toBe('unknown');
    expect(layersRead.check(historyOf(opaque, ...fetched, looked('after'))).verdict).toBe('unknown');
  });

  it('is told of as what it may be, where its subject does not say so', () => {
    expect(layersRead.check(historyOf(known, ...fetched, ...database))).toMatchObject({ verdict: 'unknown', reason: expect.stringMatching(/not whole in the cache afterwards; no file there is named after a digest: cacheEntries: 'opaque'/) as string });
    expect(layersRead.check(historyOf(known, ...fetched, looked('after')))).toMatchObject({ reason: expect.not.stringContaining('opaque') as string });
  });

  it('says nothing of whether an entry could be seen half-written', () => {
    expect(entriesWhole.check(historyOf(opaque, looked('held', 1), file('held', 'layers.db', 'foreign')))).toMatchObject({ verdict: 'unknown', reason: expect.stringContaining('cacheEntries') as string });
  });

  it('is warm when there is something', () => {
    const warm = { ...opaque, cache: 'warm' } as EventBody;
    expect(cachePrepared.check(historyOf(warm, looked('before', 1)))).toEqual({ verdict: 'held' });
    expect(cachePrepared.check(historyOf(warm, looked('before')))).toMatchObject({ verdict: 'unknown' });
  });
});
