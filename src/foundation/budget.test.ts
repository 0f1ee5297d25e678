// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { Budget, isOver } from './budget.ts';
import { machineMs } from './clock.ts';

it('is used up once its time is over, and not before', async () => {
  const budget = new Budget('40ms');
  const long = new Budget('1h');
  expect([budget.isUsedUp, budget.words]).toEqual([false, '--budget 40ms']);
  await expect.poll(() => budget.isUsedUp, { interval: 2 }).toBe(true);
  expect(machineMs()).toBeGreaterThanOrEqual(budget.endsAtMs ?? Infinity);
  expect(long.isUsedUp).toBe(false);
});

it('has no end where none is given', () => {
  expect(new Budget(undefined)).toMatchObject({ isUsedUp: false, words: undefined, endsAtMs: undefined });
  expect(isOver(undefined)).toBe(false);
});

it('is refused as any other length of time', () => expect(() => new Budget('20')).toThrow(/--budget 20 is no length of time/));

it('ends at a moment that other processes know', () => {
  const before = machineMs();
  const there = Number(execFileSync(process.execPath, ['-p', 'process.hrtime.bigint() / 1000000n'], { encoding: 'utf8' }).replace('n', ''));
  expect(there).toBeGreaterThanOrEqual(before);
  expect(there).toBeLessThanOrEqual(machineMs());
});
