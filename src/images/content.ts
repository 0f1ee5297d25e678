// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Engine } from '../containers/engine.ts';

/** On every image made here: a digest of all that went into it. */
export const contentLabel = 'dev.stampede.content';

/** A file of a build, by its path from the build's folder. */
export interface ContextFile {
  readonly path: string;
  readonly bytes: Buffer;
  readonly isExecutable: boolean;
}

/** The files below a folder, in the same order everywhere. */
export async function contextFiles(folder: string): Promise<readonly ContextFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)).sort();
  return await Promise.all(
    paths.map(async (path) => ({ path: relative(folder, path), bytes: await readFile(path), isExecutable: ((await stat(path)).mode & 0o111) !== 0 })),
  );
}

/** Names a content: another one for any other file, name, mode or value. Sixteen hex digits. */
export function contentOf(files: readonly ContextFile[], values: Readonly<Record<string, string>>): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify(Object.entries(values).sort(([one], [other]) => (one < other ? -1 : 1))));
  for (const { path, bytes, isExecutable } of files) hash.update(`\n${JSON.stringify([path, bytes.length, isExecutable])}`).update(bytes);
  return hash.digest('hex').slice(0, 16);
}

/** An image in the engine, as far as a build has to know it. */
export interface PresentImage {
  readonly id: string;
  /** Undefined for images of others. */
  readonly content: string | undefined;
}

export async function presentImage({ api }: Engine, name: string): Promise<PresentImage | undefined> {
  try {
    const { Id, Config } = await api.getImage(name).inspect();
    return { id: Id, content: Config.Labels?.[contentLabel] };
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return undefined;
    throw error;
  }
}

/** Images made here that a newer one has taken the name of. */
export async function removeReplaced({ api }: Engine): Promise<void> {
  const replaced = await api.listImages({ filters: { dangling: ['true'], label: [contentLabel] } });
  for (const { Id } of replaced) await api.getImage(Id).remove().catch(() => undefined);
}
