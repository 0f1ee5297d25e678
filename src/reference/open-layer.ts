// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { StampedeError } from '../foundation/errors.ts';
import type { Digest } from '../oci/digest.ts';
import type { RegistryClient } from '../oci/registry-client.ts';

/**
 * The uncompressed tar of a layer, straight from the registry. Compressed or not is told from the first bytes, as
 * Go's clients do, not from the media type. The stream fails when the blob is not what its digest says.
 * @throws StampedeError REGISTRY_REFUSED, CONNECTION_FAILED
 */
export async function openLayer(registry: RegistryClient, repository: string, digest: Digest): Promise<Readable> {
  const { body } = await registry.getBlob(repository, digest);
  const chunks = verifiedBlob(body as AsyncIterable<Buffer>, digest);
  const head = await chunks.next();
  const whole = Readable.from(startingWith(head, chunks), { objectMode: false });
  const isGzip = head.done !== true && head.value[0] === 0x1f && head.value[1] === 0x8b;
  return isGzip ? pipeline(whole, createGunzip(), () => undefined) : whole;
}

async function* verifiedBlob(body: AsyncIterable<Buffer>, digest: Digest): AsyncGenerator<Buffer, void> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of body) {
    hash.update(chunk);
    size += chunk.length;
    yield chunk;
  }
  const actual = `sha256:${hash.digest('hex')}`;
  if (actual !== digest) throw new StampedeError('DIGEST_MISMATCH', `asked for blob ${digest}, got ${size} bytes with ${actual}`);
}

async function* startingWith(head: IteratorResult<Buffer, void>, rest: AsyncGenerator<Buffer, void>): AsyncGenerator<Buffer, void> {
  if (head.done === true) return;
  yield head.value;
  yield* rest;
}
