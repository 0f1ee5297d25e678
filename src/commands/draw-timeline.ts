// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { describeError, StampedeError } from '../foundation/errors.ts';
import type { ScenarioOutcome } from '../report/outcome.ts';
import type { Told } from '../report/timeline/headline.ts';
import { timelinePage } from '../report/timeline.ts';
import { readStoredRuns, toldFile } from './stored-runs.ts';

/** Draws what is stored in a folder; returns where the picture is. `file` is where it goes, if not beside the runs. */
export async function drawTimeline(folder: string, told: Told, file = join(folder, 'timeline.html')): Promise<string> {
  const page = timelinePage({ runs: await readStoredRuns(folder), ...told });
  await replaceFile(file, page);
  return file;
}

/**
 * Draws for those who show a failure, and stores what for. Returns its path as a person would type it, or why there is no picture: the failure
 * itself must not get lost because of a full disk.
 */
export async function pictureFor(folder: string, told: Told): Promise<string> {
  try {
    await replaceFile(join(folder, toldFile), `${JSON.stringify(told)}\n`);
    return asTyped(await drawTimeline(folder, told));
  } catch (error) {
    return `none: ${describeError(error).split('\n')[0] ?? ''}`;
  }
}

/** Scenarios that have not held and in which a validator was run, with a picture each. */
export async function withPictures(outcomes: readonly ScenarioOutcome[], again: string): Promise<readonly ScenarioOutcome[]> {
  return await Promise.all(
    outcomes.map(async (outcome) => {
      const { artifacts, failures, at } = outcome;
      if (artifacts === undefined || !existsSync(join(artifacts.folder, 'run-1', 'history.ndjson'))) return outcome;
      const [first] = failures;
      const failure = first === undefined ? undefined : `${inOneLine(first.message)} (${first.step})`;
      return { ...outcome, artifacts: { ...artifacts, picture: await pictureFor(artifacts.folder, { again: `${again} ${at}`, failure }) } };
    }),
  );
}

/** Its first line; where that only announces what a validator said, the code of it and the last one. */
function inOneLine(message: string): string {
  const lines = message.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('  try: '));
  const [first = '', last = ''] = [lines[0], lines.at(-1)];
  return first.endsWith(':') && last !== first ? `${first.slice(0, first.indexOf(':') + 1)} ${last.trim()}` : first;
}

/** From here, unless it is elsewhere. */
export function asTyped(path: string): string {
  const short = relative(process.cwd(), path);
  return short === '' || short.startsWith('..') ? path : short;
}

/** Whole or not at all; what has the name, as a link that leads elsewhere, is replaced and not followed. */
async function replaceFile(path: string, content: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, content, { flag: 'wx' });
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw new StampedeError('FOLDER_NOT_WRITABLE', `${path} can't be written`, { cause, hint: 'npm run picture -- FOLDER --out FILE' });
  }
}
