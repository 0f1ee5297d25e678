// SPDX-License-Identifier: Apache-2.0
import { Writable } from 'node:stream';

/** A stream that keeps what is written to it as lines. */
export function collecting(lines: string[]): Writable {
  return new Writable({
    decodeStrings: false,
    write(chunk: string | Buffer, _encoding, done) {
      const text = chunk.toString().trim();
      if (text !== '') lines.push(text);
      done();
    },
  });
}
