// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { createSlots } from './slots.ts';

it('gives no more places than there are, in the order in which they were asked for', async () => {
  const slots = createSlots(2, 60_000);
  const [one, two] = [await slots.acquire(), await slots.acquire()];
  const got: string[] = [];
  const third = slots.acquire().then((slot) => (got.push('third'), slot));
  const fourth = slots.acquire().then((slot) => (got.push('fourth'), slot));
  await Promise.resolve();
  expect(got).toEqual([]);
  one.release();
  (await third).release();
  await fourth;
  expect(got).toEqual(['third', 'fourth']);
  two.release();
});

it('takes the place of one that was idle for long, and of nobody who works', async () => {
  const slots = createSlots(2, 20);
  const working = await slots.acquire();
  const idle = await slots.acquire();
  let told = 0;
  idle.idle(() => (told += 1));
  const next = await slots.acquire();
  expect([working.isRevoked, idle.isRevoked, next.isRevoked, told]).toEqual([false, true, false, 1]);
  idle.release();
  next.release();
  working.release();
  const all = [await slots.acquire(), await slots.acquire()];
  expect(all.map(({ isRevoked }) => isRevoked)).toEqual([false, false]);
});

it('leaves an idle one its place when nobody waits', async () => {
  const slots = createSlots(1, 1);
  const idle = await slots.acquire();
  idle.idle(() => undefined);
  await new Promise((resolve) => setImmediate(resolve));
  expect(idle.isRevoked).toBe(false);
});
