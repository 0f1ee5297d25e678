// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { monotonicMs, unixSeconds, wallClock } from './clock.ts';

it('the monotonic clock goes on, in milliseconds', async () => {
  const before = monotonicMs();
  await new Promise((resolve) => setTimeout(resolve, 20));
  const passed = monotonicMs() - before;
  expect(passed).toBeGreaterThan(15);
  expect(passed).toBeLessThan(15_000);
});

it('the wall clock and its seconds agree', () => {
  const before = Math.floor(wallClock().getTime() / 1000);
  const seconds = unixSeconds();
  expect(Number.isInteger(seconds)).toBe(true);
  expect(seconds - before).toBeGreaterThanOrEqual(0);
  expect(seconds - before).toBeLessThanOrEqual(1);
});
