// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';
import { addSerializer, SnapshotState } from 'jest-snapshot';
import { diff } from 'jest-diff';
import { StampedeError } from '../foundation/errors.ts';
import type { SnapshotMode } from '../config.ts';

// Strings stand in the file as they are, without quotes and escapes.
addSerializer({ test: (value) => typeof value === 'string', serialize: (value: string) => value });

/** One comparison, as a worker made it; enough for the command to write the file later. */
export interface SnapshotRecord {
  readonly file: string;
  /** Scenario title and what was compared; the book adds a running number. */
  readonly name: string;
  readonly received: string;
  readonly outcome: 'matched' | 'mismatched' | 'missing';
}

export interface Comparison extends SnapshotRecord {
  /** A readable diff, expected against received; undefined when they are equal or nothing was expected. */
  readonly difference: string | undefined;
}

/** One file a feature. */
export function snapshotFile(folder: string, feature: string): string {
  return join(folder, `${feature}.snap`);
}

/**
 * Reads one snapshot file and compares; it never writes, since two writers on one file lose entries: workers
 * compare, the command writes once at the end (`settle`).
 */
export class SnapshotReader {
  readonly #file: string;
  readonly #state: SnapshotState;

  /** @throws StampedeError SNAPSHOT_FILE_CORRUPT */
  constructor(file: string) {
    this.#file = file;
    this.#state = openState(file, 'none');
  }

  compare(name: string, received: string): Comparison {
    const { pass, expected } = this.#state.match({ testName: name, received, isInline: false });
    const record = { file: this.#file, name, received };
    if (pass) return { ...record, outcome: 'matched', difference: undefined };
    if (expected === undefined) return { ...record, outcome: 'missing', difference: undefined };
    const difference = diff(withoutFrame(expected), withoutFrame(received), { aAnnotation: 'Snapshot', bAnnotation: 'Received', contextLines: 3, expand: false });
    return { ...record, outcome: 'mismatched', difference: difference ?? 'they differ in white space' };
  }
}

/** What was done to one snapshot file. */
export interface Settlement {
  readonly file: string;
  readonly written: number;
  readonly updated: number;
  readonly removed: number;
  /** Entries that no comparison asked for, in a complete and green run of their feature. */
  readonly obsolete: readonly string[];
}

export interface SettleOptions {
  readonly mode: SnapshotMode;
  /** Names of scenarios that did not run to their end: their entries are not obsolete. */
  readonly unfinished: (snapshotName: string) => boolean;
}

/** Writes what the mode allows: `new` adds missing entries, `all` also replaces changed and removes obsolete ones. */
export function settle(file: string, records: readonly SnapshotRecord[], options: SettleOptions): Settlement {
  const state = openState(file, options.mode);
  for (const { name, received } of records) state.match({ testName: name, received, isInline: false });
  for (const key of state.getUncheckedKeys()) {
    const name = key.replace(/ \d+$/, '');
    if (options.unfinished(name)) state.markSnapshotsAsCheckedForTest(name);
  }
  const obsolete = state.getUncheckedKeys();
  if (options.mode === 'all') state.removeUncheckedKeys();
  const changes = state.added + state.updated + (options.mode === 'all' ? obsolete.length : 0);
  if (changes > 0) {
    mkdirSync(dirname(file), { recursive: true });
    state.save();
  }
  const removed = options.mode === 'all' ? obsolete.length : 0;
  return { file, written: state.added, updated: state.updated, removed, obsolete };
}

function openState(file: string, mode: SnapshotMode): SnapshotState {
  refuseCorruptFile(file);
  return new SnapshotState(file, {
    updateSnapshot: mode,
    snapshotFormat: { escapeString: false, printBasicPrototype: false },
    prettierPath: null,
    rootDir: dirname(file),
  });
}

/** jest-snapshot takes a file that doesn't parse for an empty one and would rewrite it without its entries. */
function refuseCorruptFile(file: string): void {
  if (!existsSync(file)) return;
  try {
    new Script(readFileSync(file, 'utf8'), { filename: file });
  } catch (cause) {
    throw new StampedeError('SNAPSHOT_FILE_CORRUPT', `${file} is not a snapshot file any more`, {
      cause,
      hint: 'resolve merge conflicts in it, or restore it from version control',
    });
  }
}

/** jest-snapshot stores multi-line text between line breaks. */
function withoutFrame(text: string): string {
  return text.startsWith('\n') && text.endsWith('\n') ? text.slice(1, -1) : text;
}
