// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { secretHider } from '../foundation/secrets.ts';
import type { Digest } from '../oci/digest.ts';

/**
 * The digest of a file of any size, piece by piece; undefined for what is no regular file, which is neither followed nor waited for. `known`: words
 * that differ from run to run, counted as one.
 */
export async function digestOfFile(path: string, known: readonly string[] = []): Promise<Digest | undefined> {
  await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => undefined);
  if (file === undefined || !(await file.stat()).isFile()) return undefined;
  const hash = createHash('sha256');
  const naming = secretHider(known.map((text) => ({ name: 'KNOWN', text, kind: 'whole' }))).stream();
  for await (const chunk of file.createReadStream({ autoClose: false }) as AsyncIterable<Buffer>) hash.update(naming.push(chunk));
  return `sha256:${hash.update(naming.end()).digest('hex')}` as Digest;
}
