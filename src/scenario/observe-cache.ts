// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CacheFileClass, CacheMoment } from '../history/event.ts';
import type { Recorder } from '../history/recorder.ts';
import { isDigest, type Digest } from '../oci/digest.ts';
import type { KnownLayer } from './images.ts';

export interface CacheLook {
  /** A flat folder with entries named `sha256:<hex>`, or `sha256-<hex>` where colons can't be in names. */
  readonly directory: string;
  readonly known: readonly Pick<KnownLayer, 'digest' | 'diffId' | 'compressed' | 'uncompressed'>[];
  readonly moment: CacheMoment;
  readonly recorder: Recorder;
}

interface Seen {
  readonly size: number;
  readonly digest: Digest;
  readonly class: CacheFileClass;
}

const nothing = `sha256:${createHash('sha256').digest('hex')}` as Digest;

/** Records every file of a cache and how its bytes relate to its name. A folder that is not there has none. */
export async function lookAtCache({ directory, known, moment, recorder }: CacheLook): Promise<void> {
  const names = (await readdir(directory).catch(() => [])).sort();
  let files = 0;
  for (const name of names) {
    const seen = await look(join(directory, name), contentOf(name, known));
    if (seen === undefined) continue;
    files += 1;
    recorder.record({ kind: 'cache-file-seen', moment, path: name, ...seen });
  }
  recorder.record({ kind: 'cache-looked-at', moment, files });
}

/** What the name promises: the bytes, `unknown` content, or no entry at all. */
function contentOf(name: string, known: CacheLook['known']): Buffer | 'unknown' | 'no-entry' {
  const digest = name.replace(/^sha256-/, 'sha256:');
  if (!isDigest(digest)) return 'no-entry';
  for (const layer of known) {
    if ((layer.diffId as string) === digest) return layer.uncompressed;
    if (layer.digest === digest) return layer.compressed;
  }
  return 'unknown';
}

/** Undefined for a file that vanished meanwhile. */
async function look(path: string, content: Buffer | 'unknown' | 'no-entry'): Promise<Seen | undefined> {
  const status = await lstat(path).catch(() => undefined);
  if (status === undefined) return undefined;
  if (!status.isFile()) return { size: 0, digest: nothing, class: 'foreign' };
  const hash = createHash('sha256');
  let size = 0;
  let agrees = true;
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      if (typeof content !== 'string') agrees &&= chunk.equals(content.subarray(size, size + chunk.length));
      hash.update(chunk);
      size += chunk.length;
    }
  } catch {
    return undefined;
  }
  return { size, digest: `sha256:${hash.digest('hex')}` as Digest, class: classOf(content, size, agrees) };
}

function classOf(content: Buffer | 'unknown' | 'no-entry', size: number, agrees: boolean): CacheFileClass {
  if (content === 'no-entry') return 'foreign';
  if (content === 'unknown') return 'unknown-content';
  if (!agrees) return 'other-bytes';
  if (size === content.length) return 'exact';
  const isPadding = size > 0 && content.subarray(size).every((byte) => byte === 0);
  return isPadding ? 'short-by-padding' : 'prefix';
}
