// SPDX-License-Identifier: Apache-2.0
import { relative } from 'node:path';
import { causeKey } from '../explore/cause.ts';
import { ExitStatus, StampedeError } from '../foundation/errors.ts';
import { seconds, type TerminalReport } from '../report/terminal.ts';
import { counted } from '../report/timeline/text.ts';
import type { Again } from '../reproduce/again.ts';
import { likelyFor } from '../reproduce/likelihood.ts';
import { symptomWords, type Report } from '../reproduce/report.ts';
import type { Finding, Searched, Tried } from '../reproduce/search.ts';
import { depth } from '../reproduce/search-order.ts';
import { wilsonInterval, type Count } from '../statistics/proportion.ts';

export function tellOfReport(report: Report, file: string, terminal: TerminalReport): void {
  terminal.line(`report     ${file}: ${report.title}`);
  terminal.line(`symptom    ${symptomWords(report.symptom)}`);
  const [first] = likelyFor(report);
  if (first !== undefined) terminal.line(`likeliest  ${first.strategy}: ${first.because}`);
}

/** Something is broken, and it is not what was reported. */
export function tellOfOther({ attempt, cause }: Finding, terminal: TerminalReport): void {
  terminal.line(`  another failure: ${causeKey(cause)}`);
  terminal.line(`    stored ${relative(process.cwd(), attempt.folder)}`);
}

/** What was tried when it did not come, and how sure that makes us. */
export function tellOfSearch({ others, tried }: Searched, terminal: TerminalReport): number {
  terminal.line(others.length > 0 ? `another failure found, not the reported one: ${counted(others.length, 'cause')}` : 'not reproduced');
  for (const line of sureness(tried)) terminal.line(`  ${line}`);
  if (others.length > 0) return ExitStatus.broken;
  return tried.isWhole && tried.unknown === 0 && tried.untraced === undefined ? ExitStatus.held : ExitStatus.unknown;
}

function sureness({ attempts, held, unknown, phases, random, missedByChance, untraced, isWhole, durationMs }: Tried): readonly string[] {
  return [
    `${counted(attempts, 'schedule')} in ${seconds(durationMs)}: ${phases.strategies} first ones of a strategy, ${phases.places} further places, ${phases['pairs and chance']} pairs of stops and random ones; ${held} held, ${unknown} could not be forced`,
    isWhole ? 'every schedule that stops one process once was tried, at the places that a calm run shows' : 'the budget was used up before all schedules that stop one process once were through: --budget takes more',
    ...(untraced === undefined ? [] : [`file calls could not be held: ${untraced}`]),
    ...(missedByChance === undefined ? [] : [`a bug that needs ${depth} orderings is missed by ${random} random schedules with a probability of ${missedByChance > 0.9999 ? 'almost 1' : missedByChance.toPrecision(2)} at most`]),
  ];
}

export function tellOfAgain(count: Again, terminal: TerminalReport): void {
  terminal.line(`reproduced ${rateOf(count)}`);
}

/** `5 of 5 times (57 % to 100 %)` */
export function rateOf(count: Count): string {
  const { low, high } = wilsonInterval(count);
  const percent = (rate: number): string => `${Math.round(rate * 100)} %`;
  return `${count.hits} of ${count.runs} times (${percent(low)} to ${percent(high)})`;
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/**
 * `90s`, `5m`, `1h` in milliseconds.
 * @throws StampedeError CONFIG_INVALID
 */
export function msOf(text: string): number {
  const [, number = '', unit = ''] = /^(\d{1,7})(ms|s|m|h)$/.exec(text) ?? [];
  const ms = Number(number) * (units[unit] ?? 0);
  if (ms > 0) return ms;
  throw new StampedeError('CONFIG_INVALID', `--budget ${text} is no time`, { hint: 'such as 90s, 5m, 1h' });
}
