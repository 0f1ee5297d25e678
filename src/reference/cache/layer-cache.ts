// SPDX-License-Identifier: Apache-2.0
import type { Readable } from 'node:stream';
import type { DiffID } from '../../oci/digest.ts';

/** A layer of an image, and how to get its bytes from the registry. */
export interface Layer {
  readonly diffID: DiffID;
  /** The uncompressed tar. The stream ends with an error when what came is not what the registry promised. */
  readonly open: () => Promise<Readable>;
}

/** Reads a tar; it may stop early, and what it returns counts only if the whole stream was the layer. */
export type ReadTar<T> = (tar: Readable) => Promise<T>;

/** Where layers are read through. */
export interface LayerCache {
  /**
   * Lets `read` read the layer's uncompressed tar and gives its result once all bytes were verified. `read` can be
   * called a second time, when the bytes of the first time turned out wrong.
   */
  read<T>(layer: Layer, read: ReadTar<T>): Promise<T>;
}
