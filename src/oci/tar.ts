// SPDX-License-Identifier: Apache-2.0
import { Transform, type Readable } from 'node:stream';
import { packTar } from 'modern-tar';
import { extract, type Header } from 'tar-stream';
import { StampedeError } from '../foundation/errors.ts';

export interface TarFile {
  /** Relative, with slashes. */
  readonly path: string;
  readonly content: Uint8Array;
  /** 0o644 unless said otherwise. */
  readonly mode?: number;
}

/** A tar with equal bytes on every machine: 1970, root's, in the given order, without entries for folders. */
export async function tarOf(files: readonly TarFile[]): Promise<Buffer> {
  const entries = files.map(({ path, content, mode = 0o644 }) => ({
    header: { name: path, size: content.length, mode, mtime: new Date(0), uid: 0, gid: 0, uname: '', gname: '' },
    body: content,
  }));
  return Buffer.from(await packTar(entries));
}

export interface TarEntry {
  /** Relative, without `./` and empty parts, never leaving the image. */
  readonly path: string;
  readonly type: Header['type'];
  /** Bytes, 0 for what is no file. */
  readonly size: number;
  /** Valid until the next entry is asked for; what is left unread is skipped. */
  readonly content: AsyncIterable<Buffer>;
}

/** How much of an archive that anyone may have written is believed; all in bytes or numbers. */
export interface TarLimits {
  readonly entryBytes: number;
  readonly totalBytes: number;
  readonly entries: number;
}

/**
 * The entries of an uncompressed tar, one after the other; `tar` is destroyed when the caller stops early.
 * Links are entries of their own and are never followed.
 * @throws StampedeError LAYER_MALFORMED for what is no tar, leaves the image or exceeds a limit; what `tar` failed with.
 */
export async function* readTar(tar: Readable, limits: TarLimits): AsyncGenerator<TarEntry, void, void> {
  const entries = extract();
  let broken: { readonly error: Error } | undefined;
  const fail = (error: Error): void => {
    broken ??= { error };
    entries.destroy(error);
  };
  const limited = tar.on('error', fail).pipe(limiter(limits.totalBytes)).on('error', fail);
  limited.pipe(entries);
  try {
    let count = 0;
    for await (const entry of entries) {
      count += 1;
      if (count > limits.entries) throw malformed(`more than ${limits.entries} entries`);
      yield { ...checked(entry.header, limits), content: entry as AsyncIterable<Buffer> };
      entry.resume();
    }
  } catch (error) {
    if (broken !== undefined) throw broken.error;
    throw error instanceof StampedeError ? error : malformed('not a tar', error);
  } finally {
    tar.destroy();
    limited.destroy();
    entries.destroy();
  }
}

function checked({ name, type, size }: Header, limits: TarLimits): Omit<TarEntry, 'content'> {
  if (size > limits.entryBytes) throw malformed(`an entry is longer than ${limits.entryBytes} bytes`);
  const parts = name.split('/');
  if (name.startsWith('/') || parts.includes('..') || /[\\\0]/.test(name)) {
    throw malformed(`an entry leaves the image: ${JSON.stringify(name.slice(0, 200))}`);
  }
  const path = parts.filter((part) => part !== '' && part !== '.').join('/');
  return { path, type, size };
}

function limiter(mostBytes: number): Transform {
  let length = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      length += chunk.length;
      if (length > mostBytes) done(malformed(`longer than ${mostBytes} bytes`));
      else done(null, chunk);
    },
  });
}

function malformed(reason: string, cause?: unknown): StampedeError {
  return new StampedeError('LAYER_MALFORMED', `the layer's tar is refused: ${reason}`, { cause });
}
