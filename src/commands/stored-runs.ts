// SPDX-License-Identifier: Apache-2.0
import { lstat, readdir, readFile } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import * as z from 'zod';
import type { NamedVerdict } from '../checkers/checker.ts';
import { StampedeError } from '../foundation/errors.ts';
import { requireShapes } from '../history/event-shapes.ts';
import { readHistory } from '../history/store.ts';
import type { Told } from '../report/timeline/headline.ts';
import type { DrawnRun } from '../report/timeline/run-view.ts';

/** Beside a picture: what it was drawn for, so that it can be drawn again. */
export const toldFile = 'told.json';

const historyFile = 'history.ndjson';
const mostBytes = 256 * 1024 * 1024;

/** Folders of runs that belong together: those of an explored schedule, those of a scenario. */
const partForm = /^(?:before|scheduled|calm|run-\d{1,6})$/;

const verdictsShape = z.array(
  z.object({
    checker: z.string(),
    verdict: z.discriminatedUnion('verdict', [
      z.object({ verdict: z.literal('held') }),
      z.object({ verdict: z.literal('broken'), sentence: z.string(), events: z.array(z.number()) }),
      z.object({ verdict: z.literal('unknown'), reason: z.string() }),
    ]),
  }),
);

const toldShape = z.object({ again: z.string().optional(), failure: z.string().optional() });

/**
 * The runs that are stored in a folder: its own, or those in its folders `scheduled`, `calm`, `run-1` and so on. What is there may come from anywhere.
 * @throws StampedeError CONFIG_INVALID where there is none; HISTORY_CORRUPT for what can't have been stored by a run
 */
export async function readStoredRuns(folder: string): Promise<readonly DrawnRun[]> {
  if (await isThere(join(folder, historyFile))) return [await readRun(folder)];
  const parts = (await foldersIn(folder)).filter((name) => partForm.test(name));
  const withHistory: string[] = [];
  for (const part of parts) if (await isThere(join(folder, part, historyFile))) withHistory.push(part);
  if (withHistory.length === 0) throw await nothingThere(folder);
  return await Promise.all(withHistory.sort(inOrder).map(async (part) => await readRun(join(folder, part))));
}

/** What the picture was drawn for, if it was before. A command is shown again only if nothing in it means anything to a shell. */
export async function readTold(folder: string): Promise<Told> {
  const path = join(folder, toldFile);
  const told = (await isThere(path)) ? shaped(toldShape, await readDocument(path), path) : {};
  const isPlain = /^npm run [\w:-]+( [\w@%+=:,./-]+)*$/.test(told.again ?? '');
  return { again: isPlain ? told.again : undefined, failure: told.failure };
}

async function readRun(folder: string): Promise<DrawnRun> {
  const [history, plan, verdicts] = [historyFile, 'plan.json', 'verdicts.json'].map((name) => join(folder, name)) as [string, string, string];
  await requireFile(history);
  return {
    name: basename(resolve(folder)),
    history: requireShapes(readHistory(history), history),
    plan: (await isThere(plan)) ? await readDocument(plan) : undefined,
    verdicts: (await isThere(verdicts)) ? shaped<readonly NamedVerdict[]>(verdictsShape, await readDocument(verdicts), verdicts) : [],
  };
}

/** `before`, `scheduled`, `calm`; `run-2` before `run-10`. */
function inOrder(one: string, other: string): number {
  const rank = (name: string): number => ['before', 'scheduled', 'calm'].indexOf(name) + 1 || Number(name.slice('run-'.length));
  return rank(one) - rank(other);
}

async function isThere(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined;
}

/** A link may lead anywhere, and a pipe is never read to its end. */
async function requireFile(path: string): Promise<void> {
  const found = await lstat(path);
  if (!found.isFile()) throw new StampedeError('HISTORY_CORRUPT', `${path} is not a file`);
  if (found.size > mostBytes) throw new StampedeError('HISTORY_CORRUPT', `${path} has ${found.size} bytes: no run stores more than ${mostBytes}`);
}

async function readDocument(path: string): Promise<unknown> {
  await requireFile(path);
  try {
    return JSON.parse(await readFile(path, 'utf8')) as unknown;
  } catch (cause) {
    throw new StampedeError('HISTORY_CORRUPT', `${path} is not JSON`, { cause });
  }
}

function shaped<T>(shape: z.ZodType<T>, document: unknown, path: string): T {
  const { success, data, error } = shape.safeParse(document);
  if (success) return data;
  const [issue] = error.issues;
  throw new StampedeError('HISTORY_CORRUPT', `${path} is not what a run stores: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
}

async function foldersIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch (cause) {
    throw new StampedeError('CONFIG_INVALID', `${folder} is not a folder that can be read`, { cause, hint: 'give the folder that a failure names after `stored` or `artifacts`' });
  }
}

/** Says where there are some, if below. */
async function nothingThere(folder: string): Promise<StampedeError> {
  const below = (await readdir(folder, { recursive: true, withFileTypes: true })).filter(({ name }) => name === historyFile);
  const first = below.slice(0, 3).map(({ parentPath }) => relative(process.cwd(), parentPath) || '.');
  const hint = first.length === 0 ? 'give the folder that a failure names after `stored` or `artifacts`' : `there are ${below.length} below it, such as ${first.join(', ')}`;
  return new StampedeError('CONFIG_INVALID', `no ${historyFile} is in ${folder}, nor in folders of runs in it`, { hint });
}
