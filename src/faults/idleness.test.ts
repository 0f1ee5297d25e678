// SPDX-License-Identifier: Apache-2.0
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { monotonicMs } from '../foundation/clock.ts';
import { signalGroup } from '../foundation/process-table.ts';
import { sampleMs, watchIdleness, type Idleness } from './idleness.ts';

let child: ChildProcess | undefined;

afterEach(() => void signalGroup(child?.pid ?? 0, 'SIGKILL'));

/** A program that is under way. */
async function watched(program: string): Promise<Idleness> {
  child = spawn(process.execPath, ['--eval', `console.log('up'); ${program}`], { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  await once(child.stdout!, 'data');
  const idleness = watchIdleness();
  idleness.started('one', child.pid!);
  return idleness;
}

/** Whether it was idle at any time in so many milliseconds. */
async function becomesIdle(idleness: Idleness, withinMs: number): Promise<boolean> {
  for (const until = monotonicMs() + withinMs; monotonicMs() < until; ) {
    if (idleness.isIdle('one')) return true;
    await new Promise((resolve) => setTimeout(resolve, sampleMs));
  }
  return false;
}

const hasSchedstat = ((): boolean => {
  try {
    return readFileSync('/proc/self/schedstat', 'utf8') !== '';
  } catch {
    return false;
  }
})();

describe.skipIf(!hasSchedstat)('a participant', () => {
  it.each([
    ['waits for something', 'setInterval(() => undefined, 100_000);'],
    ['looks again and again whether a lock is free', `setInterval(() => require('node:fs').existsSync('/lock'), 20);`],
  ])('is idle that %s', async (_what, program) => {
    expect(await becomesIdle(await watched(program), 20_000)).toBe(true);
  });

  it.each([
    ['works', 'for (;;);'],
    ['works for a third of the time', 'setInterval(() => { const until = performance.now() + 7; while (performance.now() < until); }, 20);'],
    ['has a child that works', `require('node:child_process').spawn(process.execPath, ['--eval', 'for (;;);']);`],
  ])('is not that %s', async (_what, program) => {
    expect(await becomesIdle(await watched(program), 600)).toBe(false);
  });

  it('is not that is owed an answer, and is at once that stands', async () => {
    const idleness = await watched('setInterval(() => undefined, 100_000);');
    const answered = idleness.answering('one');
    expect(await becomesIdle(idleness, 400)).toBe(false);
    answered();
    expect(await becomesIdle(idleness, 20_000)).toBe(true);
    const goesOn = idleness.standing('one');
    expect(idleness.isIdle('one')).toBe(true);
    goesOn();
    expect(idleness.isIdle('one')).toBe(false);
  });
});
