// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hasCode, StampedeError } from '../foundation/errors.ts';
import { isBundleAddress } from './bundle-artifact.ts';
import { differ, joinInto, joinRecords } from './join.ts';
import { readBundle, type ReadBundle } from './read-bundle.ts';
import type { NightRecord, RunRecord } from './record.ts';
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

/** Brings a bundle that lies elsewhere to a new file. */
export type FetchBundle = (address: string, file: string) => Promise<void>;

/** Joins bundles into a store. What can't be read is named and left out; the rest is there afterwards, all of a night or nothing. */
export async function mergeBundles(store: NightStore, bundles: readonly string[], fetch?: FetchBundle): Promise<Merged> {
  const incoming = join(store.folder, `incoming-${randomUUID()}`);
  const merging = new Merging(store);
  try {
    for (const [index, source] of bundles.entries()) {
      const into = join(incoming, String(index));
      const reading = fetch !== undefined && isBundleAddress(source) ? fetched(source, into, fetch) : readBundle(source, into);
      const bundle = await reading.catch((error: unknown) => merging.refuse(error));
      if (bundle !== undefined) merging.add(bundle);
    }
    return await merging.end();
  } finally {
    await rm(incoming, { recursive: true, force: true });
  }
}

async function fetched(address: string, into: string, fetch: FetchBundle): Promise<ReadBundle> {
  const file = `${into}.tgz`;
  try {
    await mkdir(dirname(file), { recursive: true });
    await fetch(address, file);
    return { ...(await readBundle(file, into)), file: address };
  } catch (error) {
    // It is known by where it came from.
    if (hasCode(error, 'BUNDLE_DAMAGED')) throw new StampedeError('BUNDLE_DAMAGED', error.message.includes(file) ? error.message.replaceAll(file, address) : `${address}: ${error.message}`, { cause: error });
    throw error;
  } finally {
    await rm(file, { force: true });
  }
}

/** A night as it grows. */
interface JoinedNight {
  /** Undefined until the first bundle of it. */
  night: NightRecord | undefined;
  readonly runs: Map<string, RunRecord>;
  /** As the store has it. */
  readonly before: ReadonlyMap<string, RunRecord>;
  readonly from: string[];
}

class Merging {
  readonly #store: NightStore;
  readonly #nights = new Map<string, JoinedNight>();
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
    this.#nights.set(id, known);
    try {
      const night = known.night === undefined ? joinRecords(bundle.night, bundle.night) : joinRecords(known.night, bundle.night);
      this.#tellConflicts(known.runs, bundle);
      const isNew = joinInto(known.runs, bundle.runs) || JSON.stringify(night) !== JSON.stringify(known.night);
      if (!isNew) this.#duplicates.push(`${bundle.file} adds nothing to ${known.from.length === 0 ? 'the store' : known.from.join(', ')}`);
      known.night = night;
      known.from.push(bundle.file);
      for (const run of bundle.runs.values()) if (run.folder !== null) this.#folders.set(run, join(bundle.folders, run.id));
    } catch (error) {
      this.refuse(error);
    }
  }

  async end(): Promise<Merged> {
    let added = 0;
    for (const { night, runs, before } of this.#nights.values()) {
      if (night === undefined) continue;
      const changed = [...runs.values()].filter((run) => before.get(run.id) !== run);
      added += changed.filter(({ id }) => !before.has(id)).length;
      // Folders first: one without a row is swept, a row without its folder would promise what is not there.
      for (const run of changed) await this.#place(run);
      this.#store.putRuns(changed, night);
    }
    return { nights: [...this.#nights.keys()], damaged: this.#damaged, duplicates: this.#duplicates, conflicts: [...this.#conflicts].sort(), added };
  }

  #stored(id: string): JoinedNight {
    const night = this.#store.night(id);
    const before = new Map(night === undefined ? [] : this.#store.runs({ night: id }).map((run) => [run.id, run]));
    return { night: night === undefined ? undefined : joinRecords(night, night), runs: new Map(before), before, from: [] };
  }

  #tellConflicts(known: ReadonlyMap<string, RunRecord>, bundle: ReadBundle): void {
    for (const run of bundle.runs.values()) {
      const other = known.get(run.id);
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
