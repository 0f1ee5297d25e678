// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { EventBody } from '../history/event.ts';
import { digestOf } from '../oci/digest.ts';
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

describe('an entry that holds something else than its name promises', () => {
  const entry = file('after', layer.diffId, 'other-bytes', 'wrapped');
  const usual = { kind: 'usual-files-known', paths: [], contents: [{ path: layer.diffId, digest: digestOf(Buffer.from('wrapped')) }] } as EventBody;

  it('is blamed on no race where serial runs keep the same under that name, and the layer was read', () => {
    const history = historyOf(known, ...fetched, looked('after', 1), entry, usual);
    expect([cacheIntact.check(history), layersRead.check(history)]).toEqual([{ verdict: 'held' }, { verdict: 'held' }]);
  });

  it.each([
    ['nothing is known of serial runs', [entry]],
    ['serial runs keep other bytes under that name', [file('after', layer.diffId, 'other-bytes', 'half'), usual]],
    ['serial runs keep them under another name', [entry, { ...usual, contents: [{ path: layer.digest, digest: digestOf(Buffer.from('wrapped')) }] } as EventBody]],
  ])('is broken where %s', (_what, bodies) => {
    const history = historyOf(known, ...fetched, looked('after', 1), ...bodies);
    expect(cacheIntact.check(history).verdict).toBe('broken');
    expect(layersRead.check(history).verdict).toBe('unknown');
  });
});
