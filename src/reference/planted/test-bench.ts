// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { seededRandom } from '../../foundation/seed.ts';
import { digestOf } from '../../oci/digest.ts';
import { directoryCache } from '../cache/directory-cache.ts';
import type { CacheParts } from '../cache/parts.ts';
import type { SafeCache } from '../cache/safe-cache.ts';
import { bytesOf, point, testLayer, type Point, type TestLayer } from '../cache/test-layer.ts';
import { openWorkFolder } from '../work-folder.ts';
import { fileHook } from './test-file-hook.ts';

const random = seededRandom('planted-bugs');
export const content = random.bytes(300_000);
export const other = random.bytes(300_000);

/** Puts a cache into the situation that a bug is about; `right`, or what went wrong. */
export type Situation = (bench: Bench) => Promise<string>;

/** A directory, and caches on it that know nothing of each other, as those of several processes do. */
export interface Bench extends AsyncDisposable {
  readonly directory: string;
  readonly warnings: string[];
  /** True for the planted bug, false for the safe cache in the same situation. */
  readonly isBuggy: boolean;
  readonly entry: string;
  entryOf(bytes: Buffer): string;
  open(observed?: Partial<CacheParts>): SafeCache;
  /** A cache, and the moment in which it asks for a lock. */
  openObserved(): { readonly cache: SafeCache; readonly locking: Promise<void> };
  /** The entries that are not what their names say, and files that are no entries. */
  wrongFiles(): Promise<readonly string[]>;
}

export async function openBench(parts: CacheParts, isBuggy: boolean): Promise<Bench> {
  const directory = join(await mkdtemp(join(tmpdir(), 'planted-')), 'images');
  const warnings: string[] = [];
  const open = (observed: Partial<CacheParts> = {}): SafeCache =>
    directoryCache({ directory, warn: (line) => warnings.push(line), work: openWorkFolder(), parts: { ...parts, ...observed } });
  const entryOf = (bytes: Buffer): string => join(directory, parts.files.nameOf(digestOf(bytes)));
  return {
    directory, warnings, isBuggy, open,
    entry: entryOf(content),
    entryOf,
    openObserved: () => {
      const locking = point();
      const lock: CacheParts['lock'] = (options) => {
        const real = parts.lock(options);
        return async (key, signal) => (locking.reach(), await real(key, signal));
      };
      return { cache: open({ lock }), locking: locking.reached };
    },
    wrongFiles: async () => await wrongFilesIn(directory),
    [Symbol.asyncDispose]: async () => {
      fileHook.current = () => undefined;
      await rm(join(directory, '..'), { recursive: true });
    },
  };
}

async function wrongFilesIn(directory: string): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const name of await readdir(directory).catch(() => [])) {
    if (digestOf(await readFile(join(directory, name))) !== name) wrong.push(name);
  }
  return wrong;
}

export function plain(bytes = content): TestLayer {
  return testLayer(bytes, { isGzip: false });
}

/** What a reader got, in a word: `right`, or what was wrong about it. */
export async function read(cache: SafeCache, layer: TestLayer, signal?: AbortSignal): Promise<string> {
  try {
    const bytes = await bytesOf((await cache.put(layer)).compressed(signal));
    return bytes.equals(layer.tar) ? 'right' : `${bytes.length} wrong bytes`;
  } catch (error) {
    const { message, cause } = error as Error;
    return `failed: ${message}${cause instanceof Error ? `: ${cause.message}` : ''}`;
  }
}

/** A download that stands at a place until it is let go. */
export interface HeldDownload {
  readonly layer: TestLayer;
  readonly reached: Promise<void>;
  readonly go: () => void;
}

export function heldAt(place: number, bytes = content): HeldDownload {
  const [here, go]: [Point, Point] = [point(), point()];
  const layer = plain(bytes);
  layer.hold = async (offset) => {
    if (offset !== place) return;
    here.reach();
    await go.reached;
  };
  return { layer, reached: here.reached, go: go.reach };
}

/** Waits until so many files of that many bytes lie in the directory. */
export async function onDisk(directory: string, bytes: number, files = 1): Promise<void> {
  for (;;) {
    const sizes = await Promise.all((await readdir(directory).catch(() => [])).map(async (name) => (await stat(join(directory, name)).catch(() => undefined))?.size));
    if (sizes.filter((size) => size === bytes).length >= files) return;
    await delay(1);
  }
}

/** What comes first; a word for a promise that is still waiting after the time. */
export async function within(milliseconds: number, waiting: Promise<string>): Promise<string> {
  return await Promise.race([waiting, delay(milliseconds, 'still waiting')]);
}
