// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { appendFile, closeSync, openSync } from 'node:fs';
import { promisify } from 'node:util';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { StampedeError } from '../foundation/errors.ts';
import { secretHider, type Hider } from '../foundation/secrets.ts';
import type { OutputSummary } from '../history/event.ts';
import type { Digest } from '../oci/digest.ts';

export type KeptOutput = OutputSummary;

export interface OutputSettings {
  readonly folder: string;
  readonly file: string;
  readonly limitBytes: number;
  /** Default: everything is kept as it is. */
  readonly hider?: Hider;
  /** Called once, when more was written than is kept. */
  readonly onLimit: () => void;
}

const appendTo = promisify(appendFile);

/**
 * Streams an output into a file, at most `limitBytes` of it; the rest is counted and dropped. It listens before it
 * first yields: what nobody listens to is thrown away once the program has ended.
 * @throws StampedeError FOLDER_NOT_WRITABLE, also on a full disk: the program is not to blame for what was not kept
 */
export async function keepOutput(stream: Readable, { folder, file, limitBytes, onLimit, hider = secretHider([]) }: OutputSettings): Promise<KeptOutput> {
  const hash = createHash('sha256');
  const path = join(folder, file);
  const target = openNew(path);
  let bytes = 0;
  let kept = 0;
  let written = 0;
  let unwritten: StampedeError | undefined;
  const hiding = hider.stream();
  const write = async (part: Buffer): Promise<void> => {
    if (part.length === 0) return;
    hash.update(part);
    written += part.length;
    await appendTo(target, part).catch((cause: unknown) => Promise.reject((unwritten = notWritable(path, cause))));
  };
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      const part = chunk.subarray(0, Math.max(0, limitBytes - kept));
      await write(hiding.push(part));
      kept += part.length;
      if (kept < bytes && bytes - chunk.length <= limitBytes) onLimit();
    }
  } catch {
    // A stream that was destroyed has ended as far as we are concerned; what came is kept.
  }
  try {
    if (unwritten === undefined) await write(hiding.end());
  } catch {
    // Told below.
  } finally {
    closeSync(target);
  }
  if (unwritten !== undefined) throw unwritten;
  return { file, bytes: written, digest: `sha256:${hash.digest('hex')}` as Digest, truncated: bytes > kept };
}

function openNew(path: string): number {
  try {
    return openSync(path, 'w', 0o600);
  } catch (cause) {
    throw notWritable(path, cause);
  }
}

function notWritable(path: string, cause: unknown): StampedeError {
  return new StampedeError('FOLDER_NOT_WRITABLE', `the output of a validator can't be kept in ${path}`, { cause, hint: 'make room there, or name another folder with --runs' });
}
