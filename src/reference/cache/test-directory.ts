// SPDX-License-Identifier: Apache-2.0
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '../../foundation/seed.ts';
import { digestOf } from '../../oci/digest.ts';
import { openWorkFolder } from '../work-folder.ts';
import { directoryCache } from './directory-cache.ts';
import { safeParts, type CacheParts } from './parts.ts';
import type { SafeCache } from './safe-cache.ts';
import { bytesOf, testLayer, type TestLayer } from './test-layer.ts';

/** What the layer holds that tests of a directory put into it. */
export const bytes = seededRandom('directory-cache').bytes(300_000);
export const digest = digestOf(bytes);

export interface TestDirectory {
  /** The test's own; whoever opened it removes it. */
  readonly base: string;
  /** Of the cache, in it; not made yet. */
  readonly directory: string;
  /** Of all caches that are opened here. */
  readonly warnings: string[];
  readonly openCache: (at?: string, parts?: CacheParts) => SafeCache;
}

export async function openTestDirectory(): Promise<TestDirectory> {
  const base = await mkdtemp(join(tmpdir(), 'cache-test-'));
  const directory = join(base, 'ec', 'images');
  const warnings: string[] = [];
  const work = openWorkFolder();
  return { base, directory, warnings, openCache: (at = directory, parts = safeParts) => directoryCache({ directory: at, warn: (line) => warnings.push(line), work, parts }) };
}

export function plain(): TestLayer {
  return testLayer(bytes, { isGzip: false });
}

export async function readAll(cache: SafeCache, layer: TestLayer): Promise<boolean> {
  return (await bytesOf((await cache.put(layer)).uncompressed())).equals(layer.tar);
}
