// SPDX-License-Identifier: Apache-2.0
import type { Readable } from 'node:stream';
import type { DiffID, Digest } from '../../oci/digest.ts';

/**
 * A layer of an image, by its two names and in its two forms. A stream may be asked for again and again; the signal
 * ends what it was given to, with an AbortError, and nothing else.
 */
export interface Layer {
  /** Of the compressed form, which is how it lies in a registry. */
  digest(): Promise<Digest>;
  /** Of the uncompressed tar. */
  diffID(): Promise<DiffID>;
  /** Of the compressed form, in bytes. */
  size(): Promise<number>;
  mediaType(): Promise<string>;
  compressed(signal?: AbortSignal): Promise<Readable>;
  uncompressed(signal?: AbortSignal): Promise<Readable>;
}

/** Names an entry: a digest for the compressed form, a diffID for the uncompressed one. */
export type EntryKey = Digest | DiffID;

/** In which of its forms a layer is kept or read. */
export type Form = 'compressed' | 'uncompressed';

/** A place that keeps layers. What `put` gives keeps a form of the layer once that form was read to its end. */
export interface Cache {
  /** Undefined where there is no such entry, and only then; everything else that goes wrong is thrown. */
  get(key: EntryKey): Promise<Layer | undefined>;
  put(layer: Layer): Promise<Layer>;
  /** Deleting what is not there is no error. */
  delete(key: EntryKey): Promise<void>;
}

/** The names of a layer are those of another one, whatever is done with its bytes. */
export function namesOf(layer: Layer): Pick<Layer, 'digest' | 'diffID' | 'size' | 'mediaType'> {
  return {
    digest: async () => await layer.digest(),
    diffID: async () => await layer.diffID(),
    size: async () => await layer.size(),
    mediaType: async () => await layer.mediaType(),
  };
}
