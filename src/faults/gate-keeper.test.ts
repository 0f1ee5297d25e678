// SPDX-License-Identifier: Apache-2.0
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { eventsOf } from '../history/event.ts';
import type { GateAction } from './gate-action.ts';
import type { GateRule } from './gate.ts';
import { barrier, Bench, layer, settled, timeoutMs } from './test-bench.ts';

describe('arrivals', () => {
  it('holds participants until the last one is there, then stays open', async () => {
    const bench = new Bench([barrier(3)], ['a', 'b', 'c']);
    const passes = [bench.send('a'), bench.send('b')];
    await settled();
    expect(bench.through).toEqual([]);
    passes.push(bench.send('c'));
    await Promise.all(passes);
    await bench.send('a');
    expect(bench.openings()).toEqual([['together', 'condition', 3, 3]]);
    expect(bench.arrivals()).toEqual(['a', 'b', 'c']);
  });

  it('counts a participant once, however many requests it sends', async () => {
    const bench = new Bench([barrier(2)], ['a', 'b']);
    const passes = [bench.send('a'), bench.send('a')];
    await settled();
    expect(bench.through).toEqual([]);
    await Promise.all([...passes, bench.send('b')]);
    expect(bench.openings()).toEqual([['together', 'condition', 2, 2]]);
  });

  it('counts repositories, where the parties are components of one process', async () => {
    const bench = new Bench([barrier(2, 'repository')], ['a']);
    const passes = [bench.send('a', { repository: 'one' }), bench.send('a', { repository: 'one' })];
    await settled();
    expect(bench.through).toEqual([]);
    await Promise.all([...passes, bench.send('a', { repository: 'two' })]);
    expect(bench.openings()).toEqual([['together', 'condition', 2, 2]]);
  });

  it.each([
    ['another resource', { resource: 'manifest' }],
    ['another reference', { reference: 'sha256:other' }],
    ['no reference', { reference: undefined }],
  ] as const)('lets %s pass', async (_name, target) => {
    const bench = new Bench([barrier(2)], ['a', 'b']);
    await bench.send('a', target);
    expect(bench.arrivals()).toEqual([]);
    bench.keeper.close();
  });

  it('holds in the repositories that it names only', async () => {
    const bench = new Bench([{ ...barrier(1), hold: { resource: 'blob', repositories: ['held'] } }], ['a']);
    await bench.send('a', { repository: 'free' });
    expect(bench.openings()).toEqual([]);
    await bench.send('a', { repository: 'held', reference: 'sha256:any' });
    expect(bench.openings()).toEqual([['together', 'condition', 1, 1]]);
  });

  it('takes a request through all gates that match, one after the other', async () => {
    const second = { ...barrier(2), name: 'second' };
    const bench = new Bench([barrier(1), second], ['a', 'b']);
    const first = bench.send('a');
    await settled();
    expect(bench.openings()).toEqual([['together', 'condition', 1, 1]]);
    await Promise.all([first, bench.send('b')]);
    expect(bench.openings()[1]).toEqual(['second', 'condition', 2, 2]);
  });
});

describe('requests', () => {
  const all: GateRule = {
    name: 'all asked',
    hold: { resource: 'blob', references: [layer], repositories: ['one'] },
    until: { kind: 'requests', parties: 'repository', count: 2, of: { resource: 'manifest', repositories: ['one', 'two'] } },
    timeoutMs,
  };

  it('holds one party until so many have asked for something else', async () => {
    const bench = new Bench([all], ['a']);
    const held = bench.send('a', { repository: 'one' });
    await bench.send('a', { repository: 'one', resource: 'manifest' });
    await bench.send('a', { repository: 'elsewhere', resource: 'manifest' });
    await bench.send('a', { repository: 'two' });
    await settled();
    expect(bench.openings()).toEqual([]);
    await bench.send('a', { repository: 'two', resource: 'manifest' });
    await held;
    expect(bench.openings()).toEqual([['all asked', 'condition', 2, 2]]);
  });

  it('opens only when somebody stands there: what was met unseen proves no meeting', async () => {
    const bench = new Bench([all], ['a']);
    await bench.send('a', { repository: 'one', resource: 'manifest' });
    await bench.send('a', { repository: 'two', resource: 'manifest' });
    expect(bench.openings()).toEqual([]);
    await bench.send('a', { repository: 'one' });
    expect(bench.openings()).toEqual([['all asked', 'condition', 2, 2]]);
  });

  it('is abandoned when too few can still ask', async () => {
    const rule: GateRule = { ...barrier(2), until: { kind: 'requests', parties: 'participant', count: 2, of: { resource: 'tags' } } };
    const bench = new Bench([rule], ['a', 'b']);
    const held = bench.send('a');
    bench.keeper.participantEnded('b');
    await held;
    expect(bench.openings()).toEqual([['together', 'abandoned', 0, 2]]);
  });

  it('still counts who asked and ended', async () => {
    const rule: GateRule = { ...barrier(2), until: { kind: 'requests', parties: 'participant', count: 2, of: { resource: 'tags' } } };
    const bench = new Bench([rule], ['a', 'b']);
    const held = bench.send('a');
    await bench.send('b', { resource: 'tags' });
    bench.keeper.participantEnded('b');
    await settled();
    expect(bench.openings()).toEqual([]);
    await bench.send('a', { resource: 'tags' });
    await held;
    expect(bench.openings()).toEqual([['together', 'condition', 2, 2]]);
  });
});

describe('without its condition a gate opens', () => {
  it('by time-out, counted from the first arrival', async () => {
    const bench = new Bench([{ ...barrier(2), timeoutMs: 30 }], ['a', 'b']);
    await bench.send('a');
    expect(bench.openings()).toEqual([['together', 'timeout', 1, 2]]);
  });

  it('as abandoned, as soon as too few are left', async () => {
    const bench = new Bench([barrier(3)], ['a', 'b', 'c', 'd']);
    const passes = [bench.send('a'), bench.send('b')];
    bench.keeper.participantEnded('c');
    await settled();
    expect(bench.openings()).toEqual([]);
    bench.keeper.participantEnded('d');
    await Promise.all(passes);
    expect(bench.openings()).toEqual([['together', 'abandoned', 2, 3]]);
  });

  it('as abandoned when one that stands there ends, before its socket closes', async () => {
    const bench = new Bench([barrier(2)], ['a', 'b']);
    const dead = bench.send('a');
    bench.keeper.participantEnded('a');
    await dead;
    expect(bench.openings()).toEqual([['together', 'abandoned', 0, 2]]);
    await bench.send('b');
  });

  it('as abandoned when all have ended, whatever the parties are', () => {
    const bench = new Bench([barrier(2, 'repository')], ['a', 'b']);
    bench.keeper.participantEnded('a');
    expect(bench.openings()).toEqual([]);
    bench.keeper.participantEnded('b');
    expect(bench.openings()).toEqual([['together', 'abandoned', 0, 2]]);
  });

  it('as closed, held or never reached, and once', async () => {
    const bench = new Bench([barrier(2), { ...barrier(5), name: 'never reached', hold: { resource: 'catalog' } }], ['a', 'b']);
    const held = bench.send('a');
    bench.keeper.close();
    await held;
    bench.keeper.close();
    bench.keeper.participantEnded('a');
    bench.keeper.participantEnded('b');
    expect(bench.openings()).toEqual([['together', 'closed', 1, 2], ['never reached', 'closed', 0, 5]]);
  });
});

describe('a client that breaks off', () => {
  it('is let go and not counted any more', async () => {
    const bench = new Bench([barrier(2)], ['a', 'b', 'c']);
    const gone = new AbortController();
    const held = bench.send('a', {}, gone.signal);
    gone.abort();
    await held;
    const other = bench.send('b');
    await settled();
    expect(bench.openings()).toEqual([]);
    await Promise.all([other, bench.send('a')]);
    expect(bench.openings()).toEqual([['together', 'condition', 2, 2]]);
  });

  it('does not go on to the next gate', async () => {
    const second = { ...barrier(2), name: 'second' };
    const bench = new Bench([barrier(2), second], ['a', 'b']);
    const gone = new AbortController();
    const held = bench.send('a', {}, gone.signal);
    gone.abort();
    await held;
    expect(eventsOf(bench.recorder.events(), 'gate-arrived').map(({ gate }) => gate)).toEqual(['together']);
    bench.keeper.close();
  });
});

describe('what is done to those who stood at a gate', () => {
  const alone = (then: GateAction): GateRule => ({ ...barrier(1), then });
  const arrival = { participant: 'a', request: 1, target: { resource: 'blob', repository: 'app', reference: layer } } as const;

  it.each([['reset', 'reset'], ['cut', 'cut'], [503, 'status 503'], [{ kind: 'delay', ms: 20 }, 'delay 20 ms']] as const)('is told to the door: %j', async (then, fault) => {
    const bench = new Bench([alone(then)], ['a']);
    expect((await bench.keeper.pass(arrival)).action).toEqual(then);
    expect(eventsOf(bench.recorder.events(), 'gate-opened')).toMatchObject([{ gate: 'together', fault }]);
    expect(eventsOf(bench.recorder.events(), 'fault-struck')).toMatchObject([{ participant: 'a', fault }]);
  });

  it.each(['wrong-bytes', 'short-body', { kind: 'trickle', bytes: 1, everyMs: 1, times: 1 }] as const)('has struck a body only when the door says so: %j', async (then) => {
    const bench = new Bench([alone(then)], ['a']);
    const { action, struck } = await bench.keeper.pass(arrival);
    expect(action).toEqual(then);
    expect(eventsOf(bench.recorder.events(), 'fault-struck')).toEqual([]);
    struck();
    expect(eventsOf(bench.recorder.events(), 'fault-struck')).toMatchObject([{ gate: 'together', participant: 'a', request: 1 }]);
  });

  it('may be that the disk fails, and the request goes on', async () => {
    const failed: unknown[] = [];
    const bench = new Bench([alone('EROFS/create')], ['a'], { failDisk: async (...how) => void failed.push(await Promise.resolve(how)) });
    bench.keeper.participantStarted('a', 17);
    expect((await bench.keeper.pass(arrival)).action).toBe('go');
    expect(failed).toEqual([['a', 17, 'EROFS/create']]);
  });

  it('may be the end of the process, and of nobody else', async () => {
    const bench = new Bench([alone('kill')], ['a', 'b']);
    const children = ['a', 'b'].map((participant) => {
      const child = spawn(process.execPath, ['--eval', 'setInterval(() => {}, 2 ** 30)'], { stdio: 'ignore', detached: true });
      bench.keeper.participantStarted(participant, child.pid ?? 0);
      return child;
    });
    const killed = once(children[0] as ChildProcess, 'exit');
    await bench.keeper.pass(arrival);
    expect(await killed).toEqual([null, 'SIGKILL']);
    expect(children[1]?.exitCode).toBeNull();
    children[1]?.kill('SIGKILL');
  });

  it('is nothing when the gate opened for another reason', async () => {
    const bench = new Bench([{ ...alone('reset'), until: { kind: 'arrivals', parties: 'participant', count: 2 }, timeoutMs: 20 }], ['a', 'b']);
    expect((await bench.keeper.pass(arrival)).action).toBe('go');
    expect(eventsOf(bench.recorder.events(), 'fault-struck')).toEqual([]);
  });
});
