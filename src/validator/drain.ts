// SPDX-License-Identifier: Apache-2.0
import type { Socket } from 'node:net';
import { monotonicMs } from '../foundation/clock.ts';

const tickMs = 100;
const longestMs = 5000;

/**
 * Waits for `kept` after the validator and its group have gone. Only a process that left the group can still hold
 * the pipes: what lies in them is read, its end is not waited for. True when one held them.
 */
export async function drain(pipes: readonly Socket[], kept: Promise<unknown>): Promise<boolean> {
  let isHeld = false;
  const latest = monotonicMs() + longestMs;
  let before = -1;
  // Between two ticks the event loop has read all that was there, however busy the machine is.
  const ticking = setInterval(() => {
    const read = pipes.reduce((sum, { bytesRead }) => sum + bytesRead, 0);
    const isQuiet = read === before && pipes.every(({ readableLength }) => readableLength === 0);
    before = read;
    if (!isQuiet && monotonicMs() < latest) return;
    isHeld = true;
    for (const pipe of pipes) pipe.destroy();
  }, tickMs);
  await kept.finally(() => clearInterval(ticking));
  return isHeld;
}
