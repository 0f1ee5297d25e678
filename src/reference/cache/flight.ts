// SPDX-License-Identifier: Apache-2.0
import { Readable } from 'node:stream';
import { StampedeError } from '../../foundation/errors.ts';
import { createFlightReader, type FlightReader } from './flight-reader.ts';
import { findEntry, restOf, type FlightMeans } from './flight-means.ts';
import { innerSink } from './inner-sink.ts';
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
  const readers = new Set<FlightReader>();
  const cancel = new AbortController();
  const asked = { joined: 0, aborted: 0 };
  let isUnderWay = false;
  let isKept = false;
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  const pass = (chunk: Buffer): void => {
    isUnderWay = true;
    for (const reader of readers) reader.push(chunk);
  };
  const fail = (cause: unknown): never => {
    const error = new StampedeError('LAYER_FETCH_FAILED', `${wanted.key} could not be fetched for ${means.placeOf(wanted.key)}`, { cause });
    if (readers.size === 0 && !cancel.signal.aborted) means.unseen(error);
    throw error;
  };
  const flown = fly(wanted, means, { signal: cancel.signal, open, pass }).catch(fail);
  const leave = (): void => {
    asked.aborted += 1;
    if (!means.parts.isWanted(asked)) cancel.abort();
  };
  const join = async (signal?: AbortSignal): Promise<Readable> => {
    const reader = createFlightReader((offset) => restOf(wanted, { offset, isKept }, means), isUnderWay);
    const end = (): void => {
      readers.delete(reader);
      signal?.removeEventListener('abort', leave);
    };
    asked.joined += 1;
    if (asked.joined > 1) means.stats.waits += 1;
    readers.add(reader);
    signal?.addEventListener('abort', leave, { once: true });
    await unlessAborted(Promise.race([opened, flown]), signal).catch((error: unknown) => {
      end();
      throw error;
    });
    flown.then(
      (how) => {
        ({ isKept } = how);
        means.parts.settle(reader, how);
      },
      (error: Error) => means.parts.settle(reader, { kind: 'failed', error }),
    );
    return streamOf(reader.bytes(), signal).once('close', end);
  };
  return { join, isCancelled: () => cancel.signal.aborted, settled: flown.then(() => undefined, () => undefined) };
}

interface Flying {
  readonly signal: AbortSignal;
  /** Tells that bytes are about to come. */
  readonly open: () => void;
  readonly pass: (chunk: Buffer) => void;
}

async function fly(wanted: Wanted, means: FlightMeans, flying: Flying): Promise<Flown> {
  if ((await findEntry(wanted.key, [wanted.form], means)) !== undefined) {
    means.stats.hits += 1;
    return { kind: 'found', isKept: true };
  }
  const slot = await means.downloads[wanted.form].acquire();
  const unlock = await means.lock(wanted.key, flying.signal);
  try {
    if ((await findEntry(wanted.key, [wanted.form], means)) !== undefined) {
      means.stats.waits += 1;
      return { kind: 'found', isKept: true };
    }
    return { kind: 'fetched', isKept: await download(wanted, means, flying) };
  } finally {
    slot.release();
    await unlock?.();
  }
}

/** True when the cache took the layer; where it did not, the readers have its bytes all the same. */
async function download(wanted: Wanted, means: FlightMeans, { signal, open, pass }: Flying): Promise<boolean> {
  signal.throwIfAborted();
  const began = performance.now();
  const source = await wanted.fetch(signal);
  const sink = innerSink(means.inner, wanted.layer, wanted.form);
  means.stats.misses += 1;
  open();
  try {
    for await (const chunk of means.parts.fetched(source as AsyncIterable<Buffer>, wanted.key)) {
      signal.throwIfAborted();
      means.stats.bytes += chunk.length;
      pass(chunk);
      await sink.write(chunk);
    }
  } catch (error) {
    source.destroy();
    await sink.discard(error instanceof Error ? error : new Error(String(error)));
    throw error;
  }
  const trouble = await sink.commit();
  means.stats.milliseconds += performance.now() - began;
  if (trouble !== undefined) means.warn(`the layer cache can't be written, going on without it: ${trouble.message}`, 'unwritable');
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
