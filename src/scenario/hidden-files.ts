// SPDX-License-Identifier: Apache-2.0
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Hider } from '../foundation/secrets.ts';

/**
 * Takes secrets out of every file below a folder; links are left alone. `isLeft`: names of files and folders that are not looked into.
 * A file is replaced as a whole, or stays as it is where there is no secret in it.
 */
export async function hideInFolder(folder: string, hider: Hider, isLeft: (name: string) => boolean): Promise<void> {
  if (hider.isIdle) return;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (isLeft(entry.name)) continue;
    if (entry.isDirectory()) await hideInFolder(path, hider, isLeft);
    else if (entry.isFile()) await hideInFile(path, hider);
  }
}

async function hideInFile(path: string, hider: Hider): Promise<void> {
  if (!(await hasSecret(path, hider))) return;
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await copyHidden(path, temporary, hider);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Most files have none, and are read only. */
async function hasSecret(path: string, hider: Hider): Promise<boolean> {
  const [before, after] = [createHash('sha256'), createHash('sha256')];
  const hiding = hider.stream();
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    before.update(chunk);
    after.update(hiding.push(chunk));
  }
  after.update(hiding.end());
  return !before.digest().equals(after.digest());
}

async function copyHidden(path: string, target: string, hider: Hider): Promise<void> {
  const hiding = hider.stream();
  await using source = await open(path);
  await using copy = await open(target, 'wx', (await source.stat()).mode);
  for await (const chunk of source.createReadStream({ autoClose: false }) as AsyncIterable<Buffer>) await copy.writeFile(hiding.push(chunk));
  await copy.writeFile(hiding.end());
}
