// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readStoredRuns } from '../commands/stored-runs.ts';
import { tornRead } from '../report/timeline/test-runs.ts';
import { unpack } from './bundle/unpack.ts';
import { explanationOf } from './explain.ts';

const bundles = fileURLToPath(new URL('test-bundles', import.meta.url));
const names = readdirSync(bundles).map((name) => name.slice(0, -'.tar.gz'.length));
const folder = mkdtempSync(join(tmpdir(), 'explain-'));
const told = new Map<string, string>();

/** Bundles that `reproduce` has written, each of a planted bug. */
beforeAll(async () => {
  for (const name of names) {
    await unpack(join(bundles, `${name}.tar.gz`), join(folder, name));
    told.set(name, explanationOf(await readStoredRuns(join(folder, name))));
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

const of = (name: string): string => told.get(name) ?? '';

describe('what a stored history tells', () => {
  it('an entry that is read while it is written: who overlapped, which bytes were read when, in which state the entry was', () => {
    expect(of('in-place-write')).toMatch(/^validator-1 and validator-2 run on one cold cache, all of them at the same time for [\d,]+ ms\. /);
    expect(of('in-place-write')).toContain('validator-1 stands at the gate "leader": it has 3,339 of 6,679 bytes of layer A of acceptance/bundle-1.');
    expect(of('in-place-write')).toContain('The cache has at that time 3,339 of 6,679 bytes of layer A and 3,324 of 6,656 bytes of tar of layer A.');
    expect(of('in-place-write')).toContain('validator-2 opens tar of layer A when validator-1 has made 1 of its 2 writes to it.');
    expect(of('in-place-write')).toMatch(/From [\d,]+ ms on, validator-2 reads 3,324 of the 6,656 bytes of tar of layer A, and takes that for all of it\./);
    expect(of('in-place-write')).toContain('validator-2 says something else than alone: exit status 1 in place of exit status 0.');
    expect(of('in-place-write')).toMatch(/A calm run on what is left comes out right\.$/);
  });

  it('a download that broke: what struck, what is left of it, and what comes of that later', () => {
    expect(of('broken-download-published')).toContain('Then the connection on which validator-1 gets layer A of acceptance/bundle-1 is reset.');
    expect(of('broken-download-published')).toContain('Afterwards the cache has 2,200 of 4,401 bytes as layer A (only the beginning of it)');
    expect(of('broken-download-published')).toMatch(/A calm run on what is left is wrong, too: validator-2 says something else than alone: exit status 1 in place of exit status 0; cache-intact: /);
  });

  it('components of one process', () => {
    expect(of('no-single-flight')).toContain('validator-all runs by itself on one cold cache, with 2 components at the same time.');
    expect(of('no-single-flight')).toContain('The checker fetched-once says: the layer A was fetched 2 times.');
  });

  it('a cache that was damaged before', () => {
    expect(of('damaged-entry')).toContain('on one cache that has 2 files from before');
    expect(of('damaged-entry')).toContain('The cache has before the run 2,200 of 4,401 bytes of layer A');
  });

  it('without file calls, by what was never asked for', () => {
    expect(explanationOf([{ ...tornRead(), name: 'scheduled' }])).toContain('So validator-2 has layer A from the cache, of which validator-1 had got 262,370 bytes.');
  });

  it('nothing, of nothing', () => {
    expect(explanationOf([])).toBe('');
  });
});

it.each(names)('the bundle %s says nothing of the machine that it was made on', (name) => {
  const texts = (readdirSync(join(folder, name), { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
  for (const text of texts) {
    expect(text).not.toMatch(/(?<![\w}])\/(?:tmp|home|root|work|Users)\//);
    if (hostname().length > 3) expect(text).not.toMatch(new RegExp(`\\b${hostname()}\\b`));
  }
});
