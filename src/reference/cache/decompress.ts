// SPDX-License-Identifier: Apache-2.0
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

/**
 * The tar that a layer's bytes hold. Compressed or not is told from the first two bytes, as Go's clients do, not
 * from the media type. Fails as the source fails, and with zlib's error for bytes that are no gzip after all.
 */
export async function decompressed(source: Readable): Promise<Readable> {
  const chunks = (source as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  const head: Buffer[] = [];
  let ended = false;
  while (!ended && lengthOf(head) < 2) {
    const next = await chunks.next();
    if (next.done === true) ended = true;
    else head.push(next.value);
  }
  const whole = Readable.from(startingWith(head, source, chunks), { objectMode: false });
  const [first, second] = Buffer.concat(head.map((chunk) => chunk.subarray(0, 2)));
  return first === 0x1f && second === 0x8b ? pipeline(whole, createGunzip(), () => undefined) : whole;
}

async function* startingWith(head: readonly Buffer[], source: Readable, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* head;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    source.destroy();
  }
}

function lengthOf(chunks: readonly Buffer[]): number {
  return chunks.reduce((sum, { length }) => sum + length, 0);
}
