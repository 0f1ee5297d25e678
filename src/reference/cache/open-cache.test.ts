// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf } from '../../oci/digest.ts';
import { openWorkFolder } from '../work-folder.ts';
import { openLayerCache } from './open-cache.ts';
import { bytesOf, testLayer } from './test-layer.ts';

const bytes = Buffer.from('a layer');
let home: string;

beforeEach(async () => (home = await mkdtemp(join(tmpdir(), 'open-cache-test-'))));
afterEach(async () => await rm(home, { recursive: true }));

/** Reads one layer in each of two runs; how often it was downloaded. */
async function downloads(environment: NodeJS.ProcessEnv): Promise<number> {
  const layer = testLayer(bytes, { isGzip: false });
  for (let run = 0; run < 2; run += 1) {
    const cache = openLayerCache({ environment: { HOME: home, ...environment }, warn: () => undefined, work: openWorkFolder() });
    const kept = (await cache?.put(layer)) ?? layer;
    expect((await bytesOf(kept.uncompressed())).equals(bytes)).toBe(true);
  }
  return layer.fetched;
}

describe('openLayerCache', () => {
  it.each(['0', 'f', 'F', 'FALSE', 'false', 'False'])('works without cache for EC_CACHE=%s', async (value) => {
    expect(await downloads({ EC_CACHE: value })).toBe(2);
    expect(await readdir(home)).toEqual([]);
  });

  it.each([undefined, '', '1', 'true', 'no', 'off', 'fALSE', ' 0'])('works with cache for EC_CACHE=%s', async (value) => {
    expect(await downloads({ EC_CACHE: value })).toBe(1);
    expect(await readdir(join(home, '.cache', 'ec', 'images'))).toEqual([digestOf(bytes)]);
  });

  it('lies in XDG_CACHE_HOME where that is set', async () => {
    const base = join(home, 'elsewhere');
    await downloads({ XDG_CACHE_HOME: base });
    expect(await readdir(home)).toEqual(['elsewhere']);
    expect(await readdir(join(base, 'ec', 'images'))).toHaveLength(1);
  });
});
