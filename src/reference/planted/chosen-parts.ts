// SPDX-License-Identifier: Apache-2.0
import { StampedeError } from '../../foundation/errors.ts';
import { safeParts, type CacheParts } from '../cache/parts.ts';

interface Catalogue {
  readonly partsWith: (name: string) => CacheParts;
  readonly listPlantedBugs: () => string;
}

/** Set by the build. */
declare const TEST_BUILD: boolean;

/**
 * What the cache is put together from: the safe parts, unless a test build is told otherwise.
 * @throws StampedeError CONFIG_INVALID for an unknown bug, and for any in a release build
 */
export async function chosenParts(environment: NodeJS.ProcessEnv): Promise<CacheParts> {
  const name = environment['STAMPEDE_PLANTED_BUG'] ?? '';
  return name === '' ? safeParts : (await plantedBugs()).partsWith(name);
}

/**
 * The catalogue of known bugs, which a release build does not have.
 * @throws StampedeError CONFIG_INVALID there
 */
export async function plantedBugs(): Promise<Catalogue> {
  if (typeof TEST_BUILD === 'undefined' || TEST_BUILD) return await import('./planted-bugs.ts');
  throw new StampedeError('CONFIG_INVALID', 'this is a release build: it has no planted bugs', { hint: 'npm run reference -- --list-planted-bugs' });
}
