// SPDX-License-Identifier: Apache-2.0
import { createHash, randomUUID } from 'node:crypto';
import { open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Hider } from '../foundation/secrets.ts';

/** Bytes of a file that is looked at in one piece before it is copied. */
const mostAtOnce = 1024 * 1024;

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
  if ((await stat(path)).size <= mostAtOnce && !hasSecret(await readFile(path), hider)) return;
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const changed = await writeHidden(path, temporary, hider);
    if (changed) await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

function hasSecret(content: Buffer, hider: Hider): boolean {
  const hiding = hider.stream();
  return !Buffer.concat([hiding.push(content), hiding.end()]).equals(content);
}

/** Copies a file without its secrets; false where it has none, and the copy is of no use. */
async function writeHidden(path: string, target: string, hider: Hider): Promise<boolean> {
  const [before, after] = [createHash('sha256'), createHash('sha256')];
  const hiding = hider.stream();
  await using source = await open(path);
  await using copy = await open(target, 'wx', (await source.stat()).mode);
  const keep = async (part: Buffer): Promise<void> => {
    after.update(part);
    await copy.writeFile(part);
  };
  for await (const chunk of source.createReadStream({ autoClose: false }) as AsyncIterable<Buffer>) {
    before.update(chunk);
    await keep(hiding.push(chunk));
  }
  await keep(hiding.end());
  return !before.digest().equals(after.digest());
}
