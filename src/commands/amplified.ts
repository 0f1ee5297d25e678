// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { amplifiedFile, type Amplified } from '../explore/amplify.ts';

/** How often commands of features could be run several times at once. */
export interface AmplifiedTally {
  readonly times: number;
  readonly amplified: number;
  /** Of those: how many read layers, so that they met at one and half-way through it. */
  readonly atLayers: number;
  /** Why others were not, and how many. */
  readonly not: ReadonlyMap<string, number>;
}

/** Sums up what the scenarios of a stored run noted, in whatever worker they ran. */
export async function tallyAmplified(runFolder: string, times: number): Promise<AmplifiedTally> {
  const folders = (await readdir(runFolder, { withFileTypes: true })).filter((folder) => folder.isDirectory());
  const texts = await Promise.all(folders.map(async ({ name }) => await readFile(join(runFolder, name, amplifiedFile), 'utf8').catch(() => '')));
  const notes = texts.flatMap((text) => text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Amplified));
  const not = new Map<string, number>();
  for (const note of notes) if ('reason' in note) not.set(note.reason, (not.get(note.reason) ?? 0) + 1);
  const done = notes.filter((note) => 'meetings' in note);
  return { times, amplified: done.length, atLayers: done.filter(({ meetings }) => meetings.length > 1).length, not };
}

/** `17 commands 4 times at once (3 at layers, 14 at their first request), 2 could not be (asks the registry for no image)` */
export function describeAmplified({ times, amplified, atLayers, not }: AmplifiedTally): string {
  const count = [...not.values()].reduce((sum, one) => sum + one, 0);
  const reasons = [...not].map(([reason, many]) => (not.size === 1 ? reason : `${many} ${reason}`));
  const where = amplified === 0 ? '' : ` (${atLayers} at layers, ${amplified - atLayers} at their first request)`;
  return `${amplified} command${amplified === 1 ? '' : 's'} ${times} times at once${where}${count === 0 ? '' : `, ${count} could not be (${reasons.join('; ')})`}`;
}
