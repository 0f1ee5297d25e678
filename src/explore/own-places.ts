// SPDX-License-Identifier: Apache-2.0
import { lstat, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { copyTree } from '../foundation/copy-tree.ts';
import { readUntrusted } from '../foundation/untrusted-file.ts';
import { normalise } from '../scenario/normalise.ts';
import { outcomeText } from '../scenario/reference-run.ts';
import type { Participant } from '../scenario/run.ts';
import type { ScenarioRun } from '../scenario/scenario-run.ts';
import { settingsOf } from '../scenario/validate.ts';
import type { RunResult } from '../scenario/run.ts';
import { digestOfFile } from './file-digest.ts';

/**
 * A scenario's folder for one of several participants: the scenario's own, or a copy of it. Everything that a command is told
 * of and that lies in there (working directory, HOME, TMPDIR, `${TMPDIR}`, keys) is its own then; the cache alone is shared.
 */
export interface Place {
  readonly root: string;
  /** The command and its environment, with the paths of this place. */
  participant(name: string, words: readonly string[], cache: SharedCache): Participant;
  /** What one said and made, by the paths of the scenario's own folder: status, standard output, files made or changed. */
  outcome(result: RunResult, known: ReadonlyMap<string, string>): Promise<string>;
}

/** Where participants keep their cache, whatever place they have. */
export type SharedCache = Readonly<Record<'XDG_CACHE_HOME', string>> & { readonly HOME?: string };

interface Copied {
  readonly scenario: ScenarioRun;
  /** As the scenario was before any of them ran: a copy that nobody works in. */
  readonly untouched: string;
}

/** The scenario's own folder as a place, or a new copy of the untouched one at `root`. */
export async function openPlace({ scenario, untouched }: Copied, root?: string): Promise<Place> {
  if (root !== undefined) await copyTree(untouched, root, { keepsTimes: true });
  return placeAt({ scenario, untouched }, root ?? scenario.folders.root);
}

/** Copies all but the caches; times too, since what has another one was changed. */
export async function copyUntouched(scenario: ScenarioRun, target: string): Promise<void> {
  const { folders } = scenario;
  const caches = [folders.cache, settingsOf(scenario, [], '').cacheFolder];
  await copyTree(folders.root, target, { isLeftOut: (path) => caches.includes(path), keepsTimes: true });
}

function placeAt({ scenario, untouched }: Copied, root: string): Place {
  const own = scenario.folders;
  const moved = (text: string): string => text.replaceAll(own.root, root);
  const { environment } = settingsOf(scenario, [], '');
  return {
    root,
    participant: (name, words, cache) => ({
      name,
      arguments: words.map(moved),
      environment: { ...Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, moved(value)])), ...cache },
      directory: moved(own.work),
    }),
    outcome: async (result, known) => {
      const named = new Map([...known].map(([name, value]) => [name, moved(value)]));
      return `${outcomeText(result, named)}${await madeFiles({ root, untouched, known: named })}`;
    },
  };
}

/** What in a place is nobody's business: of its own making in each run. */
const notCompared = ['home', 'tmp', 'keys', 'tuf', 'kubeconfig'];

interface Made {
  readonly root: string;
  readonly untouched: string;
  readonly known: ReadonlyMap<string, string>;
}

/** Every file that is not as it was, by its name and content. */
async function madeFiles({ root, untouched, known }: Made): Promise<string> {
  const names = [...new Set([...(await filesIn(root)), ...(await filesIn(untouched))])].filter((name) => !notCompared.includes(name.split('/')[0] ?? '')).sort();
  const texts: string[] = [];
  for (const name of names) {
    if (await isAsItWas(join(root, name), join(untouched, name))) continue;
    texts.push(`\nfile ${normalise(name, known)}\n${await contentOf(join(root, name), known)}`);
  }
  return texts.join('');
}

async function filesIn(root: string): Promise<readonly string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

/** Copies have the times of what they are copied from, but for some microseconds; no command is done that soon. */
async function isAsItWas(path: string, before: string): Promise<boolean> {
  const [now, then] = await Promise.all([path, before].map(async (one) => await lstat(one).catch(() => undefined)));
  return now !== undefined && then !== undefined && now.size === then.size && Math.abs(now.mtimeMs - then.mtimeMs) < 2;
}

/** What is larger is compared byte by byte. */
const mostText = 16 * 1024 * 1024;

/** Text by the names of what differs between runs; other bytes, and what is large, by their digest. */
async function contentOf(path: string, known: ReadonlyMap<string, string>): Promise<string> {
  const digest = await digestOfFile(path);
  if (digest === undefined) return 'gone\n';
  const bytes = await readUntrusted({ path, limitBytes: mostText }).catch(() => undefined);
  const text = bytes?.toString('utf8');
  return bytes !== undefined && text !== undefined && Buffer.from(text).equals(bytes) ? normalise(text, known) : `${digest}\n`;
}
