// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import type { KnownValues } from './known-values.ts';
import type { PerformedRun } from './run.ts';

/** A validator that was asked for its version is known by it from then on: `EC_VERSION` in snapshots. */
export async function learnVersion(values: KnownValues, { participants, results }: Pick<PerformedRun, 'participants' | 'results'>): Promise<void> {
  const [result] = results;
  if (result === undefined || participants[0]?.arguments[0] !== 'version') return;
  const version = versionIn(await readFile(result.stdoutFile, 'utf8'));
  if (version !== undefined) values.setForSnapshots('EC_VERSION', version);
}

/** The version in an output that is about it: alone, in a line `Version ...`, or in a JSON document. */
export function versionIn(output: string): string | undefined {
  const [, alone] = /^(\S*\d\S*)\s*$/.exec(output) ?? [];
  const [, named] = /^[{\s"]*version(?:"\s*:\s*"|:?\s+)([^\s",]+)/im.exec(output) ?? [];
  return named ?? alone;
}
