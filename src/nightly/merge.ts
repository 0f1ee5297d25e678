// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hasCode } from '../foundation/errors.ts';
import { differ, joinNights, joinRecords, type NightData } from './join.ts';
import { readBundle, type ReadBundle } from './read-bundle.ts';
import type { RunRecord } from './record.ts';
import type { NightStore } from './store.ts';

export interface Merged {
  /** Ids, in the order of the bundles. */
  readonly nights: readonly string[];
  /** Each a sentence about a bundle that can't be read, or is of another night of the same name. */
  readonly damaged: readonly string[];
  /** Each a sentence about a bundle that adds nothing to those before it. */
  readonly duplicates: readonly string[];
  /** Runs that came out in two ways on two machines. */
  readonly conflicts: readonly string[];
  /** Rows that are in the store now and were not before. */
  readonly added: number;
}

/** Joins bundles into a store. What can't be read is named and left out; the rest is there afterwards, all of a night or nothing. */
export async function mergeBundles(store: NightStore, files: readonly string[]): Promise<Merged> {
  const incoming = join(store.folder, `incoming-${randomUUID()}`);
  const merging = new Merging(store);
  try {
    for (const [index, file] of files.entries()) {
      const bundle = await readBundle(file, join(incoming, String(index))).catch((error: unknown) => merging.refuse(error));
      if (bundle !== undefined) merging.add(bundle);
    }
    return await merging.end();
  } finally {
    await rm(incoming, { recursive: true, force: true });
  }
}

class Merging {
  readonly #store: NightStore;
  readonly #nights = new Map<string, { data: NightData; readonly before: NightData | undefined; readonly from: string[] }>();
  readonly #damaged: string[] = [];
  readonly #duplicates: string[] = [];
  readonly #conflicts = new Set<string>();
  /** Where the folder of a run was unpacked; of the very row that came with it, as another machine may have made the same run. */
  readonly #folders = new Map<RunRecord, string>();

  constructor(store: NightStore) {
    this.#store = store;
  }

  /** Of a bundle that can't be read; anything else, as a full disk, ends the merge. */
  refuse(error: unknown): undefined {
    if (!hasCode(error, 'BUNDLE_DAMAGED') && !hasCode(error, 'STORE_NEWER')) throw error;
    this.#damaged.push(error.message);
    return undefined;
  }

  add(bundle: ReadBundle): void {
    const { id } = bundle.night;
    const known = this.#nights.get(id) ?? this.#stored(id);
    try {
      const joined = known === undefined ? bundle : joinNights(known.data, bundle);
      if (known !== undefined) this.#compare(known.data, bundle, joined, known.from);
      this.#nights.set(id, { data: { night: joined.night, runs: joined.runs }, before: known?.before, from: [...(known?.from ?? []), bundle.file] });
      for (const run of bundle.runs.values()) if (run.folder !== null) this.#folders.set(run, join(bundle.folders, run.id));
    } catch (error) {
      this.refuse(error);
    }
  }

  async end(): Promise<Merged> {
    let added = 0;
    for (const { data, before } of this.#nights.values()) {
      const changed = [...data.runs.values()].filter((run) => before?.runs.get(run.id) !== run);
      added += changed.filter(({ id }) => before?.runs.has(id) !== true).length;
      // Folders first: one without a row is swept, a row without its folder would promise what is not there.
      for (const run of changed) await this.#place(run);
      this.#store.putRuns(changed, data.night);
    }
    return { nights: [...this.#nights.keys()], damaged: this.#damaged, duplicates: this.#duplicates, conflicts: [...this.#conflicts].sort(), added };
  }

  #stored(id: string) {
    const night = this.#store.night(id);
    if (night === undefined) return undefined;
    const data = { night: joinRecords(night, night), runs: new Map(this.#store.runs({ night: id }).map((run) => [run.id, run])) };
    return { data, before: data, from: [] as string[] };
  }

  #compare(known: NightData, bundle: ReadBundle, joined: NightData, from: readonly string[]): void {
    const isNothingNew = joined.runs.size === known.runs.size && [...bundle.runs.keys()].every((run) => joined.runs.get(run) === known.runs.get(run)) && JSON.stringify(joined.night) === JSON.stringify(known.night);
    if (isNothingNew) this.#duplicates.push(`${bundle.file} adds nothing to ${from.length === 0 ? 'the store' : from.join(', ')}`);
    for (const run of bundle.runs.values()) {
      const other = known.runs.get(run.id);
      if (other !== undefined && differ(run, other)) this.#conflicts.add(`${run.schedule} ${run.nth} on ${run.target} was made twice: ${[run.verdict, other.verdict].sort().join(' and ')}`);
    }
  }

  async #place(run: RunRecord): Promise<void> {
    const from = this.#folders.get(run);
    if (run.folder === null || from === undefined || !existsSync(from)) return;
    const to = join(this.#store.folder, run.folder);
    await rm(to, { recursive: true, force: true });
    await mkdir(dirname(to), { recursive: true });
    await rename(from, to);
  }
}
