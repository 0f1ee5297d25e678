// SPDX-License-Identifier: Apache-2.0
import { percent, rateWords } from '../../nightly/rate-words.ts';
import type { Finding, NightSummary } from '../../nightly/summary.ts';
import { counted, cut, grouped } from '../timeline/text.ts';
import { buildsSentence, cleanSentence, knownSentence, placeWords, span, statuses, statusWords, totalRuns, verdictSigns } from './words.ts';

const mostFindings = 20;
const mostRows = 30;
const longest = 200;
/** GitHub drops a summary of more than 1 MiB; nobody reads this much, either. */
const mostBytes = 60_000;

/** A night for the page of a CI job. All that comes from elsewhere stands in code, where it is no markup and calls nobody. */
export function markdownReport(summary: NightSummary): string {
  const parts = [headOf(summary), unknownOf(summary), ...findingsOf(summary), targetsOf(summary), shardsOf(summary)].filter((part) => part !== '');
  let text = '';
  for (const [index, part] of parts.entries()) {
    if (Buffer.byteLength(text) + Buffer.byteLength(part) > mostBytes) return `${text}… and ${counted(parts.length - index, 'part')} more: see the page of the night\n`;
    text += `${part}\n\n`;
  }
  return text;
}

function headOf({ verdict, reasons, night, counts, time, findings }: NightSummary): string {
  const told = statuses.flatMap((status) => {
    const count = findings.filter((one) => one.status === status).length;
    return count === 0 ? [] : [`${count} ${status}`];
  });
  return [
    `## ${verdictSigns[verdict]}: night ${code(night.id)}`,
    '',
    ...reasons.slice(0, 10).map((reason) => `- ${code(reason)}`),
    '',
    `${counted(totalRuns(counts), 'run')}: ${grouped(counts.held)} held, ${grouped(counts.broken)} broken, ${grouped(counts.unknown)} unknown, ${grouped(counts.harness)} failed for reasons of the harness, in ${span(time.busyMs)}. Findings: ${told.join(', ') || 'none'}.`,
  ].join('\n');
}

function unknownOf({ unknown }: NightSummary): string {
  if (unknown.share === 0) return '';
  const head = unknown.isAbove ? `> [!WARNING]\n> ${percent(unknown.share)} of the runs are unknown, and ${percent(unknown.allowed)} are allowed: this night shows too little.` : `${percent(unknown.share)} of the runs are unknown (${percent(unknown.allowed)} are allowed).`;
  return [head, '', ...unknown.reasons.slice(0, 5).map(({ sentence, runs }) => `- ${counted(runs, 'run')}: ${code(sentence)}`)].join('\n');
}

function findingsOf({ findings }: NightSummary): readonly string[] {
  const more = findings.length - mostFindings;
  return [...findings.slice(0, mostFindings).map(findingOf), ...(more > 0 ? [`… and ${counted(more, 'finding')} more`] : [])];
}

function findingOf(finding: Finding): string {
  const { status, target, cause, sentence, rate, replay } = finding;
  const known = knownSentence(finding);
  return [
    `### ${statusWords[status].sign} ${status}: ${code(target.name)} ${code(placeWords(cause))}`,
    '',
    code(sentence),
    '',
    `- ${rate.hits > 0 ? `broken in ${rateWords(rate)}` : cleanSentence(finding)}`,
    `- ${code(buildsSentence(finding))}`,
    ...(known === '' ? [] : [`- ${code(known)}`]),
    ...(replay === '' || rate.hits === 0 ? [] : ['', fenced(replay)]),
  ].join('\n');
}

function targetsOf({ targets }: NightSummary): string {
  const rows = targets.slice(0, mostRows).map(({ target, counts, rate }) => `| ${cell(target.name)} | ${cell(target.build)} | ${rateWords(rate)} | ${grouped(counts.unknown + counts.harness)} |`);
  const more = targets.length - mostRows;
  return ['| target | build | broken | unknown |', '|---|---|---|---:|', ...rows, ...(more > 0 ? ['', `… and ${counted(more, 'target')} more`] : [])].join('\n');
}

function shardsOf({ missingShards }: NightSummary): string {
  if (missingShards.length === 0) return '';
  const more = missingShards.length - mostRows;
  return [`### ${counted(missingShards.length, 'shard')} missing or open`, '', fenced(missingShards.slice(0, mostRows).map(({ command }) => command).join('\n')), ...(more > 0 ? [`… and ${more} more`] : [])].join('\n');
}

/** A line of code: between more backticks than are in it. https://spec.commonmark.org/0.31.2/#code-spans */
function code(text: string): string {
  const line = cut(text.replaceAll(/\s+/g, ' '), longest).trim();
  const marks = '`'.repeat(longestRun(line) + 1);
  // Against a backtick at an end; one space at each end is taken away again.
  const edge = line.startsWith('`') || line.endsWith('`') || line === '' ? ' ' : '';
  return `${marks}${edge}${line}${edge}${marks}`;
}

/** In a table a bar ends a cell even in code. */
function cell(text: string): string {
  return code(text).replaceAll('|', '\\|');
}

function fenced(text: string): string {
  const marks = '`'.repeat(Math.max(3, longestRun(text) + 1));
  return `${marks}sh\n${text.split('\n').map((line) => cut(line, 2000)).join('\n')}\n${marks}`;
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([marks]) => marks.length));
}
