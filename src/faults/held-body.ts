// SPDX-License-Identifier: Apache-2.0
import type { BodyStop } from './gate-keeper.ts';

/**
 * Passes a body on as it comes, but stands still at each stop until its gate opens, and does there what the gate says.
 * `passed` is told of the bytes that went through.
 */
export function heldAt(stops: readonly BodyStop[], gone: AbortSignal, passed: (bytes: number) => void) {
  return async function* (body: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
    const queue = [...stops];
    let offset = 0;
    let isToBeChanged = false;
    const standAt = async (place: number): Promise<void> => {
      for (let stop = queue[0]; stop !== undefined && stop.afterBytes <= place; stop = queue[0]) {
        queue.shift();
        const action = await stop.hold(gone);
        if (action === 'reset' || action === 'kill') throw new Error('broken off at a gate');
        isToBeChanged ||= action === 'wrong-bytes';
      }
    };
    await standAt(0);
    for await (const chunk of body) {
      for (let from = 0; from < chunk.length; ) {
        const next = queue[0]?.afterBytes ?? Infinity;
        const to = Math.min(chunk.length, Math.max(from, next - offset));
        if (to > from) {
          yield isToBeChanged ? changed(chunk.subarray(from, to)) : chunk.subarray(from, to);
          passed(to - from);
          isToBeChanged = false;
        }
        from = to;
        await standAt(offset + from);
      }
      offset += chunk.length;
    }
  };
}

/** Another first byte. */
function changed(chunk: Buffer): Buffer {
  const copy = Buffer.from(chunk);
  copy[0] = (copy[0] ?? 0) ^ 1;
  return copy;
}
