// SPDX-License-Identifier: Apache-2.0
import { relative } from 'node:path';
import type { Attempt } from '../explore/attempt.ts';
import { causeKey, causeOf } from '../explore/cause.ts';
import { idOf } from '../explore/schedule.ts';
import { ExitStatus, StampedeError } from '../foundation/errors.ts';
import { seconds, type TerminalReport } from '../report/terminal.ts';
import { counted, grouped } from '../report/timeline/text.ts';
import type { Size } from '../reproduce/case.ts';
import { likelyFor } from '../reproduce/likelihood.ts';
import { symptomWords, type Report } from '../reproduce/report.ts';
import type { Cost, Naive, Pursuit } from '../reproduce/pursue.ts';
import type { Finding, Reproduction, Tried } from '../reproduce/search.ts';
import type { Shrunk, Step } from '../reproduce/shrink.ts';
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

/** The first attempt that shows it. */
export function tellOfFound({ schedule, attempt }: Reproduction, { runs, ms }: Cost, { participants }: Size, terminal: TerminalReport): void {
  terminal.line(`found      ${idOf(schedule)} of ${participants} processes, after ${counted(runs, 'run')} and ${seconds(ms)}`);
  terminal.line(`stored     ${relative(process.cwd(), attempt.folder)}`);
}

export function tellOfRate(rate: Count, naive: Naive | undefined, terminal: TerminalReport): void {
  terminal.line(`reproduced ${rateOf(rate)}`);
  if (naive === undefined) return;
  const first = naive.firstMs === undefined ? '' : `, first after ${seconds(naive.firstMs)}`;
  terminal.line(`by luck    ${rateOf(naive)} with nothing held${first}; ${seconds(naive.ms)} for all`);
}

export function tellOfStep({ words, isKept, count, because }: Step, terminal: TerminalReport): void {
  terminal.line(`  ${isKept ? 'smaller  ' : 'needed   '}  ${words}: ${because ?? `${count.hits} of ${count.runs}`}`);
}

export function tellOfShrunk({ smallest, stability, runs }: Shrunk, { small, control }: Pick<Pursuit, 'small' | 'control'>, terminal: TerminalReport): void {
  const { participants, shape, schedule, forced } = smallest;
  const gates = forced === undefined ? '' : `, of its gates ${forced.gates.map(({ name }) => `"${name}"`).join(' and ')} alone`;
  terminal.line(`smallest   ${schedule}${gates}: ${counted(participants, 'process').replace('processs', 'processes')}, ${counted(shape.layers, 'layer')} of ${grouped(shape.layerBytes)} bytes in each image${shape.flags.length === 0 ? '' : `, flags ${shape.flags.join(' ')}`}`);
  terminal.line(`           found with ${counted(runs, 'run')} more${small === undefined ? '' : `, ${seconds(small.ms)} after the beginning`}`);
  terminal.line(`stable     ${rateOf(stability)}`);
  if (stability.missed !== undefined) terminal.line(`           not in ${relative(process.cwd(), stability.missed.folder)}: ${shownBy(stability.missed)}`);
  if (control !== undefined) terminal.line(`control    ${rateOf(control)} without the planted bug${control.hits === 0 ? '' : ': it is not of that bug'}`);
}

/** What an attempt shows in place of what was wanted. */
function shownBy({ schedule, verdict, verdicts }: Attempt): string {
  const cause = causeOf(schedule, verdicts);
  if (cause !== undefined) return causeKey(cause);
  const [unknown] = verdicts.flatMap(({ checker, verdict: said }) => (said.verdict === 'unknown' ? [`${checker}: ${said.reason}`] : []));
  return unknown === undefined ? verdict : `${verdict}, ${unknown}`;
}

/** What was tried when it did not come, and how sure that makes us. */
export function tellOfSearches({ report, others, searches }: Pick<Pursuit, 'report' | 'others' | 'searches'>, terminal: TerminalReport): number {
  terminal.line(others.length > 0 ? `another failure found, not the reported one: ${counted(others.length, 'cause')}` : 'not reproduced: this was tried');
  for (const { tried, settings } of searches) for (const line of sureness(tried, settings.workload.participants.length)) terminal.line(`  ${line}`);
  if (report.workload.untouched === true) terminal.line('  what damages or removes entries from outside, or fails file calls, was left out, as the report says that nothing did');
  if (others.length > 0) return ExitStatus.broken;
  const last = searches.at(-1)?.tried;
  return last?.isWhole === true && last.unknown === 0 && last.untraced === undefined ? ExitStatus.held : ExitStatus.unknown;
}

function sureness({ attempts, held, unknown, phases, random, missedByChance, untraced, isWhole, durationMs }: Tried, participants: number): readonly string[] {
  return [
    `${participants} processes: ${counted(attempts, 'schedule')} in ${seconds(durationMs)}, ${phases.strategies} likely ones and first ones of a strategy, ${phases.places} further places, ${phases['pairs and chance']} pairs of stops and random ones; ${held} held, ${unknown} could not be forced`,
    ...(isWhole ? ['every schedule that stops one process once was tried, at the places that a calm run shows'] : phases.places > 0 ? ['the budget was used up before every schedule that stops one process once was tried: --budget takes more'] : []),
    ...(untraced === undefined ? [] : [`file calls could not be held: ${untraced}`]),
    ...(missedByChance === undefined ? [] : [`a bug that needs ${depth} orderings is missed by ${random} random schedules with a probability of ${missedByChance > 0.9999 ? 'almost 1' : missedByChance.toPrecision(2)} at most`]),
  ];
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
export function msOf(text: string, flag = 'budget'): number {
  const [, number = '', unit = ''] = /^(\d{1,7})(ms|s|m|h)$/.exec(text) ?? [];
  const ms = Number(number) * (units[unit] ?? 0);
  if (ms > 0) return ms;
  throw new StampedeError('CONFIG_INVALID', `--${flag} ${text} is no time`, { hint: 'such as 90s, 5m, 1h' });
}
