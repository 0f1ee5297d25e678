// SPDX-License-Identifier: Apache-2.0
import { cleanWords, percent, rateWords } from '../../nightly/rate-words.ts';
import type { RunVerdict } from '../../nightly/record.ts';
import type { Cell, Finding, NightSummary } from '../../nightly/summary.ts';
import { failing } from '../../nightly/verdict.ts';
import { counted, cut } from '../timeline/text.ts';
import { buildsSentence, cleanSentence, knownSentence, placeWords, totalRuns } from './words.ts';

/** A night in the words of build services, which know suites and cases and nothing between passed and failed. */
export interface NightCase {
  /** A target, or the night itself. */
  readonly suite: string;
  /** The same in every night, so that a service can draw a trend of it. */
  readonly name: string;
  /** `failed`: broken and not excused. `unknown`: why the night says too little. `skipped`: nothing that anybody has to act on, and not shown to be fine. */
  readonly outcome: 'passed' | 'failed' | 'unknown' | 'skipped';
  /** One line. */
  readonly message: string;
  readonly details: string;
  readonly durationMs: number;
}

const mostCases = 5000;
const mostTold = 5;
const mostListed = 20;
const longest = 300;

/**
 * One case for each target under each strategy, one for each finding that is not there tonight, and some for the night. Whatever the summary, the exit
 * status is 0 exactly where no case failed or is unknown.
 */
export function casesOf(summary: NightSummary): readonly NightCase[] {
  const found = [...cellCases(summary), ...goneCases(summary)];
  // What fails is never what is cut.
  const rank = (one: NightCase): number => (one.outcome === 'failed' ? 0 : 1);
  const kept = found.length > mostCases ? [...found].sort((one, other) => rank(one) - rank(other)).slice(0, mostCases) : found;
  return [...nightCases(summary), ...kept];
}

/** The same by suite: the night first, then each target. */
export function suitesOf(summary: NightSummary): ReadonlyMap<string, readonly NightCase[]> {
  const suites = new Map<string, NightCase[]>();
  for (const one of casesOf(summary)) {
    const suite = suites.get(one.suite);
    if (suite === undefined) suites.set(one.suite, [one]);
    else suite.push(one);
  }
  return suites;
}

function cellCases({ matrix, findings }: NightSummary): readonly NightCase[] {
  const cells = new Map<string, { readonly cell: Cell; readonly findings: Finding[] }>();
  const keyOf = (target: string, strategy: string): string => JSON.stringify([target, strategy]);
  for (const cell of matrix) cells.set(keyOf(cell.target, cell.strategy), { cell, findings: [] });
  for (const finding of findings.filter(({ status }) => status === 'known' || failing.includes(status))) {
    const [target, strategy] = [finding.target.name, finding.cause.strategy];
    const at = cells.get(keyOf(target, strategy)) ?? { cell: { target, strategy, counts: { held: 0, broken: finding.rate.hits, unknown: 0, harness: 0 }, durationMs: 0 }, findings: [] };
    at.findings.push(finding);
    cells.set(keyOf(target, strategy), at);
  }
  return [...cells.values()].map(({ cell, findings: here }) => cellCase(cell, here));
}

function cellCase({ target, strategy, counts, durationMs }: Cell, findings: readonly Finding[]): NightCase {
  const bad = findings.filter(({ status }) => failing.includes(status));
  const told = (bad.length > 0 ? bad : findings).slice(0, mostTold).map(findingWords).join('\n\n');
  const details = [told, ...(findings.length > mostTold ? [`and ${findings.length - mostTold} more`] : []), countWords(counts)].filter((part) => part !== '').join('\n\n');
  const of = { suite: target, name: oneLine(strategy), details, durationMs };
  const [first] = bad.length > 0 ? bad : findings;
  if (bad.length > 0 && first !== undefined) return { ...of, outcome: 'failed', message: `${bad.length === 1 ? '' : `${bad.length} findings, the first: `}${first.status}: ${oneLine(first.sentence)}` };
  if (first !== undefined) return { ...of, outcome: 'skipped', message: `known: ${oneLine(knownSentence(first))}` };
  if (counts.held + counts.broken === 0) return { ...of, outcome: 'skipped', message: `nothing is known: all of ${counted(totalRuns(counts), 'run')} are unknown` };
  return { ...of, outcome: 'passed', message: cleanWords(counts.held + counts.broken) };
}

function goneCases({ findings }: NightSummary): readonly NightCase[] {
  return findings.filter(({ status }) => status === 'gone' || status === 'not-run').map((finding) => {
    const isFixed = finding.status === 'gone' && finding.clean.isFixed;
    const name = oneLine(`${placeWords(finding.cause)}: ${finding.cause.symptom}`);
    return { suite: finding.target.name, name, outcome: isFixed ? 'passed' : 'skipped', message: finding.status === 'gone' ? cleanSentence(finding) : 'seen before, and nobody looked there tonight', details: findingWords(finding), durationMs: 0 };
  });
}

function nightCases(summary: NightSummary): readonly NightCase[] {
  const { night, counts, unknown, missingShards, verdict, reasons, vanished } = summary;
  const shown = counts.held + counts.broken;
  const of = { suite: night.id, durationMs: 0, details: '' };
  const judged = (name: string, isFine: boolean, message: string, details = ''): NightCase => ({ ...of, name, outcome: isFine ? 'passed' : 'unknown', message, details });
  const listed = unknown.reasons.map(({ sentence, runs }) => `${counted(runs, 'run')}: ${cut(sentence, longest)}`).join('\n');
  return [
    judged('enough is known', shown > 0, `${counted(shown, 'run')} came to held or broken`),
    judged('the share of unknown runs', !unknown.isAbove, `${percent(unknown.share)} are unknown, ${percent(unknown.allowed)} are allowed`, listed),
    judged('all shards are there', missingShards.length === 0, missingShards.length === 0 ? 'none is missing' : `${counted(missingShards.length, 'shard')} missing or open`, missingShards.slice(0, mostListed).map(({ command }) => command).join('\n')),
    judged('the harness', verdict !== 'harness', verdict === 'harness' ? oneLine(reasons.join('; ')) : 'came to the end'),
    ...vanished.slice(0, mostListed).map(({ known, cleanRuns }): NightCase => ({ ...of, name: oneLine(`known issue ${known.issue}`), outcome: 'skipped', message: `listed as known and not seen: ${cleanWords(cleanRuns)}` })),
  ];
}

function findingWords(finding: Finding): string {
  const { status, target, cause, sentence, rate, replay } = finding;
  const known = knownSentence(finding);
  return [
    `${status}: ${cut(sentence, longest)}`,
    `${target.name} ${target.build}, ${placeWords(cause)}`,
    rate.hits > 0 ? `broken in ${rateWords(rate)}` : cleanSentence(finding),
    buildsSentence(finding),
    ...(known === '' ? [] : [known]),
    ...(replay === '' ? [] : [`again: ${replay}`]),
  ].join('\n');
}

function countWords(counts: Readonly<Record<RunVerdict, number>>): string {
  return `${counts.held} held, ${counts.broken} broken, ${counts.unknown} unknown, ${counts.harness} failed for reasons of the harness`;
}

function oneLine(text: string): string {
  return cut(text.replaceAll(/\s+/g, ' '), longest);
}
