// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { eventsOf, type FileCall } from '../history/event.ts';
import type { GateRule } from './gate.ts';
import { Bench, settled, timeoutMs } from './test-bench.ts';

describe('a process that stands after a file call', () => {
  const call: FileCall = { family: 'write', entry: 'ab', nth: 2, path: 'entry', name: 'write', result: '4' };
  const leader: GateRule = { name: 'leader', hold: { call: 'write', entry: 'ab', nth: 2, participants: ['a'] }, until: { kind: 'standstill', parties: 'participant', count: 2 }, timeoutMs };

  it('is told of, counts as standing still, and lets others begin', async () => {
    const others: GateRule = { name: 'others', hold: { resource: 'manifest', participants: ['b'] }, until: { kind: 'reached', parties: 'participant', count: 1, gate: 'leader' }, timeoutMs };
    const bench = new Bench([leader, others], ['a', 'b']);
    const follower = bench.send('b', { resource: 'manifest' });
    expect(await Promise.all([{ ...call, nth: 1 }, { ...call, entry: 'cd' }, { ...call, family: 'close' as const }].map(async (other) => await bench.keeper.passCall({ participant: 'a', call: other })))).toEqual(['go', 'go', 'go']);
    const standing = bench.keeper.passCall({ participant: 'a', call });
    await follower;
    bench.keeper.participantEnded('b');
    expect(await standing).toBe('go');
    expect(eventsOf(bench.recorder.events(), 'gate-arrived')).toContainEqual(expect.objectContaining({ gate: 'leader', participant: 'a', call }));
    expect(bench.openings()).toContainEqual(['leader', 'condition', 1, 2]);
  });

  it('may stand after a call on any of several entries, the first that comes', async () => {
    const bench = new Bench([{ ...leader, hold: { ...leader.hold, entry: ['ab', 'cd'] }, until: { kind: 'arrivals', parties: 'participant', count: 1 } }], ['a']);
    expect(await bench.keeper.passCall({ participant: 'a', call: { ...call, entry: 'ef' } })).toBe('go');
    expect(bench.openings()).toEqual([]);
    expect(await bench.keeper.passCall({ participant: 'a', call: { ...call, entry: 'cd' } })).toBe('go');
    expect(bench.openings()).toEqual([['leader', 'condition', 1, 1]]);
  });

  it('is another one for each process', async () => {
    const bench = new Bench([leader], ['a', 'b']);
    expect(await bench.keeper.passCall({ participant: 'b', call })).toBe('go');
    expect(bench.openings()).toEqual([]);
  });

  it('may have the entries taken away meanwhile', async () => {
    const bench = new Bench([{ ...leader, then: 'evict', until: { kind: 'arrivals', parties: 'participant', count: 1 } }], ['a']);
    expect(await bench.keeper.passCall({ participant: 'a', call })).toBe('evict');
    expect(eventsOf(bench.recorder.events(), 'fault-struck')).toMatchObject([{ gate: 'leader', participant: 'a', fault: 'evict' }]);
  });
});

describe('a process that has not been started', () => {
  const call: FileCall = { family: 'create', entry: '', nth: 1, path: 'index.json', name: 'openat', result: '3' };
  const leader: GateRule = { name: 'leader', hold: { call: 'create', entry: '', nth: 1, participants: ['a'] }, until: { kind: 'standstill', parties: 'participant', count: 2 }, timeoutMs };
  const others: GateRule = { name: 'others', hold: { start: true, participants: ['b'] }, until: { kind: 'reached', parties: 'participant', count: 1, gate: 'leader' }, timeoutMs };

  it('is started when the leader stands, and is not taken for one that waits', async () => {
    const bench = new Bench([leader, others], ['a', 'b']);
    await bench.keeper.passStart('a');
    let isStarted = false;
    const start = bench.keeper.passStart('b').then(() => (isStarted = true));
    await settled();
    expect(isStarted).toBe(false);
    const standing = bench.keeper.passCall({ participant: 'a', call });
    await start;
    expect(bench.openings()).toEqual([['others', 'condition', 1, 1]]);
    bench.keeper.participantEnded('b');
    expect(await standing).toBe('go');
    expect(bench.openings()).toContainEqual(['leader', 'condition', 1, 2]);
  });

  it('is started when the leader has ended without having stood, and that proves no meeting', async () => {
    const bench = new Bench([leader, others], ['a', 'b']);
    const start = bench.keeper.passStart('b');
    bench.keeper.participantEnded('a');
    await start;
    expect(bench.openings()).toEqual([['others', 'abandoned', 1, 1]]);
  });

  it('waits no longer than somebody wants it', async () => {
    const bench = new Bench([leader, others], ['a', 'b']);
    const stop = new AbortController();
    const start = bench.keeper.passStart('b', stop.signal);
    stop.abort();
    await start;
    expect(bench.openings()).toEqual([]);
  });
});
