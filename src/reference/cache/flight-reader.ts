// SPDX-License-Identifier: Apache-2.0

/** How a flight ended for those who read along. */
export type FlightOutcome =
  /** The entry was there, nothing was passed on. */
  | { readonly kind: 'found' }
  | { readonly kind: 'fetched' }
  | { readonly kind: 'failed'; readonly error: Error };

/** One of those who read along with a flight, each at its own pace. */
export interface FlightReader {
  /** Takes the next chunk of the flight, or none any more once it fell behind. True when it could do with a break. */
  push(chunk: Buffer): boolean;
  settle(outcome: FlightOutcome): void;
  bytes(): AsyncGenerator<Buffer, void>;
}

/** What a reader holds in memory at most, but for one chunk. */
const mostQueuedBytes = 1024 * 1024;

/**
 * A reader that is too slow to read along waits for the flight to end and takes the rest, from where it is, out of
 * the entry: it blocks nobody, and no layer piles up in memory.
 */
export function createFlightReader(rest: (offset: number) => AsyncIterable<Buffer>, isLate: boolean): FlightReader {
  const queue: Buffer[] = [];
  let queuedBytes = 0;
  let isBehind = isLate;
  let outcome: FlightOutcome | undefined;
  let wake = (): void => undefined;
  return {
    push: (chunk) => {
      if (isBehind) return false;
      queue.push(chunk);
      queuedBytes += chunk.length;
      isBehind = queuedBytes > mostQueuedBytes;
      wake();
      return queuedBytes > mostQueuedBytes / 4;
    },
    settle: (how) => {
      outcome = how;
      wake();
    },
    bytes: async function* () {
      let offset = 0;
      for (;;) {
        const chunk = queue.shift();
        if (chunk !== undefined) {
          queuedBytes -= chunk.length;
          offset += chunk.length;
          yield chunk;
        } else if (outcome !== undefined) break;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
      if (outcome.kind === 'failed') throw outcome.error;
      if (isBehind || outcome.kind === 'found') yield* rest(offset);
    },
  };
}
