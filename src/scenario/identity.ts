// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';

/** Where a scenario stands in its feature file. */
export interface ScenarioPlace {
  /** Path below the features folder, with `/`, without `.feature`. */
  readonly feature: string;
  readonly rule: string | undefined;
  readonly name: string;
  /** Counts from 1 over the rows of all example tables; undefined for a plain scenario. */
  readonly row: number | undefined;
  readonly uri: string;
  readonly line: number;
}

/** A scenario and the names that keep it apart from the others on one stage. */
export interface ScenarioIdentity extends ScenarioPlace {
  /** Prefix of its repositories and folders; equal in every run and on every machine. */
  readonly id: string;
  /** Names its snapshots: rule, name and row. */
  readonly title: string;
}

/** The id depends on names alone, so that moving a scenario in its file changes nothing that is recorded. */
export function identify(place: ScenarioPlace): ScenarioIdentity {
  const rule = place.rule === undefined ? '' : `${place.rule} > `;
  const row = place.row === undefined ? '' : ` (row ${place.row})`;
  const title = `${rule}${place.name}${row}`;
  const id = createHash('sha256').update(`${place.feature}\n${title}`).digest('hex').slice(0, 8);
  return { ...place, id: `s-${id}`, title };
}
