// SPDX-License-Identifier: Apache-2.0
import { Readable } from 'node:stream';

export interface StreamOptions {
  readonly signal?: AbortSignal | undefined;
  /** Wakes a source that waits for something when nobody wants the stream any more: it could not end before. */
  readonly leave?: () => void;
}

/** A stream of bytes, chunk by chunk as its source gives them; the signal ends it with an AbortError. */
export function streamOf(bytes: AsyncIterable<Buffer>, { signal, leave }: StreamOptions = {}): Readable {
  // What is buffered is joined when it is read, and that copies: so there is one chunk at a time.
  const options = { objectMode: false, highWaterMark: 1 };
  const stream = Readable.from(bytes, signal === undefined ? options : { ...options, signal });
  if (leave === undefined) return stream;
  const destroy = stream._destroy.bind(stream);
  return Object.assign(stream, {
    _destroy: (error: Error | null, done: (error?: Error | null) => void) => {
      leave();
      destroy(error, done);
    },
  });
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
