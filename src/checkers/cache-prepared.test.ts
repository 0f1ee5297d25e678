// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import type { CacheFileClass, CacheState, EventBody } from '../history/event.ts';
import { diffIdOf, digestOf } from '../oci/digest.ts';
import { cachePrepared } from './cache-prepared.ts';
import { file, historyOf, layer, looked } from './test-history.ts';

const other = { digest: digestOf(Buffer.from('other')), diffId: diffIdOf(Buffer.from('other tar')), size: 5 };
const told = (cache?: CacheState): EventBody => ({ kind: 'workload-known', layers: [layer, other], ...(cache === undefined ? {} : { cache }) });
const seen = (classes: readonly CacheFileClass[]): readonly EventBody[] => classes.map((kind, index) => file('before', [layer, other][index]!.digest, kind));

it.each([
  ['cold', []],
  ['warm', ['exact', 'short-by-padding']],
  ['half-filled', ['exact']],
  ['half-filled', ['exact', 'prefix']],
  ['damaged', ['prefix', 'other-bytes']],
  ['damaged', ['foreign']],
] as readonly (readonly [CacheState, readonly CacheFileClass[]])[])('holds for a %s cache with %j', (state, classes) => {
  expect(cachePrepared.check(historyOf(told(state), ...seen(classes), looked('before', classes.length)))).toEqual({ verdict: 'held' });
});

it.each([
  ['cold', ['exact'], /not cold before the run: 1 files lay in it/],
  ['warm', ['exact'], /not warm .*: 1 of the 2 layers/],
  ['warm', ['exact', 'prefix'], /not warm/],
  ['half-filled', [], /not half-filled .*: 0 of the 2 layers/],
  ['half-filled', ['exact', 'exact'], /2 of the 2/],
  ['damaged', [], /nothing in it to be damaged/],
  ['damaged', ['exact', 'prefix'], /not damaged .*: 1 of the 2/],
] as readonly (readonly [CacheState, readonly CacheFileClass[], RegExp])[])('is unknown for a %s cache with %j', (state, classes, reason) => {
  expect(cachePrepared.check(historyOf(told(state), ...seen(classes), looked('before', classes.length)))).toMatchObject({ verdict: 'unknown', reason: expect.stringMatching(reason) });
});

it('is unknown where nothing was told, or nobody looked', () => {
  expect(cachePrepared.check(historyOf(told(), looked('before')))).toMatchObject({ verdict: 'unknown', reason: 'nothing was told of the cache' });
  expect(cachePrepared.check(historyOf(told('cold'), looked('after')))).toMatchObject({ verdict: 'unknown', reason: expect.stringContaining('nobody looked') });
});
