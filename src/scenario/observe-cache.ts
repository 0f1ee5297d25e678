// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { closeSync, constants, lstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { CacheFileClass, CacheMoment } from '../history/event.ts';
import type { Recorder } from '../history/recorder.ts';
import type { Digest } from '../oci/digest.ts';
import { digestNamed, pathsBelow } from './cache-files.ts';
import type { KnownLayer } from './images.ts';

export interface CacheLook {
  /** A folder with entries named after digests, in it or below it. */
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

/** Read without giving way to anybody, which takes a part of a millisecond; to wait for each call took ten times as long. */
const chunkBytes = 1024 * 1024;
const buffer = Buffer.allocUnsafe(chunkBytes);
const nothing = `sha256:${createHash('sha256').digest('hex')}` as Digest;

/** Records every file of a cache and how its bytes relate to its name. A folder that is not there has none. */
export async function lookAtCache({ directory, known, moment, recorder }: CacheLook): Promise<void> {
  let files = 0;
  for (const name of pathsBelow(directory)) {
    const seen = await unlessGone(look(join(directory, name), promiseOf(name, known)));
    if (seen === undefined) continue;
    files += 1;
    recorder.record({ kind: 'cache-file-seen', moment, path: name, ...seen });
  }
  recorder.record({ kind: 'cache-looked-at', moment, files });
}

/** Validators and their children may still tidy up; anything else that fails is not taken for an empty cache. */
async function unlessGone<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

interface Promised {
  /** Undefined for what is not named as an entry. */
  readonly name: Digest | undefined;
  /** Undefined where the run does not know it. */
  readonly content: Buffer | undefined;
  /** A tar ends with padding; what compression wrote has none, whatever its last bytes are. */
  readonly isPadded: boolean;
}

function promiseOf(entry: string, known: CacheLook['known']): Promised {
  const name = digestNamed(entry);
  const layer = known.find(({ digest, diffId }) => name !== undefined && [digest, diffId as string].includes(name));
  // An uncompressed layer goes by the same name in both forms.
  const isPadded = (layer?.diffId as string | undefined) === name;
  return { name, content: isPadded ? layer?.uncompressed : layer?.compressed, isPadded };
}

async function look(path: string, promised: Promised): Promise<Seen> {
  if (!lstatSync(path).isFile()) return { size: 0, digest: nothing, class: 'foreign' };
  // What took the file's place since then is neither followed nor waited for.
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    return await read(file, promised);
  } finally {
    closeSync(file);
  }
}

/** To its end, however long it has become. As long as all bytes are those of the content that is known, it is not hashed: to compare is far cheaper. */
async function read(file: number, promised: Promised): Promise<Seen> {
  const { content } = promised;
  let hash = content === undefined ? createHash('sha256') : undefined;
  let size = 0;
  for (let length = readSync(file, buffer); length > 0; length = readSync(file, buffer)) {
    const chunk = buffer.subarray(0, length);
    if (content !== undefined && hash === undefined && !chunk.equals(content.subarray(size, size + chunk.length))) hash = createHash('sha256').update(content.subarray(0, size));
    hash?.update(chunk);
    size += length;
    // The buffer is everybody's: what is in it has been looked at by now.
    if (length === chunkBytes) await setImmediate();
  }
  const agrees = hash === undefined;
  const digest = hash === undefined ? digestOfBeginning(promised, size) : (`sha256:${hash.digest('hex')}` as Digest);
  return { size, digest, class: classOf(promised, { size, digest, agrees }) };
}

/** Of so many bytes of the content that is known; all of it is what its name says. */
function digestOfBeginning({ name, content }: Promised, size: number): Digest {
  if (name?.startsWith('sha256:') === true && size === content?.length) return name;
  return `sha256:${createHash('sha256').update(content?.subarray(0, size) ?? '').digest('hex')}` as Digest;
}

function classOf({ name, content, isPadded }: Promised, { size, digest, agrees }: { readonly size: number; readonly digest: Digest; readonly agrees: boolean }): CacheFileClass {
  if (name === undefined) return 'foreign';
  if (digest === name) return 'exact';
  if (content === undefined) return 'unknown-content';
  if (!agrees) return 'other-bytes';
  const isPadding = isPadded && size > 0 && content.subarray(size).every((byte) => byte === 0);
  return isPadding ? 'short-by-padding' : 'prefix';
}
