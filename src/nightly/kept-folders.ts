// SPDX-License-Identifier: Apache-2.0
import { lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { copyTree } from '../foundation/copy-tree.ts';
import type { RunRecord, RunVerdict } from './record.ts';
import type { NightStore } from './store.ts';

/** So many runs of one cause keep their folders whatever the bound is: the first and the last ones. */
const keptOfCause = 3;

export interface KeepRule {
  /** Of the held runs one in so many. */
  readonly heldEvery: number;
  readonly megabytes: number;
}

/**
 * Folders of runs in a store: all that are broken or unknown, of the held ones a sample, all together not more than a bound. Where it is
 * crossed, samples go first, oldest first, then runs of causes that many others show; rows never go.
 */
export class KeptFolders {
  readonly #store: NightStore;
  readonly #rule: KeepRule;
  readonly #sizes = new Map<string, number>();

  private constructor(store: NightStore, rule: KeepRule) {
    this.#store = store;
    this.#rule = rule;
  }

  /** Removes what belongs to no run, as that of a run during which everything ended, and measures the rest. */
  static async open(store: NightStore, rule: KeepRule): Promise<KeptFolders> {
    const kept = new KeptFolders(store, rule);
    const known = new Set(store.query('SELECT folder FROM runs WHERE folder IS NOT NULL').map(({ folder }) => String(folder)));
    for (const night of await names(join(store.folder, 'runs'))) {
      for (const id of await names(join(store.folder, 'runs', night))) {
        const folder = `runs/${night}/${id}`;
        if (known.has(folder)) kept.#sizes.set(folder, await bytesIn(join(store.folder, folder)));
        else await rm(join(store.folder, folder), { recursive: true, force: true });
      }
    }
    return kept;
  }

  /** Takes over what a run left, or removes it; the result is what the run's row says of it. */
  async take(run: Pick<RunRecord, 'id' | 'night'> & { readonly verdict: RunVerdict }, from: string): Promise<string | null> {
    if (run.verdict === 'held' && Number.parseInt(run.id.slice(0, 8), 16) % this.#rule.heldEvery !== 0) {
      await rm(from, { recursive: true, force: true });
      return null;
    }
    const folder = `runs/${run.night}/${run.id}`;
    const to = join(this.#store.folder, folder);
    await rm(to, { recursive: true, force: true });
    await mkdir(dirname(to), { recursive: true });
    await move(from, to);
    this.#sizes.set(folder, await bytesIn(to));
    return folder;
  }

  get bytes(): number {
    return [...this.#sizes.values()].reduce((sum, size) => sum + size, 0);
  }

  /** Removes what is above the bound, as far as may go. */
  async bound(): Promise<number> {
    const limit = this.#rule.megabytes * 1024 * 1024;
    let [bytes, removed] = [this.bytes, 0];
    if (bytes <= limit) return removed;
    for (const { id, folder } of this.#expendable()) {
      if (bytes <= limit) break;
      this.#store.forgetFolders([id]);
      await rm(join(this.#store.folder, folder), { recursive: true, force: true });
      bytes -= this.#sizes.get(folder) ?? 0;
      this.#sizes.delete(folder);
      removed += 1;
    }
    return removed;
  }

  #expendable(): readonly { readonly id: string; readonly folder: string }[] {
    const rows = this.#store.query(
      `SELECT runs.id AS id, folder, verdict,
         row_number() OVER (PARTITION BY target, verdict, strategy, place, symptom ORDER BY seq, position) AS first,
         row_number() OVER (PARTITION BY target, verdict, strategy, place, symptom ORDER BY seq DESC, position DESC) AS last
       FROM runs JOIN nights ON nights.id = runs.night WHERE folder IS NOT NULL ORDER BY verdict <> 'held', seq, position`,
    );
    return rows.filter(({ verdict, first, last }) => verdict === 'held' || (Number(first) > keptOfCause && Number(last) > keptOfCause)).map(({ id, folder }) => ({ id: String(id), folder: String(folder) }));
  }
}

async function move(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    await copyTree(from, to);
    await rm(from, { recursive: true, force: true });
  }
}

async function names(folder: string): Promise<readonly string[]> {
  return await readdir(folder).catch(() => []);
}

async function bytesIn(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += (await lstat(join(entry.parentPath, entry.name))).size;
  }
  return bytes;
}
