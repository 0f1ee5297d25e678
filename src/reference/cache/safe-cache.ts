// SPDX-License-Identifier: Apache-2.0
import type { Readable } from 'node:stream';
import { decompressed } from './decompress.ts';
import type { EntryLock } from './entry-lock.ts';
import { startFlight, type Wanted } from './flight.ts';
import { findEntry, foundLayer, type FlightMeans } from './flight-means.ts';
import { namesOf, type Cache, type EntryKey, type Layer } from './layer.ts';
import { safeParts, type CacheParts, type Flights } from './parts.ts';
import { createSlots } from './slots.ts';
import { noStats, type CacheStats } from './stats.ts';

export interface SafeCache extends Cache {
  stats(): CacheStats;
  /**
   * Waits for what is still being fetched. A cache may be used again afterwards.
   * @throws AggregateError with the failures of fetches that nobody was left to be told of
   */
  close(): Promise<void>;
}

export interface SafeCacheOptions {
  readonly warn: (line: string) => void;
  /** How processes that share the inner cache take turns; without it they fetch each for itself. */
  readonly lock?: EntryLock;
  /** Where an entry lies, for messages. */
  readonly placeOf?: (key: EntryKey) => string;
  readonly parts?: CacheParts;
}

/** Fetches, and decompressions, at a time. */
const mostFlights = 3;
const patienceMs = 2000;
const withoutLock: EntryLock = async () => await Promise.resolve(undefined);

/**
 * Makes concurrent use of a cache safe. Whoever asks for an entry that somebody is getting joins in, so each entry
 * is fetched once; the tar is made out of the compressed form, so each layer is. Bytes that are not what their name
 * says are never given out of the cache. A cache that can't be read or written makes things slower, not wrong.
 * Without an inner cache there is none.
 */
export function safeCache(inner: Cache | undefined, options: SafeCacheOptions): SafeCache | undefined {
  if (inner === undefined) return undefined;
  const unseen: Error[] = [];
  const means = meansOf(inner, options, unseen);
  const { parts } = means;
  const flights: Flights = new Map();
  const begin = async (wanted: Wanted, signal?: AbortSignal): Promise<Readable> => {
    signal?.throwIfAborted();
    return await parts.share(flights, wanted.key, () => startFlight(wanted, means)).join(signal);
  };

  const shared = (layer: Layer): Layer => {
    const compressed = async (signal?: AbortSignal): Promise<Readable> => {
      const key = await parts.keyOf(layer, 'compressed');
      return await begin({ key, form: 'compressed', layer, fetch: async (cancelled) => await layer.compressed(cancelled) }, signal);
    };
    const uncompressed = async (signal?: AbortSignal): Promise<Readable> => {
      const [key, other] = await Promise.all([parts.keyOf(layer, 'uncompressed'), parts.keyOf(layer, 'compressed')]);
      if ((key as string) === other) return await compressed(signal);
      return await begin({ key, form: 'uncompressed', layer, fetch: async (cancelled) => await decompressed(await compressed(cancelled)) }, signal);
    };
    return { ...namesOf(layer), compressed, uncompressed };
  };

  return {
    get: async (key) => {
      await flights.get(key)?.settled;
      const found = await findEntry(key, ['compressed', 'uncompressed'], means);
      return found === undefined ? undefined : foundLayer(found, key, means);
    },
    put: async (layer) => await Promise.resolve(shared(layer)),
    delete: async (key) => {
      await flights.get(key)?.settled;
      await inner.delete(key);
    },
    stats: () => ({ ...means.stats }),
    close: async () => {
      await parts.close([...flights.values()]);
      parts.conclude(unseen.splice(0));
    },
  };
}

function meansOf(inner: Cache, { warn, lock = withoutLock, placeOf = String, parts = safeParts }: SafeCacheOptions, unseen: Error[]): FlightMeans {
  const said = new Set<string>();
  return {
    inner,
    parts,
    lock,
    placeOf,
    downloads: { compressed: createSlots(mostFlights, patienceMs), uncompressed: createSlots(mostFlights, patienceMs) },
    reading: createSlots(parts.openEntries, patienceMs),
    stats: noStats(),
    state: { isFailing: false },
    warn: (line, about = line) => {
      if (!said.has(about)) warn(line);
      said.add(about);
    },
    unseen: (error) => void unseen.push(error),
  };
}
