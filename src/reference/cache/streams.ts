// SPDX-License-Identifier: Apache-2.0
import { Readable } from 'node:stream';

/** A stream of bytes that reads ahead by a chunk or two; the signal ends it with an AbortError. */
export function streamOf(bytes: AsyncIterable<Buffer>, signal?: AbortSignal): Readable {
  const options = { objectMode: false, highWaterMark: 128 * 1024 };
  return Readable.from(bytes, signal === undefined ? options : { ...options, signal });
}

/** What comes after the first `offset` bytes. */
export async function* skip(source: AsyncIterable<Buffer>, offset: number): AsyncGenerator<Buffer, void> {
  let left = offset;
  for await (const chunk of source) {
    const skipped = Math.min(left, chunk.length);
    left -= skipped;
    if (skipped < chunk.length) yield chunk.subarray(skipped);
  }
}
