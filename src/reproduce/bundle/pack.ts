// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { StampedeError } from '../../foundation/errors.ts';
import { readUntrusted } from '../../foundation/untrusted-file.ts';
import { digestOf } from '../../oci/digest.ts';
import { tarOf, type TarFile } from '../../oci/tar.ts';
import type { Report } from '../report.ts';
import { indexFile, type BundleIndex } from './index-file.ts';
import { limits } from './unpack.ts';

export interface Packing {
  /** The attempt that shows it: its runs go in. */
  readonly folder: string;
  readonly index: Omit<BundleIndex, 'version' | 'files'>;
  /** Besides the runs, by name: a page, texts, what is known of the machine. */
  readonly documents: Readonly<Record<string, string>>;
  readonly redact: (text: string) => string;
}

/** Each output is cut there: what is larger is named, with its size. */
const outputBytes = 1024 * 1024;

/** What a run stores, by the kind of it: nothing else is taken along. */
const taken = /^(?:plan|versions|verdicts)\.json$|^history\.ndjson$|^[\w.-]+\.(?:stdout|stderr)$/;

/**
 * Writes one file to attach: a tar, gzipped, whose first entry names all others by size and digest. The same content gives the same bytes.
 * @throws StampedeError FOLDER_NOT_WRITABLE
 */
export async function pack(file: string, { folder, index, documents, redact }: Packing): Promise<{ readonly bytes: number; readonly files: number }> {
  const texts = Object.entries(documents).map(([path, text]) => ({ path, content: Buffer.from(redact(text)) }));
  const files: readonly TarFile[] = [...texts, ...(await storedFiles(folder, redact))];
  const named: BundleIndex['files'] = files.map(({ path, content }) => ({ path, size: content.length, digest: digestOf(Buffer.from(content)) }));
  const { report, ...rest } = index;
  const first = { version: 1, report: withoutPlaces(report), ...rest, files: named };
  const tar = await tarOf([{ path: indexFile, content: Buffer.from(`${redact(JSON.stringify(first, null, 2))}\n`) }, ...files]);
  const packed = gzipSync(tar, { level: 9 });
  if (tar.length > limits.totalBytes || packed.length > limits.packedBytes) throw new StampedeError('FOLDER_NOT_WRITABLE', `the bundle would have ${tar.length} bytes, and nobody would open it`, { hint: 'a workload with smaller layers, or fewer of them, says the same' });
  const temporary = `${file}.tmp`;
  try {
    await writeFile(temporary, packed);
    await rename(temporary, file);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw new StampedeError('FOLDER_NOT_WRITABLE', `${file} can't be written`, { cause, hint: '--bundle-to FILE' });
  }
  return { bytes: packed.length, files: files.length + 1 };
}

/** Where the program lies on this machine helps nobody, and a subject of one's own stays with who has it. */
function withoutPlaces({ binary, subject, ...report }: Report): Report {
  void binary;
  return { ...report, subject: /^[\w-]+$/.test(subject) ? subject : 'given' };
}

async function storedFiles(folder: string, redact: (text: string) => string): Promise<readonly TarFile[]> {
  const found: TarFile[] = [];
  for (const run of ['before', 'scheduled', 'calm']) {
    if (!existsSync(join(folder, run))) continue;
    for (const name of (await readdir(join(folder, run))).filter((one) => taken.test(one)).sort()) {
      const bytes = await readUntrusted({ path: join(folder, run, name), limitBytes: limits.entryBytes });
      const isOutput = name.endsWith('.stdout') || name.endsWith('.stderr');
      const kept = isOutput && bytes.length > outputBytes ? Buffer.concat([bytes.subarray(0, outputBytes), Buffer.from(`\n... ${bytes.length - outputBytes} more bytes\n`)]) : bytes;
      found.push({ path: `${run}/${name}`, content: Buffer.from(redact(kept.toString('utf8'))) });
    }
  }
  return found;
}
