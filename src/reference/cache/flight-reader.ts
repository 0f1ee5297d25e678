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
  /** Resolves when there is room for more; who took nothing for a while falls behind instead. */
  taken(): Promise<void>;
  settle(outcome: FlightOutcome): void;
  bytes(): AsyncGenerator<Buffer, void>;
}

/** What a reader holds in memory at most, but for one chunk. */
const mostQueuedBytes = 1024 * 1024;
const comfortableBytes = mostQueuedBytes / 4;
const patienceMs = 2000;

/**
 * A reader that is too slow to read along waits for the flight to end and takes the rest, from where it is, out of
 * the entry: it blocks nobody, and no layer piles up in memory.
 */
export function createFlightReader(rest: (offset: number) => AsyncIterable<Buffer>, isLate: boolean): FlightReader {
  return new QueuedReader(rest, isLate);
}

class QueuedReader implements FlightReader {
  readonly #rest: (offset: number) => AsyncIterable<Buffer>;
  readonly #queue: Buffer[] = [];
  #queuedBytes = 0;
  #isBehind: boolean;
  #outcome: FlightOutcome | undefined;
  #wake = (): void => undefined;
  #take = (): void => undefined;

  constructor(rest: (offset: number) => AsyncIterable<Buffer>, isLate: boolean) {
    this.#rest = rest;
    this.#isBehind = isLate;
  }

  push(chunk: Buffer): boolean {
    if (this.#isBehind) return false;
    this.#queue.push(chunk);
    this.#queuedBytes += chunk.length;
    this.#isBehind = this.#queuedBytes > mostQueuedBytes;
    this.#wake();
    return this.#queuedBytes > comfortableBytes;
  }

  async taken(): Promise<void> {
    while (!this.#isBehind && this.#outcome === undefined && this.#queuedBytes > comfortableBytes) {
      this.#isBehind = await isLaterThan(patienceMs, new Promise((resolve) => (this.#take = resolve)));
    }
  }

  settle(outcome: FlightOutcome): void {
    this.#outcome = outcome;
    this.#wake();
    this.#take();
  }

  async *bytes(): AsyncGenerator<Buffer, void> {
    let offset = 0;
    for (;;) {
      const chunk = this.#queue.shift();
      if (chunk !== undefined) {
        this.#queuedBytes -= chunk.length;
        offset += chunk.length;
        this.#take();
        yield chunk;
      } else if (this.#outcome !== undefined) break;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    if (this.#outcome.kind === 'failed') throw this.#outcome.error;
    if (this.#isBehind || this.#outcome.kind === 'found') yield* this.#rest(offset);
  }
}

async function isLaterThan(milliseconds: number, waiting: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<true>((resolve) => (timer = setTimeout(() => resolve(true), milliseconds)));
  return await Promise.race([waiting.then(() => false), late]).finally(() => clearTimeout(timer));
}
