// SPDX-License-Identifier: Apache-2.0
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { toolOrSkip } from '../foundation/tools.ts';
import { eventsOf } from '../history/event.ts';
import type { GateAction } from './gate-action.ts';
import type { GateRule } from './gate.ts';
import { Bench, layer, settled, timeoutMs } from './test-bench.ts';

const strace = toolOrSkip('strace');
const barrier = (count: number, parties: 'participant' | 'repository' = 'participant'): GateRule => ({
  name: 'together',
  hold: { resource: 'blob', references: [layer] },
  until: { kind: 'arrivals', parties, count },
  timeoutMs,
});

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

describe('standstill', () => {
  const standstill: GateRule = { ...barrier(3), until: { kind: 'standstill', parties: 'participant', count: 3 } };
  const busy = 'for (;;);';
  const idle = 'setInterval(() => {}, 2 ** 30)';
  const running: ChildProcess[] = [];

  afterEach(async () => {
    await Promise.all(running.splice(0).map(async (child) => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }));
  });

  /** A process of its own, which either computes or waits. */
  function start(bench: Bench, participant: string, program: string): void {
    const child = spawn(process.execPath, ['--eval', program], { stdio: 'ignore' });
    running.push(child);
    bench.keeper.participantStarted(participant, child.pid ?? 0);
  }

  it('opens when those who are not there do nothing, and says who they were', async () => {
    const bench = new Bench([standstill], ['a', 'b', 'c']);
    start(bench, 'b', idle);
    bench.keeper.participantEnded('c');
    await bench.send('a');
    expect(eventsOf(bench.recorder.events(), 'gate-opened')).toEqual([expect.objectContaining({ reason: 'condition', arrived: 1, wanted: 3, waiting: ['b'], ended: ['c'] })]);
  });

  it('stays shut while one of them computes', async () => {
    const bench = new Bench([{ ...standstill, timeoutMs: 700 }], ['a', 'b']);
    start(bench, 'b', busy);
    await bench.send('a');
    expect(bench.openings()).toEqual([['together', 'timeout', 1, 3]]);
  });

  it('stays shut while one of them is owed an answer', async () => {
    const bench = new Bench([{ ...standstill, timeoutMs: 700 }], ['a', 'b']);
    start(bench, 'b', idle);
    const answered = bench.keeper.answering('b');
    await bench.send('a');
    answered();
    expect(bench.openings()).toEqual([['together', 'timeout', 1, 3]]);
  });

  it('stays shut when one of them has gone on while the cache was looked at', async () => {
    let looks = 0;
    const bench: Bench = new Bench([{ ...standstill, timeoutMs: 1200 }], ['a', 'b'], {
      look: async () => {
        looks += 1;
        bench.keeper.answering('b');
        await Promise.resolve();
      },
    });
    start(bench, 'b', idle);
    await bench.send('a');
    expect(looks).toBe(1);
    expect(bench.openings()).toEqual([['together', 'timeout', 1, 3]]);
  });

  it.skipIf(strace === undefined)('stays shut while a tracer keeps one of them from running', async () => {
    const bench = new Bench([{ ...standstill, timeoutMs: 700 }], ['a', 'b']);
    const folder = mkdtempSync(join(tmpdir(), 'gate-'));
    const file = join(folder, 'file');
    const kept = spawn(strace ?? '', ['-DD', '-f', '-qq', '-o', '/dev/null', '-e', 'inject=unlink:delay_enter=2s', '--', process.execPath, '--eval', `require('fs').writeFileSync('${file}', ''); require('fs').unlinkSync('${file}')`], { stdio: 'ignore' });
    running.push(kept);
    while (!existsSync(file)) await new Promise(setImmediate);
    bench.keeper.participantStarted('b', kept.pid ?? 0);
    await bench.send('a');
    rmSync(folder, { recursive: true, force: true });
    expect(bench.openings()).toEqual([['together', 'timeout', 1, 3]]);
  });

  it('stays shut while one was not even started', async () => {
    const bench = new Bench([{ ...standstill, timeoutMs: 200 }], ['a', 'b']);
    await bench.send('a');
    expect(bench.openings()).toEqual([['together', 'timeout', 1, 3]]);
  });

  it('opens at once when all are there', async () => {
    const bench = new Bench([standstill], ['a', 'b', 'c']);
    await Promise.all(['a', 'b', 'c'].map(async (one) => await bench.send(one)));
    expect(bench.openings()).toEqual([['together', 'condition', 3, 3]]);
  });
});

describe('gates that wait for one participant', () => {
  const leader: GateRule = { ...barrier(2), name: 'leader', hold: { resource: 'blob', participants: ['a'] } };
  const others: GateRule = { name: 'others', hold: { resource: 'manifest', participants: ['b'] }, until: { kind: 'reached', parties: 'participant', count: 1, gate: 'leader' }, timeoutMs };

  it('open when it stands where it was to stand', async () => {
    const bench = new Bench([leader, others], ['a', 'b']);
    const follower = bench.send('b', { resource: 'manifest' });
    await settled();
    expect(bench.through).toEqual([]);
    const leading = bench.send('a');
    await follower;
    expect(bench.openings()).toEqual([['others', 'condition', 1, 1]]);
    bench.keeper.close();
    await leading;
  });

  it('open as abandoned when it ends without having stood there', async () => {
    const bench = new Bench([leader, others], ['a', 'b']);
    const follower = bench.send('b', { resource: 'manifest' });
    bench.keeper.participantEnded('a');
    await follower;
    expect(bench.openings()).toContainEqual(['others', 'abandoned', 1, 1]);
  });

  it('open when it has ended, and are not told of where nobody has to come', async () => {
    const after: GateRule = { ...others, name: 'after', isOptional: true, until: { kind: 'ended-or-waits', parties: 'participant', count: 1, participant: 'a' } };
    const bench = new Bench([after, { ...after, name: 'nobody', hold: { resource: 'tags' } }], ['a', 'b']);
    const follower = bench.send('b', { resource: 'manifest' });
    await settled();
    expect(bench.through).toEqual([]);
    bench.keeper.participantEnded('a');
    await follower;
    bench.keeper.close();
    expect(bench.openings()).toEqual([['after', 'condition', 1, 1]]);
  });

  const elsewhere: GateRule = { ...others, name: 'elsewhere', hold: { resource: 'tags', participants: ['a'] }, until: { kind: 'arrivals', parties: 'participant', count: 2 } };
  const here: GateRule = { ...others, name: 'here', until: { kind: 'ended-or-waits', parties: 'participant', count: 1, participant: 'a', orAt: 'elsewhere' } };

  it('open when it stands at another gate that they name, and not when it stands anywhere else', async () => {
    const bench = new Bench([here, elsewhere, { ...elsewhere, name: 'another', hold: { resource: 'catalog', participants: ['a'] } }], ['a', 'b']);
    const follower = bench.send('b', { resource: 'manifest' });
    const first = bench.send('a', { resource: 'catalog' });
    await settled();
    expect(bench.through).toEqual([]);
    const second = bench.send('a', { resource: 'tags' });
    await follower;
    expect(bench.openings()).toEqual([['here', 'condition', 1, 1]]);
    bench.keeper.close();
    await Promise.all([first, second]);
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
