// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { enumerate, gatesOf, idOf, schedulesNamed, strategies } from './schedule.ts';

const layer = { digest: 'sha256:a', participants: ['validator-1', 'validator-2', 'validator-3'], repositories: ['one', 'two', 'three'], timeoutMs: 500 };

it('names every schedule, no two alike, and finds it by its name', () => {
  const all = enumerate(3);
  expect(new Set(all.map(idOf)).size).toBe(all.length);
  for (const schedule of all) expect(schedulesNamed(idOf(schedule), 3)).toEqual([schedule]);
  expect([...new Set(all.map(({ strategy }) => strategy))].sort()).toEqual([...strategies].sort());
});

it('takes the beginning of a name for all that begin so', () => {
  expect(schedulesNamed('leader-killed/middle', 2).map(idOf)).toEqual(['leader-killed/middle/1', 'leader-killed/middle/2']);
  expect(schedulesNamed('leader-fails', 2)).toHaveLength(18);
});

it.each(['leader', 'leader-follower/end/1', 'leader-follower/middle/3', ''])('refuses %j', (name) => {
  expect(() => schedulesNamed(name, 2)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
});

it('lets nobody but the leader begin before the leader stands in its layer', () => {
  for (const schedule of enumerate(3).filter((one) => 'leader' in one)) {
    const gates = gatesOf(schedule, layer);
    const leader = gates.find(({ name }) => name === 'leader');
    const others = gates.find(({ name }) => name === 'others');
    expect(others?.until).toMatchObject({ kind: 'reached', gate: 'leader' });
    expect([...(leader?.hold.participants ?? []), ...(others?.hold.participants ?? [])].sort()).toEqual(layer.participants);
  }
});
