// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import type { SnapshotMode } from '../config.ts';
import { featureName, placesIn } from '../scenario/places.ts';
import { settle, snapshotFile, type Settlement, type SnapshotRecord } from '../scenario/snapshot-book.ts';
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

/**
 * Writes what the workers compared, in one place and once; says what is obsolete. Only a feature whose scenarios all
 * ran and held can tell: an entry is obsolete when none of them asked for it.
 */
export async function settleSnapshots(settings: SnapshotSettings, result: FeaturesResult): Promise<readonly Settlement[]> {
  const records = await readRecords(settings.runFolder);
  return result.features.flatMap((document) => {
    const uri = document.uri ?? '';
    const feature = featureName(relative(settings.featuresFolder, resolve(settings.root, uri)));
    const held = result.outcomes.filter(({ verdict }) => verdict === 'held').map(({ at }) => at);
    const isComplete = [...placesIn(document, feature).values()].every(({ line }) => held.includes(`${uri}:${line}`));
    const file = snapshotFile(settings.snapshotsFolder, feature);
    const mine = records.filter((record) => record.file === file);
    return [settle(file, mine, { mode: settings.mode, isComplete })];
  });
}

async function readRecords(runFolder: string): Promise<readonly SnapshotRecord[]> {
  const folders = await readdir(runFolder, { withFileTypes: true });
  const texts = await Promise.all(
    folders
      .filter((folder) => folder.isDirectory())
      .map(async ({ name }) => await readFile(join(runFolder, name, snapshotRecordsFile), 'utf8').catch(() => '')),
  );
  return texts.flatMap((text) => text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as SnapshotRecord));
}
