// SPDX-License-Identifier: Apache-2.0
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { StampedeError } from '../foundation/errors.ts';
import { isGoSnaps } from './go-snaps.ts';

const header = '// Jest Snapshot v1, https://jestjs.io/docs/snapshot-testing\n';

/** Files by path, and what they were when they were found whole. */
const foundWhole = new Map<string, string>();

/** One file a feature. */
export function snapshotFile(folder: string, feature: string): string {
  return join(folder, `${feature}.snap`);
}

/**
 * jest-snapshot takes what it can't read of a file for missing, and would rewrite the file without it: what is not
 * whole is refused before. A file that isn't there is whole, as is an empty one.
 * @throws StampedeError SNAPSHOT_FILE_CORRUPT; SNAPSHOT_FILE_FOREIGN for one that another suite has written
 */
export function requireWhole(file: string): void {
  const { ino, size, mtimeMs } = statSync(file, { throwIfNoEntry: false }) ?? { ino: 0, size: 0, mtimeMs: 0 };
  const state = `${ino} ${size} ${mtimeMs}`;
  // Each scenario of a feature asks, and the file is read and run as a script for it.
  if (size === 0 || foundWhole.get(file) === state) return;
  requireWholeText(file, readFileSync(file, 'utf8').replaceAll('\r\n', '\n'));
  foundWhole.set(file, state);
}

function requireWholeText(file: string, text: string): void {
  if (isGoSnaps(text)) {
    throw new StampedeError('SNAPSHOT_FILE_FOREIGN', `${file} has snapshots in the format of go-snaps`, {
      hint: `npm run snapshots:import -- ${file} --to DIR, and --snapshots DIR from then on`,
    });
  }
  try {
    if (!text.startsWith(header)) throw new Error(`it does not begin with ${header.trim()}`);
    new Script(text, { filename: file }).runInNewContext({ exports: entries() });
  } catch (cause) {
    throw new StampedeError('SNAPSHOT_FILE_CORRUPT', `${file} is not a snapshot file any more`, {
      // Errors of the other context are not instances of this one's.
      cause: cause instanceof Error ? cause : new Error(String(cause)),
      hint: 'resolve merge conflicts in it, or restore it from version control',
    });
  }
}

/** What the file assigns to: each entry is a text, has a running number, and is there once. */
function entries(): object {
  return new Proxy<Record<string, unknown>>({}, {
    set(present, key, value) {
      const name = String(key);
      if (Object.hasOwn(present, name)) throw new Error(`it has two entries ${name}`);
      if (typeof value !== 'string' || !/ \d+$/.test(name)) throw new Error(`${name} is no entry`);
      present[name] = value;
      return true;
    },
  });
}
