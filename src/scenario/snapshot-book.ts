// SPDX-License-Identifier: Apache-2.0
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { addSerializer, SnapshotState } from 'jest-snapshot';
import type { SnapshotMode } from '../config.ts';
import { difference } from './difference.ts';
import { requireWhole } from './snapshot-file.ts';

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
    const { pass, actual, expected } = this.#state.match({ testName: name, received, isInline: false });
    const record = { file: this.#file, name, received };
    if (pass) return { ...record, outcome: 'matched', difference: undefined };
    if (expected === undefined) return { ...record, outcome: 'missing', difference: undefined };
    const parting = difference({ name: 'Snapshot', text: expected }, { name: 'Received', text: actual });
    return { ...record, outcome: 'mismatched', difference: parting };
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
  /** Every scenario of the feature ran and held: an entry that none of them asked for is obsolete. */
  readonly isComplete: boolean;
}

/** Writes what the mode allows: `new` adds missing entries, `all` also replaces changed and removes obsolete ones. */
export function settle(file: string, records: readonly SnapshotRecord[], { mode, isComplete }: SettleOptions): Settlement {
  const state = openState(file, mode);
  for (const { name, received } of records) state.match({ testName: name, received, isInline: false });
  const obsolete = isComplete ? state.getUncheckedKeys() : [];
  const removed = mode === 'all' ? obsolete.length : 0;
  if (removed > 0) state.removeUncheckedKeys();
  if (state.added + state.updated + removed > 0) {
    mkdirSync(dirname(file), { recursive: true });
    state.save();
  }
  return { file, written: state.added, updated: state.updated, removed, obsolete };
}

function openState(file: string, mode: SnapshotMode): SnapshotState {
  requireWhole(file);
  return new SnapshotState(file, {
    updateSnapshot: mode,
    snapshotFormat: { escapeString: false, printBasicPrototype: false },
    prettierPath: null,
    rootDir: dirname(file),
  });
}
