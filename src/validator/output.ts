// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { closeSync, openSync, write } from 'node:fs';
import { promisify } from 'node:util';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { OutputSummary } from '../history/event.ts';
import type { Digest } from '../oci/digest.ts';

export type KeptOutput = OutputSummary;

export interface OutputSettings {
  readonly folder: string;
  readonly file: string;
  readonly limitBytes: number;
  /** Called once, when more was written than is kept. */
  readonly onLimit: () => void;
}

const writeTo = promisify(write);

/**
 * Streams an output into a file, at most `limitBytes` of it; the rest is counted and dropped. It listens before it
 * first yields: what nobody listens to is thrown away once the program has ended.
 */
export async function keepOutput(stream: Readable, { folder, file, limitBytes, onLimit }: OutputSettings): Promise<KeptOutput> {
  const hash = createHash('sha256');
  const target = openSync(join(folder, file), 'w', 0o600);
  let bytes = 0;
  let kept = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      const part = chunk.subarray(0, Math.max(0, limitBytes - kept));
      hash.update(part);
      if (part.length > 0) await writeTo(target, part);
      kept += part.length;
      if (kept < bytes && bytes - chunk.length <= limitBytes) onLimit();
    }
  } catch {
    // A stream that was destroyed has ended as far as we are concerned; what came is kept.
  } finally {
    closeSync(target);
  }
  return { file, bytes: kept, digest: `sha256:${hash.digest('hex')}` as Digest, truncated: bytes > kept };
}
