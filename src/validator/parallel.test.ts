// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { runInParallel } from './parallel.ts';

/** Ends one turn of the event loop after it was told to. */
async function untilStopped(signal: AbortSignal): Promise<string> {
  return await new Promise((resolve) => signal.addEventListener('abort', () => setImmediate(() => resolve('stopped'))));
}

it('starts all before any has ended, and keeps their order', async () => {
  let startSecond = (): void => undefined;
  const secondStarted = new Promise<void>((resolve) => (startSecond = resolve));
  const results = await runInParallel<number>([
    async () => {
      await secondStarted;
      return 1;
    },
    async () => {
      startSecond();
      return 2;
    },
  ]);
  expect(results).toEqual([1, 2]);
});

it('ends the others when one could not be run, waits for them, and throws what failed first', async () => {
  const ended: string[] = [];
  const failure = new Error('no more processes');
  const others = async (signal: AbortSignal): Promise<void> => void ended.push(await untilStopped(signal));
  const running = runInParallel([others, async () => await Promise.reject(failure), others]);
  await expect(running).rejects.toBe(failure);
  expect(ended).toEqual(['stopped', 'stopped']);
});

it('passes on that all are to stop', async () => {
  const stop = new AbortController();
  const running = runInParallel([untilStopped, untilStopped], stop.signal);
  stop.abort();
  expect(await running).toEqual(['stopped', 'stopped']);
});
