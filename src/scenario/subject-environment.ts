// SPDX-License-Identifier: Apache-2.0
import type { RunSettings } from './run.ts';
import { expand } from './variables.ts';

/** What a run sets for all its validators, with what their subject asks for where nothing else is said. */
export function subjectEnvironment({ subject, environment, cacheFolder, folders }: Pick<RunSettings, 'subject' | 'environment' | 'cacheFolder' | 'folders'>): Readonly<Record<string, string>> {
  const known = new Map([
    ['CACHE', cacheFolder],
    ['HOME', environment['HOME'] ?? folders.home],
    ['XDG_CACHE_HOME', environment['XDG_CACHE_HOME'] ?? folders.cache],
  ]);
  const asked = Object.entries(subject.environment).map(([name, value]) => [name, expand(value, known, 'error')] as const);
  return { ...Object.fromEntries(asked), ...environment };
}
