// SPDX-License-Identifier: Apache-2.0
import { constants } from 'node:fs';
import { access, mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { describeError, ExitStatus, StampedeError } from '../foundation/errors.ts';
import type { NightSummary } from '../nightly/summary.ts';
import { cucumberMessages } from '../report/night/cucumber-messages.ts';
import { junitReport } from '../report/night/junit-report.ts';
import { markdownReport } from '../report/night/markdown-report.ts';
import { nightPage } from '../report/night/night-page.ts';
import { runsToDraw, type NightPicture, type NightPictures } from '../report/night/pictures.ts';
import { shellQuoted } from '../scenario/command-line.ts';
import { timelineExcerpt } from '../report/timeline.ts';
import { asTyped, drawTimeline } from './draw-timeline.ts';
import { readStoredRuns } from './stored-runs.ts';

/** Where reports of a night go; absolute. */
export interface ReportFiles {
  readonly html: string | undefined;
  readonly junit: string | undefined;
  readonly markdown: string | undefined;
  readonly messages: string | undefined;
  readonly json: string | undefined;
}

const mostExcerpts = 3;
const largestExcerpt = 400_000;

/**
 * Before a night begins, what is asked for is seen to have a place; in the morning it would be too late.
 * @throws StampedeError CONFIG_INVALID
 */
export async function requirePlaces(files: ReportFiles): Promise<void> {
  for (const [flag, file] of filesOf(files)) {
    const folder = dirname(file);
    const isFolder = (await stat(file).catch(() => undefined))?.isDirectory() ?? false;
    if (isFolder) throw new StampedeError('CONFIG_INVALID', `--${flag} ${file} is a folder`, { hint: 'give the name of a file' });
    await access(folder, constants.W_OK).catch((cause: unknown) => {
      throw new StampedeError('CONFIG_INVALID', `--${flag} ${file} has no folder that can be written to`, { cause, hint: `mkdir -p ${folder}` });
    });
  }
}

/** In the store, where the pictures are that it links to. */
export function pageInStore(store: string, night: string): string {
  return join(store, 'reports', `${night}.html`);
}

/**
 * Writes all that is asked for, and says where the page is. What can't be written is told on the standard error output and never hides a verdict: the
 * result is the night's exit status, or that of the harness where the night held.
 */
export async function writeReports(summary: NightSummary, store: string, files: ReportFiles): Promise<number> {
  const content: Readonly<Record<keyof ReportFiles, (file: string) => Promise<string> | string>> = {
    html: async (file) => nightPage(summary, await picturesOf(summary, store, file)),
    junit: () => junitReport(summary),
    markdown: () => markdownReport(summary),
    messages: () => cucumberMessages(summary),
    json: () => `${JSON.stringify(summary, null, 2)}\n`,
  };
  let status = summary.exitStatus;
  for (const [kind, file] of filesOf(files)) {
    try {
      if (file === pageInStore(store, summary.night.id)) await mkdir(dirname(file), { recursive: true });
      await writeFile(file, await content[kind](file));
    } catch (cause) {
      const error = new StampedeError('FOLDER_NOT_WRITABLE', `${file} can't be written`, { cause, hint: `npm run nightly -- report --night ${summary.night.id} --${kind} FILE` });
      process.stderr.write(`${describeError(error)}\n`);
      if (status === ExitStatus.held) status = ExitStatus.harness;
      continue;
    }
    if (kind === 'html') process.stdout.write(`report     ${asTyped(file)}\n`);
  }
  return status;
}

/** The page last, so that its path is the last line. */
function filesOf(files: ReportFiles): readonly (readonly [keyof ReportFiles, string])[] {
  return (['json', 'junit', 'markdown', 'messages', 'html'] as const).flatMap((kind) => {
    const file = files[kind];
    return file === undefined ? [] : [[kind, file] as const];
  });
}

/** The worst runs, drawn beside what is stored of them; of the first ones the picture is on the page as well. A run that can't be drawn has none. */
async function picturesOf(summary: NightSummary, store: string, page: string): Promise<NightPictures> {
  const pictures = new Map<string, NightPicture>();
  let excerpts = 0;
  for (const { id, folder } of runsToDraw(summary)) {
    const stored = join(store, folder ?? '');
    const again = summary.findings.find(({ examples }) => examples[0]?.id === id)?.replay ?? shellQuoted(['npm', 'run', 'explore', '--', '--replay', stored]);
    const drawn = await drawTimeline(stored, { again, failure: undefined }).catch(() => undefined);
    const excerpt = excerpts < mostExcerpts ? await excerptOf(stored) : undefined;
    if (excerpt !== undefined) excerpts += 1;
    if (drawn !== undefined || excerpt !== undefined) pictures.set(id, { href: drawn === undefined ? undefined : addressOf(relative(dirname(page), drawn)), excerpt });
  }
  return pictures;
}

async function excerptOf(stored: string): Promise<string | undefined> {
  const excerpt = await readStoredRuns(stored).then(timelineExcerpt, () => undefined);
  return excerpt === undefined || excerpt.length > largestExcerpt ? undefined : excerpt;
}

/** A path as an address relative to a page. */
function addressOf(path: string): string {
  return path.split(sep).map(encodeURIComponent).join('/');
}
