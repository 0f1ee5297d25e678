// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { StampedeError } from '../../foundation/errors.ts';
import type { DiffID } from '../../oci/digest.ts';
import type { ReadTar } from './layer-cache.ts';

/**
 * Passes a tar on and throws at its end unless it was the layer; nothing of it counts before that end.
 * @throws StampedeError DIGEST_MISMATCH
 */
export async function* verified(tar: AsyncIterable<Buffer>, diffID: DiffID): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of tar) {
    hash.update(chunk);
    size += chunk.length;
    yield chunk;
  }
  const actual = `sha256:${hash.digest('hex')}`;
  if (actual !== diffID) {
    throw new StampedeError('DIGEST_MISMATCH', `expected layer ${diffID}, got ${size} bytes with ${actual}`);
  }
}

/**
 * Gives what `read` made of the tar, once every byte, trailing padding included, was seen to match the diffID:
 * what was read is what was verified, there is no second look at the bytes.
 * @throws StampedeError DIGEST_MISMATCH; what the tar threw; or, for right bytes, what `read` threw
 */
export async function readVerified<T>(tar: AsyncIterable<Buffer>, diffID: DiffID, read: ReadTar<T>): Promise<T> {
  const copy = new PassThrough();
  const reading = read(copy).then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  void reading.then(() => copy.destroy());
  try {
    for await (const chunk of verified(tar, diffID)) {
      if (!copy.destroyed && !copy.write(chunk)) await drained(copy);
    }
  } catch (error) {
    copy.destroy(error instanceof Error ? error : new Error(String(error)));
    await reading;
    throw error;
  }
  copy.end();
  const outcome = await reading;
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
}

async function drained(stream: PassThrough): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      stream.off('drain', done).off('close', done);
      resolve();
    };
    stream.on('drain', done).on('close', done);
  });
}
