// SPDX-License-Identifier: Apache-2.0
import { laidOutWithNames } from './json-layout.ts';
import { normalise } from './normalise.ts';

const none: ReadonlyMap<string, string> = new Map();

/**
 * A text that Conforma's suite has recorded, as it would stand in a snapshot here: whoever prints the same, matches.
 * Its own layout and names are replaced by this project's, then it goes the way of all outputs.
 */
export function importedText(recorded: string): string {
  // A carriage return is recorded as these two characters; here it is left out.
  const text = recorded.replaceAll(/\\r$/gm, '');
  return normalise(laidOutWithNames(text), none);
}
