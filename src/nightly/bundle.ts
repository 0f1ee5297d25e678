// SPDX-License-Identifier: Apache-2.0
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack, type Pack } from 'tar-stream';
import * as z from 'zod';
import { nightSchema, type ShardRecord } from './record.ts';
import type { NightStore } from './store.ts';

export const bundleFormat = 1;
export const headName = 'bundle.json';
export const runsName = 'runs.ndjson';
export const foldersName = 'folders';

/** The first entry of a bundle: what it is, and what the rest has to be. */
export const headSchema = z.strictObject({
  format: z.number().int().min(1),
  night: nightSchema,
  runs: z.number().int().min(0).max(10_000_000),
  /** sha256 of `runs.ndjson`. */
  runsDigest: z.string().regex(/^[0-9a-f]{64}$/),
});
export type BundleHead = z.output<typeof headSchema>;

export function bundleName(night: string, { index, count }: Pick<ShardRecord, 'index' | 'count'>): string {
  return `${night}.shard-${index}-of-${count}.bundle.tgz`;
}

/**
 * Writes all that is known of a night to one file: a compressed tar of its record, its rows and the run folders that were kept. The file is there
 * whole or not at all.
 */
export async function writeBundle(store: NightStore, id: string, file: string): Promise<void> {
  const night = store.night(id);
  if (night === undefined) throw new TypeError(`${id} is a night of the store`);
  const runs = store.runs({ night: id });
  const lines = Buffer.from(runs.map((run) => `${JSON.stringify(run)}\n`).join(''));
  const head: BundleHead = { format: bundleFormat, night, runs: runs.length, runsDigest: createHash('sha256').update(lines).digest('hex') };
  await mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.${randomUUID()}.tmp`;
  const tar = pack();
  try {
    await Promise.all([
      pipeline(tar, createGzip(), createWriteStream(temporary)),
      fill(tar, [[headName, Buffer.from(JSON.stringify(head))], [runsName, lines]], runs.flatMap(({ id: run, folder }) => (folder === null ? [] : [[run, join(store.folder, folder)] as const]))),
    ]);
    await rename(temporary, file);
  } finally {
    await rm(temporary, { force: true });
  }
}

async function fill(tar: Pack, documents: readonly (readonly [string, Buffer])[], folders: readonly (readonly [string, string])[]): Promise<void> {
  try {
    for (const [name, content] of documents) await new Promise<void>((done, fail) => tar.entry({ name, ...plain }, content, (error) => (error === undefined || error === null ? done() : fail(error))));
    for (const [run, folder] of folders) {
      for (const path of await filesIn(folder)) await addFile(tar, `${foldersName}/${run}/${path}`, join(folder, path));
    }
    tar.finalize();
  } catch (error) {
    tar.destroy(error as Error);
    throw error;
  }
}

const plain = { mode: 0o644, mtime: new Date(0), uid: 0, gid: 0 };

async function addFile(tar: Pack, name: string, file: string): Promise<void> {
  const { size } = await stat(file);
  // A file that grows meanwhile would not fit what was said of it; none of these does.
  const entry = tar.entry({ name, size, ...plain });
  await pipeline(createReadStream(file), entry);
}

/** Files alone: a link may lead anywhere. */
async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1)).sort();
}
