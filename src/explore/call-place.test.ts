// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import type { CallFamily, FileCall, History } from '../history/event.ts';
import { callPlaces, writesBeforeAsking } from './call-place.ts';

const hex = 'a'.repeat(64);
const shared = { digest: `sha256:${hex}`, diffId: `sha256:${'b'.repeat(64)}` };

function calls(...those: readonly (readonly [CallFamily, string, string])[]): History {
  return those.map(([family, name, path], index) => {
    const call: FileCall = { family, name, path, entry: /[0-9a-f]{64}/.exec(path)?.[0] ?? '', nth: index + 1, result: '0' };
    return { index, at: index, kind: 'file-call', participant: 'one', call };
  });
}

it('tells which faults of the disk a process would meet, as far as names are known before', () => {
  const warm = calls(['open', 'openat', shared.digest], ['read', 'read', shared.digest]);
  const byChance = calls(['create', 'mkdir', ''], ['create', 'openat', `${shared.digest}.17.tmp`], ['write', 'write', `${shared.digest}.17.tmp`], ['open', 'openat', ''], ['rename', 'rename', shared.digest]);
  expect(callPlaces({ cold: byChance, warm, damaged: [] }, shared).disk).toEqual([
    'ENOSPC/create', 'ENOSPC/write', 'ENOSPC/rename', 'EIO/write', 'EIO/rename', 'EROFS/create', 'EROFS/write', 'EROFS/rename', 'EMFILE/open', 'EIO/read',
  ]);
  // A file is opened to be made by the same call as to be read, and who only reads meets no disk that is full.
  const byName = calls(['create', 'openat', shared.digest]);
  expect(callPlaces({ cold: byName, warm: [], damaged: [] }, shared).disk).toEqual(['EMFILE/create']);
});

it('leaves out what a process does before it asks for anything', () => {
  const request = { index: 1, at: 1, kind: 'request', participant: 'one', request: 1, method: 'GET', path: '/v2/', target: { resource: 'manifest', repository: 'app', reference: 'latest' } } as const;
  const [made = [], written = []] = [calls(['create', 'mkdir', '']), calls(['write', 'write', shared.digest])];
  const diskOf = (cold: History): readonly string[] => callPlaces({ cold, warm: [], damaged: [] }, shared).disk;
  expect(diskOf([...made, request, ...written])).toEqual(['ENOSPC/write', 'EIO/write', 'EROFS/write']);
  expect(diskOf([request, ...made, ...written])).toEqual(['ENOSPC/create', 'ENOSPC/write', 'EIO/write', 'EROFS/create', 'EROFS/write']);
});

it('tells whether a process writes before it asks for anything', () => {
  const request = { index: 1, at: 1, kind: 'request', participant: 'one', request: 1, method: 'GET', path: '/v2/', target: { resource: 'manifest', repository: 'app', reference: 'latest' } } as const;
  const [made = [], written = []] = [calls(['create', 'mkdir', '']), calls(['write', 'write', 'index.json'])];
  const all = ([...histories]: readonly History[]): boolean => writesBeforeAsking(histories.flat());
  expect([all([made, [request], written]), all([made, written, [request]]), all([made]), all([])]).toEqual([false, true, false, false]);
});

it('takes few calls one by one, of many the first and the one in the middle, and of writes that need not come only the first', () => {
  const rowOf = (family: CallFamily, length: number): readonly (readonly [CallFamily, string, string])[] => Array.from({ length }, () => [family, family, shared.digest] as const);
  const placesOf = (family: CallFamily, length: number): readonly string[] => callPlaces({ cold: calls(...rowOf(family, length)), warm: [], damaged: [] }, shared).cold;
  expect(placesOf('look', 3)).toEqual(['look-1', 'look-2', 'look-3']);
  expect(placesOf('look', 10)).toEqual(['look-1', 'look-6']);
  expect(placesOf('write', 3)).toEqual(['write-1']);
  expect(placesOf('write', 10)).toEqual(['write-1']);
  expect(placesOf('write', 40)).toEqual(['write-1', 'write-21']);
});
