// SPDX-License-Identifier: Apache-2.0
import type { TerminalReport } from '../report/terminal.ts';
import { counted } from '../report/timeline/text.ts';
import { doubt, type Bisected, type Judged } from '../reproduce/bisect.ts';
import type { Build } from '../reproduce/builds.ts';
import type { Case } from '../reproduce/case.ts';
import { symptomWords, type Report } from '../reproduce/report.ts';
import type { Count } from '../statistics/proportion.ts';
import { rateOf } from './reproduce-words.ts';

/** All that a bisection has come to. */
export interface Outcome {
  readonly report: Report;
  readonly builds: readonly Build[];
  readonly found: Case;
  readonly atBadEnd: Count;
  readonly judged: ReadonlyMap<number, Judged>;
  readonly bisected: Bisected;
}

export function tellOfBuild(name: string, judged: Judged, terminal: TerminalReport): void {
  terminal.line(`  ${name}  ${wordsOf(judged)}`);
}

function wordsOf(judged: Judged): string {
  switch (judged.kind) {
    case 'bad':
      return `bad: it shows in run ${judged.runs}`;
    case 'good':
      return `good: not once in ${counted(judged.runs, 'run')}`;
    case 'skipped':
      return `skipped: ${judged.why}`;
  }
}

/** What was found, how surely, and a paragraph to paste. */
export function tellOfBisected(outcome: Outcome, terminal: TerminalReport): void {
  const { builds, bisected: { firstBad, lastGood, between } } = outcome;
  const nameOf = (build: number): string => builds[build]?.name ?? '';
  terminal.line(between.length === 0 ? `first bad  ${nameOf(firstBad)}; ${nameOf(lastGood)} is good` : `first bad  one of ${[...between, firstBad].map(nameOf).join(', ')}; ${nameOf(lastGood)} is good`);
  terminal.line(`sure       ${sureWords(outcome)}`);
  terminal.line(`\nTo paste:\n\n${paragraph(outcome)}`);
}

function sureWords({ atBadEnd, judged }: Outcome): string {
  const good = [...judged.values()].flatMap((one) => (one.kind === 'good' ? [one.runs] : []));
  return `bad ones have shown it; that one of ${good.length} called good is not, has a probability of ${(doubt(atBadEnd, good) * 100).toFixed(1)} % at most`;
}

function paragraph(outcome: Outcome): string {
  const { report, builds, found, atBadEnd, judged, bisected: { firstBad, lastGood, between } } = outcome;
  const nameOf = (build: number): string => builds[build]?.name ?? '';
  const first = judged.get(firstBad);
  const last = judged.get(lastGood);
  const skipped = [...judged].flatMap(([build, one]) => (one.kind === 'skipped' ? [`${nameOf(build)} (${one.why})`] : []));
  return [
    `"${report.title}" first shows in ${between.length === 0 ? nameOf(firstBad) : `one of ${[...between, firstBad].map(nameOf).join(', ')}`}, and not in ${nameOf(lastGood)}.`,
    `The symptom: ${symptomWords(report.symptom)}.`,
    `Forced by the schedule ${found.schedule} with ${found.participants} processes, ${nameOf(builds.length - 1)} shows it ${rateOf(atBadEnd)}${firstBad === builds.length - 1 || first?.kind !== 'bad' ? '' : `, ${nameOf(firstBad)} in run ${first.runs}`}; ${nameOf(lastGood)} not once in ${last?.kind === 'good' ? last.runs : 0}.`,
    `Of ${builds.length} builds ${judged.size} were tried${skipped.length === 0 ? '' : `, and nothing can be said of ${skipped.join(', ')}`}.`,
    `The probability that a build was called good by mistake is ${(doubt(atBadEnd, [...judged.values()].flatMap((one) => (one.kind === 'good' ? [one.runs] : []))) * 100).toFixed(1)} % at most.`,
  ].join(' ');
}
