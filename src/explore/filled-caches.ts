// SPDX-License-Identifier: Apache-2.0
import { lstat, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { copyTree } from '../foundation/copy-tree.ts';
import type { Participant } from '../scenario/run.ts';

/** Runs one process, with nothing else going on, on the cache below `home`; `folder` is where that is stored. False when it had to be ended. */
export type RunAlone = (home: string, participant: Participant, folder: string) => Promise<boolean>;

/** What is done to a cache that has been filled; equal ones have the same name. */
export interface Change {
  readonly name: string;
  readonly make: (home: string) => void;
}

interface Filling {
  readonly participants: readonly Participant[];
  /** What the processes are besides their commands, such as their environment. */
  readonly kind: unknown;
  /** Where runs are stored that are for this one alone. */
  readonly folder: string;
  readonly run: RunAlone;
  /** Absent: none. */
  readonly change?: Change;
}

export interface FilledCachesRequest {
  /** Where the caches are that are copied. */
  readonly root: string;
  /** Where the runs are stored that filled them. */
  readonly stored: string;
}

/**
 * Caches that processes have filled, one after the other, with nothing held: each is filled once, and copied for whoever needs it.
 * One that says where it lies is of no use elsewhere; then the processes fill another one each time.
 */
export class FilledCaches {
  readonly #request: FilledCachesRequest;
  readonly #filled = new Map<string, Promise<string | undefined>>();
  readonly #changed = new Map<string, Promise<string>>();
  #begun = 0;

  constructor(request: FilledCachesRequest) {
    this.#request = request;
  }

  /** Makes `home`, which is not there yet, what these processes leave behind, with the change. */
  async fill(home: string, { participants, kind, folder, run, change }: Filling): Promise<void> {
    const key = JSON.stringify([participants, kind]);
    const filled = await once(this.#filled, key, async () => await this.#fillFirst(key, participants, run));
    if (filled === undefined) {
      await runAll(home, { participants, folder, run });
      change?.make(home);
      return;
    }
    const source = change === undefined ? filled : await once(this.#changed, `${filled} ${change.name}`, async () => await changed(filled, change));
    await copyTree(source, home, { keepsTimes: true });
  }

  /** Undefined when it can't be copied, or should not be: what a process was doing when it had to be ended is not to spoil all that comes. */
  async #fillFirst(key: string, participants: readonly Participant[], run: RunAlone): Promise<string | undefined> {
    const name = `filled-${(this.#begun += 1)}`;
    const home = join(this.#request.root, name);
    const isWhole = await runAll(home, { participants, folder: join(this.#request.stored, name), run });
    if (!isWhole) this.#filled.delete(key);
    return !isWhole || (await speaksOf(home, home)) ? undefined : home;
  }
}

/** Whoever asks at the same time waits for the one; after a failure the next one may have more luck. */
async function once<T>(made: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const making = made.get(key) ?? make();
  made.set(key, making);
  making.catch(() => made.delete(key));
  return await making;
}

async function changed(filled: string, { name, make }: Change): Promise<string> {
  const home = `${filled}-${name}`;
  await rm(home, { recursive: true, force: true });
  await copyTree(filled, home, { keepsTimes: true });
  make(home);
  return home;
}

async function runAll(home: string, { participants, folder, run }: { readonly participants: readonly Participant[]; readonly folder: string; readonly run: RunAlone }): Promise<boolean> {
  let isWhole = true;
  for (const participant of participants) isWhole = (await run(home, participant, join(folder, participant.name))) && isWhole;
  return isWhole;
}

/** Whether a file or a link below the directory holds the words. */
async function speaksOf(directory: string, words: string): Promise<boolean> {
  for (const name of await readdir(directory, { recursive: true })) {
    const path = join(directory, name);
    const found = await lstat(path);
    if (found.isSymbolicLink() && (await readlink(path)).includes(words)) return true;
    if (found.isFile() && (await readFile(path)).includes(words)) return true;
  }
  return false;
}
