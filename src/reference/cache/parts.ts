// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { entryFiles, EntryUnreadable, type EntryFiles } from './entry-files.ts';
import { directoryLock, type DirectoryLockOptions, type EntryLock } from './entry-lock.ts';
import type { Flight } from './flight.ts';
import type { FlightOutcome, FlightReader } from './flight-reader.ts';
import type { EntryKey, Form, Layer } from './layer.ts';
import { verified, type Seen } from './verify.ts';

/** Every flight that did not end yet, by its entry. */
export type Flights = Map<EntryKey, Flight>;

/**
 * The decisions that make a cache safe, one function each: what is wrong with a wrong cache is what it has in the
 * place of one of them.
 */
export interface CacheParts {
  readonly files: EntryFiles;
  readonly lock: (options: DirectoryLockOptions) => EntryLock;
  /** Under which name a form of a layer is kept. */
  readonly keyOf: (layer: Layer, form: Form) => Promise<EntryKey>;
  /** Who asks for an entry that somebody is getting already joins in. */
  readonly share: (flights: Flights, key: EntryKey, begin: () => Flight) => Flight;
  /** What a download is passed through before anybody sees its end. */
  readonly fetched: (source: AsyncIterable<Buffer>, key: EntryKey) => AsyncIterable<Buffer>;
  /** The same for an entry, which somebody may have changed since it was looked at; notes what it passed on. */
  readonly reread: (entry: AsyncIterable<Buffer>, key: EntryKey, seen?: Seen) => AsyncIterable<Buffer>;
  /** Whether what lies under an entry's name is the entry. */
  readonly sumsUp: (bytes: AsyncIterable<Buffer>, key: EntryKey) => Promise<boolean>;
  /** What is done about an entry that is there and can't be read. */
  readonly unreadable: (error: Error, warn: (line: string, about?: string) => void) => void;
  /** What is done when the directory can't take an entry whose bytes were fine. */
  readonly unwritable: (error: Error, warn: (line: string, about: string) => void) => void;
  /** How somebody who reads along is told of the end. */
  readonly settle: (reader: FlightReader, outcome: FlightOutcome) => void;
  /** Whether a flight goes on when one of `joined` who asked for it takes that back. */
  readonly isWanted: (asked: { readonly joined: number; readonly aborted: number }) => boolean;
  /** What closing the cache waits for. */
  readonly close: (flights: readonly Flight[]) => Promise<void>;
  /** What becomes of failures that nobody was left to be told of. */
  readonly conclude: (failures: readonly Error[]) => void;
  /** How many entries may be open for reading at a time. */
  readonly openEntries: number;
}

/** What is wrong with a directory is wrong for every entry, and to read and to write: it is told once. */
const directoryTrouble = 'directory';

export const safeParts: CacheParts = {
  files: entryFiles,
  lock: directoryLock,
  keyOf: async (layer, form) => (form === 'compressed' ? await layer.digest() : await layer.diffID()),
  share: (flights, key, begin) => {
    const current = flights.get(key);
    if (current !== undefined && !current.isCancelled()) return current;
    const flight = begin();
    flights.set(key, flight);
    void flight.settled.then(() => flights.get(key) === flight && flights.delete(key));
    return flight;
  },
  fetched: verified,
  reread: verified,
  sumsUp: async (bytes, key) => {
    const hash = createHash('sha256');
    for await (const chunk of bytes) hash.update(chunk);
    return `sha256:${hash.digest('hex')}` === key;
  },
  unreadable: (error, warn) => {
    if (error instanceof EntryUnreadable) warn(`the layer cache has an entry that can't be read and is replaced: ${error.message}`);
    else warn(`the layer cache can't be read, going on without it: ${error.message}`, directoryTrouble);
  },
  unwritable: (error, warn) => warn(`the layer cache can't be written, going on without it: ${error.message}`, directoryTrouble),
  settle: (reader, outcome) => reader.settle(outcome),
  isWanted: ({ joined, aborted }) => aborted < joined,
  close: async (flights) => void (await Promise.all(flights.map(async ({ settled }) => await settled))),
  conclude: (failures) => {
    if (failures.length > 0) throw new AggregateError(failures, 'layers could not be kept');
  },
  openEntries: 8,
};
