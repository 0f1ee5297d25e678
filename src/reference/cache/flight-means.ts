// SPDX-License-Identifier: Apache-2.0
import type { Readable } from 'node:stream';
import { hasCode } from '../../foundation/errors.ts';
import { decompressed } from './decompress.ts';
import { EntryGone } from './entry-files.ts';
import type { EntryLock } from './entry-lock.ts';
import type { Wanted } from './flight.ts';
import { namesOf, type Cache, type EntryKey, type Form, type Layer } from './layer.ts';
import type { CacheParts } from './parts.ts';
import type { Slot, Slots } from './slots.ts';
import type { CountingStats } from './stats.ts';
import { skip, streamOf } from './streams.ts';
import { following, nothingSeen } from './verify.ts';

/** What every flight of one cache uses. */
export interface FlightMeans {
  readonly inner: Cache;
  readonly parts: CacheParts;
  readonly lock: EntryLock;
  /** A tar is made out of a download, so the two must not wait for each other's places. */
  readonly downloads: Readonly<Record<Form, Slots>>;
  readonly reading: Slots;
  readonly stats: CountingStats;
  /** Whether the cache could not take the layer that came last. */
  readonly state: { isFailing: boolean };
  /** Says a thing once, although each time it may be told in other words. */
  readonly warn: (line: string, about?: string) => void;
  /** Where an entry lies, for people. */
  readonly placeOf: (key: EntryKey) => string;
  /** Takes the errors that no reader was left for. */
  readonly unseen: (error: Error) => void;
}

/**
 * The entry and the first of the forms in which it is what its name says, after all of it was read; undefined where
 * there is none, or none that can be used.
 */
export async function findEntry(key: EntryKey, forms: readonly Form[], means: FlightMeans): Promise<FoundEntry | undefined> {
  try {
    const entry = await means.inner.get(key);
    if (entry === undefined) return undefined;
    for (const form of forms) {
      if (await means.parts.sumsUp(entryBytes(async () => await formOf(entry, form), means.reading), key)) return { entry, form };
    }
    means.warn(`the layer cache's entry ${means.placeOf(key)} is not what its name says and is replaced`);
  } catch (error) {
    if (!(error instanceof EntryGone)) means.parts.unreadable(error as Error, means.warn);
  }
  return undefined;
}

export interface FoundEntry {
  readonly entry: Layer;
  readonly form: Form;
}

/** An entry that was looked at; its streams fail should it be changed or taken away later. */
export function foundLayer({ entry, form }: FoundEntry, key: EntryKey, means: FlightMeans): Layer {
  const bytes = async (signal?: AbortSignal): Promise<Readable> => {
    const open = async (): Promise<Readable> => await formOf(await present(means.inner, key), form);
    return await Promise.resolve(streamOf(means.parts.reread(entryBytes(open, means.reading), key), { signal }));
  };
  if (form === 'compressed') return { ...namesOf(entry), compressed: bytes, uncompressed: async (signal) => await decompressed(await bytes(signal)) };
  return { ...namesOf(entry), compressed: async (signal) => await entry.compressed(signal), uncompressed: bytes };
}

async function formOf(entry: Layer, form: Form): Promise<Readable> {
  return await (form === 'compressed' ? entry.compressed() : entry.uncompressed());
}

/** The bytes of an entry from `offset` on; from where that can't be read any more, those of another download. */
export async function* restOf(wanted: Wanted, { offset, isKept }: { readonly offset: number; readonly isKept: boolean }, means: FlightMeans): AsyncGenerator<Buffer, void> {
  const seen = nothingSeen();
  let given = offset;
  if (isKept) {
    try {
      const open = async (): Promise<Readable> => await formOf(await present(means.inner, wanted.key), wanted.form);
      for await (const chunk of skip(means.parts.reread(entryBytes(open, means.reading), wanted.key, seen), offset)) {
        given += chunk.length;
        yield chunk;
      }
      return;
    } catch (error) {
      if (hasCode(error, 'DIGEST_MISMATCH')) throw error;
      if (!(error instanceof EntryGone)) means.parts.unreadable(error as Error, means.warn);
    }
  }
  const again = await wanted.fetch(new AbortController().signal);
  yield* skip(following(means.parts.fetched(again as AsyncIterable<Buffer>, wanted.key), seen), given);
}

async function present(inner: Cache, key: EntryKey): Promise<Layer> {
  const entry = await inner.get(key);
  if (entry === undefined) throw new EntryGone(`the entry of ${key} is gone`);
  return entry;
}

/** Reads an entry while holding one of the places for open entries; opens it again after it lost that place. */
async function* entryBytes(open: () => Promise<Readable>, reading: Slots): AsyncGenerator<Buffer, void> {
  for (let offset = 0, isWhole = false; !isWhole; ) {
    const slot = await reading.acquire();
    try {
      for await (const chunk of skip(bytesUntilRevoked(await open(), slot), offset)) {
        offset += chunk.length;
        yield chunk;
      }
      isWhole = !slot.isRevoked;
    } finally {
      slot.release();
    }
  }
}

/** Ends early, without an error, when the place is taken away. */
async function* bytesUntilRevoked(stream: Readable, slot: Slot): AsyncGenerator<Buffer, void> {
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      slot.idle(() => void stream.destroy());
      yield chunk;
      if (slot.isRevoked) return;
      slot.busy();
    }
  } finally {
    stream.destroy();
  }
}
