// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createGunzip } from 'node:zlib';
import * as z from 'zod';
import { describeError, hasCode, StampedeError } from '../foundation/errors.ts';
import { readTar, type TarEntry } from '../oci/tar.ts';
import { bundleFormat, foldersName, headName, headSchema, runsName, type BundleHead } from './bundle.ts';
import type { NightData } from './join.ts';
import { runSchema, type RunRecord } from './record.ts';

/** How much of a file that anyone may have written is believed. */
export interface BundleLimits {
  readonly fileBytes: number;
  readonly entryBytes: number;
  readonly totalBytes: number;
  readonly entries: number;
}

export const bundleLimits: BundleLimits = { fileBytes: 4 * 2 ** 30, entryBytes: 256 * 2 ** 20, totalBytes: 16 * 2 ** 30, entries: 2_000_000 };

export interface ReadBundle extends NightData {
  readonly file: string;
  /** Where the folders of runs were put, each by the run's id. */
  readonly folders: string;
}

/** In folders of runs: files as runs make them, at most a few folders deep. */
const pathForm = /^folders\/([0-9a-f]{32})\/((?:[\w.@+=,-][\w.@+=, -]{0,199}\/){0,6}[\w.@+=,-][\w.@+=, -]{0,199})$/;

/**
 * Reads a bundle, which may come from anywhere: nothing outside of `into` is written, no link is made or followed, nothing beyond the limits is read, and
 * each row has its shape. Run folders are put below `into`, which is new.
 * @throws StampedeError BUNDLE_DAMAGED, also for what is no bundle; STORE_NEWER for the format of a later version
 */
export async function readBundle(file: string, into: string, limits = bundleLimits): Promise<ReadBundle> {
  try {
    return await read(file, into, limits);
  } catch (error) {
    if (hasCode(error, 'BUNDLE_DAMAGED') || hasCode(error, 'STORE_NEWER') || (error as NodeJS.ErrnoException).code === 'ENOSPC') throw error;
    const [why = ''] = describeError(error).split('\n');
    throw damaged(file, why.replace(/^LAYER_MALFORMED: /, ''), error);
  }
}

async function read(file: string, into: string, limits: BundleLimits): Promise<ReadBundle> {
  await using handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const status = await handle.stat();
  if (!status.isFile()) throw damaged(file, 'it is no regular file');
  if (status.size > limits.fileBytes) throw damaged(file, `it has ${status.size} bytes, and ${limits.fileBytes} are the limit`);
  await mkdir(into, { recursive: true });
  const source = handle.createReadStream({ autoClose: false });
  const unpacked = createGunzip();
  source.on('error', (error) => unpacked.destroy(error)).pipe(unpacked);
  let head: BundleHead | undefined;
  let lines: Buffer | undefined;
  const withFolder = new Set<string>();
  for await (const entry of readTar(unpacked, limits)) {
    if (entry.type !== 'file') throw damaged(file, `${entry.path} is a ${entry.type}, and there are only files in a bundle`);
    if (head === undefined) head = headOf(entry.path, await bytesOf(entry), file);
    else if (entry.path === runsName && lines === undefined) lines = await bytesOf(entry);
    else withFolder.add(await unpack(entry, into, file));
  }
  if (head === undefined || lines === undefined) throw damaged(file, 'it ends before its rows');
  return { file, night: head.night, runs: rowsOf(lines, head, { file, withFolder }), folders: into };
}

function headOf(path: string, bytes: Buffer, file: string): BundleHead {
  if (path !== headName) throw damaged(file, `it begins with ${path}, and a bundle with ${headName}`);
  const document = JSON.parse(bytes.toString('utf8')) as unknown;
  const { format } = z.object({ format: z.number() }).parse(document);
  if (format > bundleFormat) throw new StampedeError('STORE_NEWER', `${file} has format ${format}: a later version of this project made it, and this one knows ${bundleFormat}`);
  return shaped(headSchema, document, `${file}: ${headName}`);
}

function rowsOf(lines: Buffer, { night, runs, runsDigest }: BundleHead, { file, withFolder }: { readonly file: string; readonly withFolder: ReadonlySet<string> }): ReadonlyMap<string, RunRecord> {
  if (createHash('sha256').update(lines).digest('hex') !== runsDigest) throw damaged(file, 'its rows are not those that its beginning speaks of');
  const rows = new Map<string, RunRecord>();
  for (const [index, text] of lines.toString('utf8').split('\n').slice(0, -1).entries()) {
    const row = shaped(runSchema, JSON.parse(text), `${file}: row ${index + 1}`);
    if (row.night !== night.id) throw damaged(file, `row ${index + 1} is of the night ${row.night}`);
    if (row.folder !== null && row.folder !== `runs/${night.id}/${row.id}`) throw damaged(file, `row ${index + 1} has the folder of another run`);
    rows.set(row.id, row.folder === null || withFolder.has(row.id) ? row : { ...row, folder: null });
  }
  if (rows.size !== runs) throw damaged(file, `it has ${rows.size} rows, and its beginning speaks of ${runs}`);
  return rows;
}

async function unpack(entry: TarEntry, into: string, file: string): Promise<string> {
  const [, run, path] = pathForm.exec(entry.path) ?? [];
  if (run === undefined || path === undefined) throw damaged(file, `${foldersName} has no place for ${JSON.stringify(entry.path.slice(0, 200))}`);
  const target = join(into, run, path);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, entry.content, { flag: 'wx' });
  return run;
}

async function bytesOf(entry: TarEntry): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of entry.content) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function shaped<T>(schema: z.ZodType<T>, document: unknown, where: string): T {
  const { success, data, error } = schema.safeParse(document);
  if (success) return data;
  const [issue] = error.issues;
  throw new StampedeError('BUNDLE_DAMAGED', `${where}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
}

function damaged(file: string, why: string, cause?: unknown): StampedeError {
  return new StampedeError('BUNDLE_DAMAGED', `${file} is not a whole bundle: ${why}`, cause === undefined ? {} : { cause });
}
