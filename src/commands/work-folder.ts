// SPDX-License-Identifier: Apache-2.0
import { lstat, opendir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { RunContext, Settings } from '../config.ts';
import { isLeftOut } from '../scenario/work-copy.ts';
import { usualRoot } from '../stage/session.ts';

/** What is copied for each scenario without having been asked for is no more than this. */
const mostFiles = 1_000;
const mostBytes = 32 * 1024 * 1024;

/**
 * The folder that scenarios work in copies of: `--cwd`, else the one that `--features` lies in, since features name files from there. Of the
 * project's own features none does. Runs and temporary files are left out, should they lie in it.
 */
export async function chooseWorkFolder({ cwd, features, runs }: Pick<Settings, 'cwd' | 'features'> & { readonly runs: string }, say: (line: string) => void): Promise<RunContext['workFolder']> {
  const folder = cwd ?? (features === undefined ? undefined : dirname(features));
  if (folder === undefined) return undefined;
  const work = { folder, leftOut: [runs, tmpdir(), usualRoot()] };
  if (cwd !== undefined || (await isSmall(folder, work.leftOut).catch(() => false))) return work;
  say(`${folder} is not copied for each scenario: it has more than ${mostFiles} files or ${mostBytes / 1024 / 1024} MiB, or can't be read; --cwd DIR names the folder that validators are to work in`);
  return undefined;
}

async function isSmall(root: string, leftOut: readonly string[]): Promise<boolean> {
  const waiting = [root];
  let [files, bytes] = [0, 0];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    for await (const entry of await opendir(folder)) {
      const path = join(folder, entry.name);
      if (isLeftOut(path, leftOut)) continue;
      if (entry.isDirectory()) waiting.push(path);
      files += 1;
      bytes += entry.isFile() ? await lstat(path).then(({ size }) => size, () => 0) : 0;
      if (files > mostFiles || bytes > mostBytes) return false;
    }
  }
  return true;
}
