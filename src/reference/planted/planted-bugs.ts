// SPDX-License-Identifier: Apache-2.0
import { StampedeError } from '../../foundation/errors.ts';
import { safeParts, type CacheParts } from '../cache/parts.ts';
import type { PlantedBug } from './planted-bug.ts';
import { wrongEntries } from './wrong-entries.ts';
import { wrongFlights } from './wrong-flights.ts';
import { wrongLocks } from './wrong-locks.ts';
import { wrongWriters } from './wrong-writers.ts';

export const plantedBugs: readonly PlantedBug[] = [...wrongWriters, ...wrongEntries, ...wrongLocks, ...wrongFlights];

/** @throws StampedeError CONFIG_INVALID for a name that no bug has */
export function partsWith(name: string): CacheParts {
  const bug = plantedBugs.find((planted) => planted.name === name);
  if (bug !== undefined) return { ...safeParts, ...bug.parts };
  throw new StampedeError('CONFIG_INVALID', `no planted bug is named ${JSON.stringify(name)}`, { hint: 'npm run reference -- --list-planted-bugs' });
}

/** One bug a line: name, class, where it was seen. */
export function listPlantedBugs(): string {
  const width = Math.max(...plantedBugs.map(({ name }) => name.length));
  return plantedBugs.map((bug) => `${bug.name.padEnd(width)}  ${bug.class.padEnd(3)}  ${bug.seen}\n`).join('');
}
