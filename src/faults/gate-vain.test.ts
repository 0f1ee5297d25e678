// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import type { GateRule } from './gate.ts';
import { barrier, Bench, layer } from './test-bench.ts';

const idle = 'setInterval(() => {}, 2 ** 30)';
const busy = 'for (;;);';
/** Longer than it takes to see that nobody moves. */
const timeoutMs = 6500;

function bench(rules: readonly GateRule[], programs: Readonly<Record<string, string>>, onTestFinished: (clear: () => void) => void): Bench {
  const made = new Bench(rules, Object.keys(programs));
  onTestFinished(() => made.keeper.close());
  for (const [participant, program] of Object.entries(programs)) {
    const child = spawn(process.execPath, ['--eval', program], { stdio: 'ignore' });
    onTestFinished(() => void child.kill('SIGKILL'));
    made.keeper.participantStarted(participant, child.pid ?? 0);
  }
  return made;
}

// At once, since each of them waits for seconds.
describe.concurrent('a gate for one who does not come', () => {
  it('opens for who waits for another one that does not come, when nobody does anything', async ({ onTestFinished }) => {
    const made = bench([{ ...barrier(2), timeoutMs }], { a: idle, b: idle }, onTestFinished);
    await made.send('a');
    expect(made.openings()).toEqual([['together', 'abandoned', 1, 2]]);
  });

  it('stays shut while one of them works, as it may still come', async ({ onTestFinished }) => {
    const made = bench([{ ...barrier(2), timeoutMs }], { a: idle, b: busy }, onTestFinished);
    await made.send('a');
    expect(made.openings()).toEqual([['together', 'timeout', 1, 2]]);
  });

  it('stays shut while one of them is owed an answer', async ({ onTestFinished }) => {
    const made = bench([{ ...barrier(2), timeoutMs }], { a: idle, b: idle }, onTestFinished);
    made.keeper.answering('b');
    await made.send('a');
    expect(made.openings()).toEqual([['together', 'timeout', 1, 2]]);
  });

  it('stays shut while another one is to open when nobody has moved for longer', async ({ onTestFinished }) => {
    const stalled: GateRule = { name: 'leader', hold: { resource: 'blob', references: [layer], participants: ['a'] }, until: { kind: 'standstill', parties: 'participant', count: 2, forMs: 5500 }, timeoutMs: 30_000 };
    const others: GateRule = { name: 'others', hold: { resource: 'manifest', participants: ['b'] }, until: { kind: 'reached', parties: 'participant', count: 1, gate: 'nobody' }, timeoutMs };
    const made = bench([stalled, others], { a: idle, b: idle }, onTestFinished);
    const standing = made.send('b', { resource: 'manifest' });
    await made.send('a');
    await standing;
    expect(made.openings().map(([gate, reason]) => [gate, reason])).toEqual([['leader', 'condition'], ['others', 'timeout']]);
  });
});
