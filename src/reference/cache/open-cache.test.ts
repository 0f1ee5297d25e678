// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { diffIdOf } from '../../oci/digest.ts';
import { openWorkFolder } from '../work-folder.ts';
import type { Layer } from './layer-cache.ts';
import { openLayerCache } from './open-cache.ts';

const bytes = Buffer.from('a layer');
let home: string;

beforeEach(async () => (home = await mkdtemp(join(tmpdir(), 'open-cache-test-'))));
afterEach(async () => await rm(home, { recursive: true }));

/** Reads one layer in each of two runs; how often it was downloaded. */
async function downloads(environment: NodeJS.ProcessEnv): Promise<number> {
  let opened = 0;
  const layer: Layer = { diffID: diffIdOf(bytes), open: async () => ((opened += 1), Readable.from([bytes], { objectMode: false })) };
  for (let run = 0; run < 2; run += 1) {
    const cache = openLayerCache({ environment: { HOME: home, ...environment }, warn: () => undefined, work: openWorkFolder() });
    expect(Buffer.concat(await cache.read(layer, async (tar) => await tar.toArray())).equals(bytes)).toBe(true);
  }
  return opened;
}

describe('openLayerCache', () => {
  it.each(['0', 'f', 'F', 'FALSE', 'false', 'False'])('works without cache for EC_CACHE=%s', async (value) => {
    expect(await downloads({ EC_CACHE: value })).toBe(2);
    expect(await readdir(home)).toEqual([]);
  });

  it.each([undefined, '', '1', 'true', 'no', 'off', 'fALSE', ' 0'])('works with cache for EC_CACHE=%s', async (value) => {
    expect(await downloads({ EC_CACHE: value })).toBe(1);
    expect(await readdir(join(home, '.cache', 'ec', 'images'))).toEqual([diffIdOf(bytes)]);
  });

  it('lies in XDG_CACHE_HOME where that is set', async () => {
    const base = join(home, 'elsewhere');
    await downloads({ XDG_CACHE_HOME: base });
    expect(await readdir(home)).toEqual(['elsewhere']);
    expect(await readdir(join(base, 'ec', 'images'))).toHaveLength(1);
  });
});
