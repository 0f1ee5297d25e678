// SPDX-License-Identifier: Apache-2.0
import { setTimeout as pause } from 'node:timers/promises';
import type { SlowFault } from './gate-action.ts';
import type { BodyStop } from './gate-keeper.ts';

/** How a body comes to its end: by itself, or by plan, as if it were whole, or broken off in one of two ways. */
export type BodyEnd = 'whole' | 'short' | 'cut' | 'reset';

/**
 * A body on its way, passed on as it comes; it stands still at each stop until its gate opens, and there what the gate says is
 * done to it. Nothing else changes it.
 */
export class HeldBody {
  readonly #stops: BodyStop[];
  readonly #gone: AbortSignal;
  #offset = 0;
  #end: BodyEnd = 'whole';
  /** Each waits for the next byte. */
  #toChange: BodyStop | undefined;
  #toSlow: Slowing | undefined;

  constructor(stops: readonly BodyStop[], gone: AbortSignal) {
    this.#stops = [...stops];
    this.#gone = gone;
  }

  /** Bytes that were passed on. */
  get bytes(): number {
    return this.#offset;
  }

  /** Known when all of it has been passed on. */
  get end(): BodyEnd {
    return this.#end;
  }

  async *through(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
    await this.#stand();
    for await (const chunk of body) {
      for (let from = 0; from < chunk.length && this.#end === 'whole'; ) {
        await this.#takeTime();
        const to = Math.min(chunk.length, from + this.#free());
        const part = this.#asPlanned(chunk.subarray(from, to));
        yield part;
        this.#offset += part.length;
        from = to;
        await this.#stand();
      }
      if (this.#end !== 'whole') return;
    }
  }

  /** How many bytes may go on at once. */
  #free(): number {
    const untilStop = (this.#stops[0]?.afterBytes ?? Infinity) - this.#offset;
    return Math.min(untilStop, this.#toSlow?.bytes ?? Infinity);
  }

  #asPlanned(part: Buffer): Buffer {
    if (this.#toChange === undefined) return part;
    this.#toChange.struck();
    this.#toChange = undefined;
    return withAnotherFirstByte(part);
  }

  async #takeTime(): Promise<void> {
    if (this.#toSlow === undefined) return;
    if (this.#toSlow.left === 0) return void (this.#toSlow = undefined);
    this.#toSlow.left -= 1;
    await pause(this.#toSlow.everyMs, undefined, { signal: this.#gone });
  }

  async #stand(): Promise<void> {
    for (let stop = this.#stops[0]; stop !== undefined && stop.afterBytes <= this.#offset && this.#end === 'whole'; stop = this.#stops[0]) {
      this.#stops.shift();
      await this.#meet(stop);
    }
  }

  async #meet(stop: BodyStop): Promise<void> {
    const action = await stop.hold(this.#gone);
    if (action === 'cut') this.#end = 'cut';
    else if (action === 'reset' || action === 'kill') this.#end = 'reset';
    else if (action === 'wrong-bytes') this.#toChange = stop;
    else if (action === 'short-body') this.#endShort(stop);
    else if (typeof action === 'object') await this.#slowDown(action, stop);
  }

  #endShort(stop: BodyStop): void {
    this.#end = 'short';
    stop.struck();
  }

  async #slowDown(how: SlowFault, stop: BodyStop): Promise<void> {
    if (how.kind === 'delay') return await pause(how.ms, undefined, { signal: this.#gone });
    this.#toSlow = { bytes: how.bytes, everyMs: how.everyMs, left: how.times };
    stop.struck();
  }
}

interface Slowing {
  readonly bytes: number;
  readonly everyMs: number;
  left: number;
}

function withAnotherFirstByte(part: Buffer): Buffer {
  const copy = Buffer.from(part);
  copy[0] = (copy[0] ?? 0) ^ 1;
  return copy;
}
