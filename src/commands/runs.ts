// SPDX-License-Identifier: Apache-2.0
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { ExitStatus, StampedeError } from '../foundation/errors.ts';
import { root } from '../foundation/root.ts';
import { harmless } from '../report/terminal.ts';
import { counted } from '../report/timeline/text.ts';
import { asTyped, drawTimeline } from './draw-timeline.ts';
import { readStoredRuns, readTold } from './stored-runs.ts';

const usage = `npm run runs -- [RUN [PART]] [--store DIR]

What is stored of earlier commands, the latest last. With RUN, or the beginning of its name, or \`latest\`: what is in it, and what came of it. With PART besides, or the
beginning of its name: its verdicts, and its picture is drawn.

exit status: 0, 2 usage, 4 what is stored there is damaged
`;

const runForm = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-[\w.-]+$/;
const verdictShape = z.object({ verdict: z.enum(['held', 'broken', 'unknown']) });
const mostDepth = 4;

/** Something that was run, by its folder in the run's. */
interface Part {
  readonly name: string;
  /** `held`, `broken`, `unknown`; empty where none was stored. */
  readonly verdict: string;
}

/** `runs`: lists and opens what is stored. */
export async function runsCommand(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parse(argv);
  if (values.help === true) return say(usage);
  if (positionals.length > 2) throw refused(`a run and a part of it are named, not ${positionals.length} things`);
  const store = resolve(values.store ?? join(root, 'runs'));
  const runs = runsIn(store);
  const [named, partNamed] = positionals;
  if (named === undefined) return say(runs.length === 0 ? `nothing is stored in ${asTyped(store)}\n` : runs.map((run) => `${run}  ${summary(partsIn(join(store, run)))}\n`).join(''));
  const run = named === 'latest' && runs.length > 0 ? (runs.at(-1) as string) : oneOf(named, runs, `run in ${asTyped(store)}`);
  const parts = partsIn(join(store, run));
  if (partNamed === undefined) return say(`${run}  ${summary(parts)}\n${parts.map(({ name, verdict }) => `  ${verdict.padEnd(7)}  ${name}\n`).join('')}`);
  const part = oneOf(partNamed, parts.map(({ name }) => name), `part of ${run}`);
  return await open(join(store, run, part));
}

/** Its verdicts, and a picture of it. */
async function open(folder: string): Promise<number> {
  for (const { name, verdicts } of await readStoredRuns(folder)) {
    for (const { checker, verdict } of verdicts) {
      const why = verdict.verdict === 'held' ? '' : `: ${verdict.verdict === 'broken' ? verdict.sentence : verdict.reason}`;
      say(`  ${verdict.verdict.padEnd(7)}  ${name}  ${checker}${why.replaceAll(/\s*\n\s*/g, ' ')}\n`);
    }
  }
  return say(`stored     ${asTyped(folder)}\npicture    ${asTyped(await drawTimeline(folder, await readTold(folder)))}\n`);
}

function runsIn(store: string): readonly string[] {
  try {
    return readdirSync(store, { withFileTypes: true }).filter((entry) => entry.isDirectory() && runForm.test(entry.name)).map(({ name }) => name).sort();
  } catch (cause) {
    throw new StampedeError('CONFIG_INVALID', `${store} is not a folder that can be read`, { cause, hint: 'npm run runs -- --store DIR' });
  }
}

/** Folders with runs that belong together: those whose own folders, or that themselves, have a history. No link is followed. */
function partsIn(run: string): readonly Part[] {
  const found = new Set<string>();
  const walk = (folder: string, depth: number): void => {
    for (const entry of readdirSync(join(run, folder), { withFileTypes: true })) {
      if (entry.isFile() && entry.name === 'history.ndjson') found.add(/\/(?:before|scheduled|calm|run-\d+)$/.test(folder) ? dirname(folder) : folder);
      else if (entry.isDirectory() && depth < mostDepth) walk(join(folder, entry.name), depth + 1);
    }
  };
  walk('', 0);
  return [...found].sort().map((name) => ({ name, verdict: verdictOf(join(run, name)) }));
}

function verdictOf(folder: string): string {
  const file = join(folder, 'verdict.json');
  if (lstatSync(file, { throwIfNoEntry: false })?.isFile() !== true) return '';
  try {
    return verdictShape.parse(JSON.parse(readFileSync(file, 'utf8'))).verdict;
  } catch {
    return 'damaged';
  }
}

function summary(parts: readonly Part[]): string {
  const counts = ['broken', 'unknown', 'held', 'damaged'].map((verdict) => [parts.filter((part) => part.verdict === verdict).length, verdict] as const).filter(([count]) => count > 0);
  return [counted(parts.length, 'part'), ...counts.map(([count, verdict]) => `${count} ${verdict}`)].join(', ');
}

/** The whole name, or the beginning, or a folder's own name, of exactly one. */
function oneOf(named: string, names: readonly string[], what: string): string {
  const wanted = named.replace(/\/+$/, '');
  const found = names.includes(wanted) ? [wanted] : names.filter((name) => name.startsWith(wanted) || (name.split('/').at(-1) ?? '').startsWith(wanted));
  const [first] = found;
  if (first !== undefined && found.length === 1) return first;
  throw refused(found.length === 0 ? `no ${what} is named ${JSON.stringify(named)}` : `${JSON.stringify(named)} is the beginning of ${found.length}: ${found.slice(0, 3).join(', ')}`);
}

function say(text: string): number {
  process.stdout.write(harmless(text));
  return ExitStatus.held;
}

function refused(message: string): StampedeError {
  return new StampedeError('CONFIG_INVALID', message, { hint: 'npm run runs -- --help' });
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], allowPositionals: true, options: { store: { type: 'string' }, help: { type: 'boolean', short: 'h' } } });
  } catch (cause) {
    throw refused(cause instanceof Error ? cause.message : String(cause));
  }
}
