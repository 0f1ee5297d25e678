// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { expect, it, onTestFinished } from 'vitest';
import { eventsOf, type FileCall } from '../history/event.ts';
import { Bench, settled, timeoutMs } from './test-bench.ts';
import type { TurnRule } from './turns.ts';

const call: FileCall = { family: 'write', entry: 'ab', nth: 1, path: 'entry', name: 'write', result: '4' };
const rule: TurnRule = { order: ['a', 'b'], changes: [], families: ['write'], timeoutMs };

/** Both are processes that sleep: who has slept for a while and is owed nothing would be taken for one that waits. */
function bench(turns: Partial<TurnRule> = {}): Bench {
  const made = new Bench([], ['a', 'b'], { turns: { ...rule, ...turns } });
  for (const participant of ['a', 'b']) {
    const { pid } = sleeper();
    made.keeper.participantStarted(participant, pid);
  }
  onTestFinished(() => made.keeper.close());
  return made;
}

function sleeper(): { readonly pid: number } {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  return { pid: child.pid as number };
}

/** Who has taken how many steps. */
function stepper({ keeper }: Bench): { readonly steps: string[]; readonly step: (participant: string) => Promise<void> } {
  const steps: string[] = [];
  return { steps, step: async (participant) => void steps.push((await keeper.passCall({ participant, call })) === 'go' ? participant : 'other') };
}

it('gives each step to the first one, until it has ended', async () => {
  const made = bench();
  const { steps, step } = stepper(made);
  const waiting = step('b');
  for (let nth = 0; nth < 5; nth += 1) {
    await step('a');
    await settled();
  }
  expect(steps).toEqual(['a', 'a', 'a', 'a', 'a']);
  made.keeper.participantEnded('a');
  await waiting;
  expect(steps.at(-1)).toBe('b');
});

it('interrupts the first one at the step that was drawn, and goes back to it when the other one has ended', async () => {
  const made = bench({ changes: [3] });
  const { steps, step } = stepper(made);
  const [first, second] = [step('a').then(async () => await step('a')).then(async () => await step('a')), step('b').then(async () => await step('b'))];
  await second;
  expect(steps).toEqual(['a', 'a', 'b', 'b']);
  made.keeper.participantEnded('b');
  await first;
  expect(eventsOf(made.recorder.events(), 'turn-taken').map(({ participant, standing }) => [participant, standing])).toEqual([['a', []], ['b', ['a']], ['a', []]]);
});

it('interrupts the other one right after that, where that was drawn too', async () => {
  const made = bench({ changes: [3, 4] });
  const { steps, step } = stepper(made);
  const first = step('a').then(async () => await step('a')).then(async () => await step('a'));
  const second = step('b').then(async () => await step('b'));
  await first;
  expect(steps).toEqual(['a', 'a', 'b', 'a']);
  made.keeper.participantEnded('a');
  await second;
});

it('gives the step to the other one while the first one waits for it', async () => {
  const made = bench();
  const { steps, step } = stepper(made);
  // The first one never comes: it sleeps.
  await step('b');
  expect(steps).toEqual(['b']);
});

it('lets everybody go when nobody has taken a step for too long', async () => {
  const made = bench({ timeoutMs: 50 });
  made.keeper.answering('a');
  const { steps, step } = stepper(made);
  await step('b');
  expect(steps).toEqual(['b']);
  expect(eventsOf(made.recorder.events(), 'turns-over')).toMatchObject([{ reason: 'timeout' }]);
});
