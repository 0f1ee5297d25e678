// SPDX-License-Identifier: Apache-2.0
import type { Readable } from 'node:stream';
import { StampedeError } from '../../foundation/errors.ts';
import { createFlightReader, type FlightReader } from './flight-reader.ts';
import { findEntry, restOf, type FlightMeans } from './flight-means.ts';
import { innerSink } from './inner-sink.ts';
import type { Unlock } from './entry-lock.ts';
import type { EntryKey, Form, Layer } from './layer.ts';
import { streamOf } from './streams.ts';

/** One form of a layer, and where its bytes come from if the cache has none. */
export interface Wanted {
  readonly key: EntryKey;
  readonly form: Form;
  readonly layer: Layer;
  fetch(signal: AbortSignal): Promise<Readable>;
}

/** One way to one entry, for all who ask while it lasts. */
export interface Flight {
  /** A stream of the entry's bytes. The signal ends this stream, and the flight once nobody is left who wants it. */
  join(signal?: AbortSignal): Promise<Readable>;
  isCancelled(): boolean;
  /** Resolves when the flight is over, well or not. */
  readonly settled: Promise<void>;
}

interface Flown {
  readonly kind: 'found' | 'fetched';
  /** Whether the cache has the entry now. */
  readonly isKept: boolean;
}

/** Finds the entry, or fetches it while everybody reads along. */
export function startFlight(wanted: Wanted, means: FlightMeans): Flight {
  return new SharedFlight(wanted, means);
}

class SharedFlight implements Flight {
  readonly settled: Promise<void>;
  readonly #wanted: Wanted;
  readonly #means: FlightMeans;
  readonly #readers = new Set<FlightReader>();
  readonly #cancel = new AbortController();
  readonly #opened: Promise<void>;
  readonly #flown: Promise<Flown>;
  #joined = 0;
  #aborted = 0;
  #isUnderWay = false;

  constructor(wanted: Wanted, means: FlightMeans) {
    this.#wanted = wanted;
    this.#means = means;
    let open = (): void => undefined;
    this.#opened = new Promise((resolve) => (open = resolve));
    const pass = (chunk: Buffer): boolean => {
      this.#isUnderWay = true;
      return [...this.#readers].map((reader) => reader.push(chunk)).some((isFull) => isFull);
    };
    const taken = async (): Promise<void> => void (await Promise.all([...this.#readers].map(async (reader) => await reader.taken())));
    this.#flown = fly(wanted, means, { signal: this.#cancel.signal, open, pass, taken }).catch((cause: unknown) => this.#fail(cause));
    this.settled = this.#flown.then(() => undefined, () => undefined);
  }

  isCancelled(): boolean {
    return this.#cancel.signal.aborted;
  }

  async join(signal?: AbortSignal): Promise<Readable> {
    let isKept = false;
    const reader = createFlightReader((offset) => restOf(this.#wanted, { offset, isKept }, this.#means), this.#isUnderWay);
    const leave = (): void => this.#leave();
    const end = (): void => {
      this.#readers.delete(reader);
      signal?.removeEventListener('abort', leave);
    };
    this.#joined += 1;
    if (this.#joined > 1) this.#means.stats.waits += 1;
    this.#readers.add(reader);
    signal?.addEventListener('abort', leave, { once: true });
    await unlessAborted(Promise.race([this.#opened, this.#flown]), signal).catch((error: unknown) => {
      end();
      throw error;
    });
    const { settle } = this.#means.parts;
    this.#flown.then(
      (how) => {
        ({ isKept } = how);
        settle(reader, how);
      },
      (error: Error) => settle(reader, { kind: 'failed', error }),
    );
    return streamOf(reader.bytes(), { signal, leave: () => reader.settle({ kind: 'failed', error: new Error('nobody reads any more') }) }).once('close', end);
  }

  #leave(): void {
    this.#aborted += 1;
    if (!this.#means.parts.isWanted({ joined: this.#joined, aborted: this.#aborted })) this.#cancel.abort();
  }

  #fail(cause: unknown): never {
    const { key } = this.#wanted;
    const error = new StampedeError('LAYER_FETCH_FAILED', `${key} could not be fetched for ${this.#means.placeOf(key)}`, { cause });
    if (this.#readers.size === 0 && !this.isCancelled()) this.#means.unseen(error);
    throw error;
  }
}

interface Flying {
  readonly signal: AbortSignal;
  /** Tells that bytes are about to come. */
  readonly open: () => void;
  /** True when somebody who reads along could do with a break. */
  readonly pass: (chunk: Buffer) => boolean;
  /** Waits for those who read along, as long as they do read. */
  readonly taken: () => Promise<void>;
}

async function fly(wanted: Wanted, means: FlightMeans, flying: Flying): Promise<Flown> {
  if ((await findEntry(wanted.key, [wanted.form], means)) !== undefined) {
    means.stats.hits += 1;
    return { kind: 'found', isKept: true };
  }
  const slot = await means.downloads[wanted.form].acquire();
  let unlock: Unlock;
  const giveWay = async (): Promise<void> => {
    const release = unlock;
    unlock = undefined;
    await release?.();
  };
  try {
    unlock = await means.lock(wanted.key, flying.signal);
    if ((await findEntry(wanted.key, [wanted.form], means)) !== undefined) {
      means.stats.waits += 1;
      return { kind: 'found', isKept: true };
    }
    return { kind: 'fetched', isKept: await download(wanted, means, { ...flying, giveWay }) };
  } finally {
    slot.release();
    await giveWay();
  }
}

interface Downloading extends Flying {
  /** Lets the next process have its turn. */
  readonly giveWay: () => Promise<void>;
}

/** True when the cache took the layer; where it did not, the readers have its bytes all the same. */
async function download(wanted: Wanted, means: FlightMeans, { signal, open, pass, taken, giveWay }: Downloading): Promise<boolean> {
  signal.throwIfAborted();
  const began = performance.now();
  const source = await wanted.fetch(signal);
  const sink = innerSink(means.inner, wanted);
  means.stats.misses += 1;
  open();
  try {
    for await (const chunk of means.parts.fetched(source as AsyncIterable<Buffer>, wanted.key)) {
      signal.throwIfAborted();
      means.stats.bytes += chunk.length;
      const isBreakDue = pass(chunk);
      // Where nothing is kept others gain nothing by waiting, and a reader that falls behind would have to fetch again.
      if (sink.isBroken()) await Promise.all([giveWay(), taken()]);
      else if (means.state.isFailing) await taken();
      // Else a turn of the event loop, and no more: who does not read at all is not waited for.
      else if (isBreakDue) await new Promise(setImmediate);
      await sink.write(chunk);
    }
  } catch (error) {
    source.destroy();
    await sink.discard(error instanceof Error ? error : new Error(String(error)));
    throw error;
  }
  const trouble = await sink.commit();
  means.state.isFailing = trouble !== undefined;
  means.stats.milliseconds += performance.now() - began;
  if (trouble !== undefined) means.parts.unwritable(trouble, means.warn);
  return trouble === undefined;
}

/** Waits no longer than the signal allows. */
async function unlessAborted(waiting: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return void (await waiting);
  let stop = (): void => undefined;
  const abort = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    await Promise.race([waiting, abort]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
