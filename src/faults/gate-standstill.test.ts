// SPDX-License-Identifier: Apache-2.0
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { toolOrSkip } from '../foundation/tools.ts';
import { eventsOf } from '../history/event.ts';
import type { GateRule } from './gate.ts';
import { barrier, Bench, layer, settled, timeoutMs } from './test-bench.ts';

const strace = toolOrSkip('strace');

const running: ChildProcess[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map(async (child) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }));
});

/** A process of its own, which either computes or waits. */
function start(bench: Bench, participant: string, program: string): ChildProcess {
  const child = spawn(process.execPath, ['--eval', program], { stdio: 'ignore', detached: true });
  running.push(child);
  bench.keeper.participantStarted(participant, child.pid ?? 0);
  return child;
}

describe('standstill', () => {
  const standstill: GateRule = { ...barrier(3), until: { kind: 'standstill', parties: 'participant', count: 3 } };
  const busy = 'for (;;);';
  const idle = 'setInterval(() => {}, 2 ** 30)';
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

it('nobody moves between the kill and the end of who is killed, and everybody after it', async () => {
  const killing: GateRule = { ...barrier(2), until: { kind: 'standstill', parties: 'participant', count: 2 }, then: 'kill' };
  const bench = new Bench([killing], ['a', 'b']);
  const [victim, other] = ['a', 'b'].map((name) => start(bench, name, 'setInterval(() => {}, 2 ** 30)')) as [ChildProcess, ChildProcess];
  const stateOf = ({ pid }: ChildProcess): string => /\) (\w) /.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1] ?? '';
  const gone = once(victim, 'exit');
  await bench.send('a');
  expect(await gone).toEqual([null, 'SIGKILL']);
  await expect.poll(() => stateOf(other), { timeout: 30_000 }).toBe('T');
  bench.keeper.participantEnded('a');
  await expect.poll(() => stateOf(other), { timeout: 30_000 }).toBe('S');
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

  it('stay shut while it is busy with the bytes that have come before it stood', async () => {
    const bench = new Bench([{ ...leader, at: 'middle' }, others], ['a', 'b']);
    const folder = mkdtempSync(join(tmpdir(), 'gate-'));
    const done = join(folder, 'done');
    start(bench, 'a', `for (const end = Date.now() + 600; Date.now() < end;); require('fs').writeFileSync('${done}', ''); setInterval(() => {}, 2 ** 30)`);
    const follower = bench.send('b', { resource: 'manifest' });
    const [stop] = bench.keeper.bodyStops({ participant: 'a', request: 7, target: { resource: 'blob', repository: 'app', reference: layer } }, 1000);
    const leading = stop?.hold();
    await follower;
    expect(existsSync(done)).toBe(true);
    rmSync(folder, { recursive: true });
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
