// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
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

/** Streams an output into a file, at most `limitBytes` of it; the rest is counted and dropped. */
export async function keepOutput(stream: Readable, { folder, file, limitBytes, onLimit }: OutputSettings): Promise<KeptOutput> {
  const hash = createHash('sha256');
  const target = await open(join(folder, file), 'w', 0o600);
  let bytes = 0;
  let kept = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      const part = chunk.subarray(0, Math.max(0, limitBytes - kept));
      hash.update(part);
      if (part.length > 0) await target.write(part);
      kept += part.length;
      if (kept < bytes && bytes - chunk.length <= limitBytes) onLimit();
    }
  } catch {
    // A stream that was destroyed has ended as far as we are concerned; what came is kept.
  } finally {
    await target.close();
  }
  return { file, bytes: kept, digest: `sha256:${hash.digest('hex')}` as Digest, truncated: bytes > kept };
}
