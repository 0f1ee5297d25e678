// SPDX-License-Identifier: Apache-2.0
import { readFile, writeFile } from 'node:fs/promises';
import { StampedeError } from '../foundation/errors.ts';
import { seconds } from '../report/terminal.ts';
import { grouped } from '../report/timeline/text.ts';
import type { NotShown } from '../reproduce/not-shown.ts';
import { isOwnRace } from '../reproduce/own-race.ts';
import type { Cost, Pursuit } from '../reproduce/pursue.ts';
import type { Report } from '../reproduce/report.ts';
import type { Count } from '../statistics/proportion.ts';

/** What came of one report, or why nothing could. */
export interface CorpusRow {
  readonly name: string;
  readonly report: Report;
  /** Of the machine, in the minute before it ended: what the seconds have to be read with. */
  readonly load: number;
  readonly outcome: Pick<Pursuit, 'reproduction' | 'rate' | 'shrunk' | 'naive' | 'first' | 'small'> | string;
}

const heading = [
  '| report | class | subject or planted bug | schedule | its own race | first | again | smallest case | until then | nothing held | load |',
  '|---|---|---|---|---|---|---|---|---|---|---|',
];
const marks = { rows: ['<!-- rows -->', '<!-- end of rows -->'], missing: ['<!-- not shown -->', '<!-- end of not shown -->'] } as const;

/** As it stands in the table. */
export function wordsOf({ name, report, outcome, load }: CorpusRow): readonly string[] {
  const { source = '', link, class: rootCause = '', subject, plantedBug } = report;
  const told = [link === undefined ? `${name}: ${source}` : `${name}: [${source}](${link})`, rootCause, plantedBug ?? subject];
  if (typeof outcome === 'string') return [...told, `no: ${outcome}`, '', '', '', '', '', '', load.toFixed(1)];
  const { reproduction, rate, first, small, shrunk, naive } = outcome;
  if (reproduction === undefined) return [...told, 'no: not found within the budget', '', '', '', '', '', countOf(naive), load.toFixed(1)];
  const case_ = shrunk?.smallest;
  const sizes = case_ === undefined ? '' : `${case_.participants} × ${case_.shape.layers} × ${grouped(case_.shape.layerBytes)} bytes, ${countOf(shrunk?.stability)}`;
  return [...told, reproduction.attempt.schedule, ownWords(rootCause, reproduction.attempt.schedule), costOf(first), countOf(rate), sizes, costOf(small), countOf(naive), load.toFixed(1)];
}

/**
 * Puts rows into the table of a page, each in the place of the one of its name; rows of reports that are not there any more go.
 * @throws StampedeError CONFIG_INVALID for a page without the marks of a table
 */
export async function keepRows(page: string, rows: readonly CorpusRow[], names: readonly string[]): Promise<void> {
  const text = await textOf(page);
  const before = between(text, marks.rows, page).split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| report |'));
  const kept = new Map(before.map((line) => [/^\| ([^:|]+):/.exec(line)?.[1] ?? line, line] as const).filter(([name]) => names.includes(name)));
  for (const row of rows) kept.set(row.name, `| ${wordsOf(row).map(inCell).join(' | ')} |`);
  const sorted = [...kept].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, line]) => line);
  await writeFile(page, replaced(text, marks.rows, [...heading, ...sorted].join('\n')));
}

/** The same for those that no strategy shows. */
export async function keepNotShown(page: string, list: readonly NotShown[]): Promise<void> {
  const text = await textOf(page);
  between(text, marks.missing, page);
  const lines = list.map(({ source, link, class: rootCause, plantedBug, saw, needs }) => `| ${[`[${source}](${link})`, rootCause, plantedBug ?? '', saw, needs].map(inCell).join(' | ')} |`);
  await writeFile(page, replaced(text, marks.missing, ['| report | class | planted bug | what was seen | what it needs |', '|---|---|---|---|---|', ...lines].join('\n')));
}

function ownWords(rootCause: string, schedule: string): string {
  const isOwn = isOwnRace(rootCause, schedule);
  return isOwn === undefined ? '' : isOwn ? 'yes' : 'no, a weakness besides';
}

function costOf(cost: Cost | undefined): string {
  return cost === undefined ? '' : `${cost.runs} ${cost.runs === 1 ? 'run' : 'runs'}, ${seconds(cost.ms)}`;
}

function countOf(count: Count | undefined): string {
  return count === undefined ? '' : `${count.hits} of ${count.runs}`;
}

function inCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ');
}

async function textOf(page: string): Promise<string> {
  return await readFile(page, 'utf8').catch((cause: unknown) => {
    throw new StampedeError('CONFIG_INVALID', `no page can be read from ${page}`, { cause, hint: 'npm run corpus -- --out FILE keeps the table in another one' });
  });
}

function between(text: string, [begin, end]: readonly [string, string], page: string): string {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from === -1 || to < from) throw new StampedeError('CONFIG_INVALID', `${page} has no place for the table: ${begin} and ${end}`, { hint: 'as in docs/corpus.md' });
  return text.slice(from + begin.length, to);
}

function replaced(text: string, [begin, end]: readonly [string, string], by: string): string {
  return `${text.slice(0, text.indexOf(begin) + begin.length)}\n${by}\n${text.slice(text.indexOf(end))}`;
}
