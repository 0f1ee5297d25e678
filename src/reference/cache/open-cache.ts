// SPDX-License-Identifier: Apache-2.0
import { homedir } from 'node:os';
import { join } from 'node:path';
import { goBoolean } from '../go-values.ts';
import type { WorkFolder } from '../work-folder.ts';
import { directoryCache } from './directory-cache.ts';
import { safeParts, type CacheParts } from './parts.ts';
import type { SafeCache } from './safe-cache.ts';

export interface LayerCacheOptions {
  readonly environment: NodeJS.ProcessEnv;
  readonly warn: (line: string) => void;
  readonly work: WorkFolder;
  readonly parts?: CacheParts;
}

/** The cache that the environment asks for, or none: only an EC_CACHE that Go parses as false switches it off. */
export function openLayerCache({ environment, warn, work, parts = safeParts }: LayerCacheOptions): SafeCache | undefined {
  if (goBoolean(environment['EC_CACHE'] ?? '') === false) return undefined;
  return directoryCache({ directory: cacheDirectory(environment), warn, work, parts });
}

/** Where layers are kept. */
export function cacheDirectory(environment: NodeJS.ProcessEnv): string {
  const base = environment['XDG_CACHE_HOME'] || join(environment['HOME'] || homedir(), '.cache');
  return join(base, 'ec', 'images');
}
