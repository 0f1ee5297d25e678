// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import type { SnapshotMode } from '../config.ts';
import { featureName, placesIn } from '../scenario/places.ts';
import { settle, type Settlement, type SnapshotRecord } from '../scenario/snapshot-book.ts';
import { snapshotFile } from '../scenario/snapshot-file.ts';
import type { FeaturesResult } from './features.ts';

export interface SnapshotSettings {
  readonly root: string;
  readonly featuresFolder: string;
  readonly snapshotsFolder: string;
  readonly runFolder: string;
  readonly mode: SnapshotMode;
}

/** File in a scenario's folder of the stored run, one comparison a line. */
export const snapshotRecordsFile = 'snapshots.ndjson';

/** A comparison and the scenario, by its id, that made it. */
interface Made {
  readonly scenario: string;
  readonly record: SnapshotRecord;
}

/**
 * Writes what the workers compared, in one place and once; says what is obsolete. What a scenario compared that did
 * not hold is no example of anything, so it is not written. Only a feature whose scenarios all ran and held can tell
 * what is obsolete: an entry that none of them asked for.
 */
export async function settleSnapshots(settings: SnapshotSettings, result: FeaturesResult): Promise<readonly Settlement[]> {
  const made = await readRecords(settings.runFolder);
  const held = new Set(result.outcomes.filter(({ verdict }) => verdict === 'held').map(({ at }) => at));
  return result.features.map((document) => {
    const uri = document.uri ?? '';
    const feature = featureName(relative(settings.featuresFolder, resolve(settings.root, uri)));
    const places = [...placesIn(document, feature).values()];
    const good = places.filter(({ line }) => held.has(`${uri}:${line}`));
    const records = made.filter(({ scenario }) => good.some(({ id }) => id === scenario)).map(({ record }) => record);
    return settle(snapshotFile(settings.snapshotsFolder, feature), records, { mode: settings.mode, isComplete: good.length === places.length });
  });
}

async function readRecords(runFolder: string): Promise<readonly Made[]> {
  const folders = (await readdir(runFolder, { withFileTypes: true })).filter((folder) => folder.isDirectory());
  const read = folders.map(async ({ name }) => {
    const text = await readFile(join(runFolder, name, snapshotRecordsFile), 'utf8').catch(() => '');
    return text.split('\n').filter((line) => line !== '').map((line) => ({ scenario: name, record: JSON.parse(line) as SnapshotRecord }));
  });
  return (await Promise.all(read)).flat();
}
