// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import type { CallPlaces } from './call-place.ts';
import { gatesOf } from './schedule-gates.ts';
import { inTurns } from './order.ts';
import { plainMeetings } from './feature-schedules.ts';
import { enumerate, enumerateTwoStops, idOf, isOfCalls, schedulesNamed, strategies } from './schedule.ts';

const layer = { digest: 'sha256:a', diffId: 'sha256:b', participants: ['validator-1', 'validator-2', 'validator-3'], repositories: ['one', 'two', 'three'], ownOf: (participant: string) => `sha256:${participant}`, layers: { all: ['sha256:a', 'sha256:c'], own: ['sha256:c'] }, timeoutMs: 500 };

const calls: CallPlaces = { cold: ['create-1-folder', 'write-1', 'rename-1-tar'], warm: ['open-1', 'read-3'], damaged: ['look-1'], changing: ['create-1', 'rename-1'], disk: ['ENOSPC/write', 'EROFS/create'] };
const random = { strategy: 'random', depth: 3, steps: 80, seed: 17 } as const;
const all = [...enumerate(3, calls), ...enumerateTwoStops(3, calls), ...plainMeetings, random, { strategy: 'naive' } as const];

it('names every schedule, no two alike, and finds it by its name', () => {
  expect(new Set(all.map(idOf)).size).toBe(all.length);
  for (const schedule of all) expect(schedulesNamed(idOf(schedule), 3)).toEqual([schedule]);
  expect([...new Set(all.map(({ strategy }) => strategy))].sort()).toEqual([...strategies].sort());
});

it('takes the beginning of a name for all that begin so', () => {
  expect(schedulesNamed('leader-killed/middle', 2).map(idOf)).toEqual(['leader-killed/middle/1', 'leader-killed/middle/2']);
  expect(schedulesNamed('leader-fails', 2)).toHaveLength(2 * 20);
  expect(schedulesNamed('disk-fails', 2, calls).map(idOf)).toEqual(['disk-fails/ENOSPC/write/1', 'disk-fails/EROFS/create/1', 'disk-fails/ENOSPC/write/2', 'disk-fails/EROFS/create/2']);
});

it('names places that a calm run does not have', () => {
  expect(schedulesNamed('leader-killed/write-99/2', 2).map(idOf)).toEqual(['leader-killed/write-99/2']);
  expect(schedulesNamed('leader-follower/byte-4096/2', 2)).toEqual([{ strategy: 'leader-follower', at: 'byte-4096', leader: 2 }]);
  expect(schedulesNamed('leader-fails/cut/byte-7', 2).map(idOf)).toEqual(['leader-fails/cut/byte-7/1', 'leader-fails/cut/byte-7/2']);
  expect(schedulesNamed('disk-fails/EMFILE/create/2', 2, calls).map(idOf)).toEqual(['disk-fails/EMFILE/create/2']);
  expect(schedulesNamed('two-stops/remove-1/rename-1/1', 2)).toEqual([{ strategy: 'two-stops', at: 'remove-1', second: 'rename-1', leader: 1 }]);
});

it('leaves the disk alone where file calls can not be seen', () => {
  expect(enumerate(2).filter(isOfCalls)).toEqual([]);
  expect(enumerate(2, calls).filter(isOfCalls).length).toBe(2 * 3 * 2 + 2 + 2 * 2 + 2);
});

it.each(['leader', 'leader-follower/end/1', 'leader-follower/middle/3', 'leader-follower/rename-0/1', 'leader-follower/rename-1/3', 'evict-while-reading/fly-1', ''])('refuses %j', (name) => {
  expect(() => schedulesNamed(name, 2)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
});

it('lets nobody but the leader begin before the leader stands in its layer', () => {
  for (const schedule of all.filter((one) => 'leader' in one)) {
    const gates = gatesOf(schedule, layer);
    const leader = gates.find(({ name }) => name === 'leader');
    const others = gates.find(({ name }) => name === 'others');
    expect(others?.until).toMatchObject({ kind: expect.stringMatching(/^(reached|failed-before)$/) as string, gate: 'leader' });
    expect([...(leader?.hold.participants ?? []), ...(others?.hold.participants ?? [])].sort()).toEqual(layer.participants);
  }
});

it('does not even start the others where a process writes into the cache before it asks for anything', () => {
  for (const schedule of all.filter((one) => 'leader' in one && one.strategy !== 'together-stops')) {
    const held = gatesOf(schedule, { ...layer, writesBeforeAsking: true }).find(({ name }) => name === 'others')?.hold;
    expect(held, idOf(schedule)).toMatchObject({ start: true });
  }
});

it('takes strategies in turns, and leaves none out', () => {
  const turns = inTurns(enumerate(2, calls));
  const first = turns.slice(0, new Set(turns.map(({ strategy }) => strategy)).size).map(({ strategy }) => strategy);
  expect(new Set(first).size).toBe(first.length);
  expect(turns.map(idOf).sort()).toEqual(enumerate(2, calls).map(idOf).sort());
  expect(turns.filter(({ strategy }) => strategy === 'damaged').map(idOf)).toEqual(enumerate(2, calls).filter(({ strategy }) => strategy === 'damaged').map(idOf));
});

it('lets a late writer stand in the layer, and whoever opens it in its way', () => {
  const [schedule] = schedulesNamed('late-writer/look-1-tar/remove-1-tar', 2);
  const gates = gatesOf(schedule!, layer);
  expect(gates.map(({ name, hold }) => [name, hold.participants])).toEqual([['others', ['validator-2']], ['reader begins', ['validator-3']], ['reader', ['validator-3']], ['second', ['validator-1']], ['leader', ['validator-1']]]);
  expect(gates.find(({ name }) => name === 'reader')?.until).toEqual({ kind: 'ended-or-waits', parties: 'participant', count: 1, participant: 'validator-1', orAt: 'second' });
});

it.each(['first-byte', 'thousandth', 'middle', 'all-but-one', 'byte-4096'])('lets components begin together before %s of the layer that they share', (at) => {
  const [schedule] = schedulesNamed(`components/reset/${at}`, 2);
  expect(gatesOf(schedule!, layer).map(({ name, at: place, then }) => [name, place, then])).toEqual([['joined', 'headers', undefined], ['components', at, 'reset']]);
});

it('needs one stop where all that comes is held', () => {
  const [schedule] = schedulesNamed('components/reset/headers', 2);
  expect(gatesOf(schedule!, layer).map(({ name }) => name)).toEqual(['components']);
});
