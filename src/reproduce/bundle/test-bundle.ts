// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack, type Header } from 'tar-stream';
import { digestOf } from '../../oci/digest.ts';
import { indexFile } from './index-file.ts';

export type Entry = Partial<Header> & { readonly name: string; readonly content?: string | Buffer };

/** As a maker of bundles has it that nobody trusts. */
export const index = {
  version: 1,
  report: { title: 'sometimes', symptom: { exitStatus: 1 } },
  smallest: { schedule: 'leader-follower/middle/1', participants: 2, layers: 1, layerBytes: 4096, flags: [] as string[] },
  cause: { symptom: 'outcomes-agree: differs', strategy: 'leader-follower', place: 'middle' },
  shown: { hits: 20, runs: 20 },
  seed: 'one',
  gateTimeoutMs: 15_000,
  deadlineMs: 10_000,
};

export function named(path: string, content: string | Buffer): { readonly path: string; readonly size: number; readonly digest: string } {
  return { path, size: Buffer.byteLength(content), digest: digestOf(Buffer.from(content)) };
}

/** With an index of these files, unless it is given. */
export async function bundleOf(file: string, entries: readonly Entry[], document: unknown = { ...index, files: entries.map(({ name, content = '' }) => named(name, content)) }): Promise<string> {
  return await archiveOf(file, [{ name: indexFile, content: JSON.stringify(document) }, ...entries]);
}

export async function archiveOf(file: string, entries: readonly Entry[]): Promise<string> {
  const tar = pack();
  for (const { content = '', ...header } of entries) tar.entry(header, content);
  tar.finalize();
  writeFileSync(file, gzipSync(await buffer(tar)));
  return file;
}
