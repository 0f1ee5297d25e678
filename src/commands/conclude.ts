// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Budget } from '../foundation/budget.ts';
import { ExitStatus, StampedeError } from '../foundation/errors.ts';
import type { ScenarioVerdict } from '../report/outcome.ts';
import type { Tally, TerminalReport } from '../report/terminal.ts';
import type { Settlement } from '../scenario/snapshot-book.ts';
import type { Selection } from './acceptance-options.ts';
import type { FeaturesResult } from './features.ts';

export interface Conclusion {
  readonly result: FeaturesResult;
  readonly settlements: readonly Settlement[];
  readonly selection: Selection;
  readonly budget: Budget;
  /** Shown after the counts: duration, seed, folder. */
  readonly tail: string;
  /** Gets `summary.json`: the counts, for programs. */
  readonly runFolder: string;
}

/**
 * Prints what failed, what happened to the snapshots, and the counts; returns the exit status.
 * Nothing selected, a scenario that never ended, a failure outside scenarios: none of them is green.
 * @throws StampedeError NOTHING_SELECTED
 */
export function conclude(report: TerminalReport, { result, settlements, selection: { dryRun, failFast, shard }, budget, tail, runFolder }: Conclusion): number {
  report.pending(result.outcomes);
  report.failures(result.outcomes);
  const problems = problemsOf(result);
  problems.forEach((problem) => report.line(`\nharness: ${problem}`));
  result.notes.forEach((note) => report.line(`\n${note}`));
  settlements.forEach((settlement) => sayWhatWasSettled(report, settlement));
  if (result.selected === 0 && problems.length === 0) {
    if (shard !== undefined && result.elsewhere > 0) {
      report.line(`\nnone of ${result.elsewhere} scenarios falls to shard ${shard.index}/${shard.count}: the others run them  ${tail}`);
      return ExitStatus.held;
    }
    throw new StampedeError('NOTHING_SELECTED', 'no scenario was selected', { hint: 'look at --tags, --name, --shard and the feature paths' });
  }
  const tally = tallyOf(result, problems.length);
  writeFileSync(join(runFolder, 'summary.json'), `${JSON.stringify(tally)}\n`);
  if (dryRun && tally.skipped === result.selected) {
    report.line(`\n${result.selected} scenarios, every step is known; nothing was run (dry run)  ${tail}`);
    return ExitStatus.held;
  }
  if (budget.isUsedUp && tally.skipped > 0 && !(failFast && tally.broken + tally.harness + tally.unknown > 0)) sayWhatWasLeftOut(report, result, { budget, runFolder });
  report.summary(tally, dryRun ? `dry run · ${tail}` : tail);
  return statusOf(tally);
}

function problemsOf({ outcomes, selected, success, problems }: FeaturesResult): readonly string[] {
  const lost = selected - outcomes.length;
  const found = [...problems];
  if (lost > 0) found.push(`WORKER_CRASHED: ${lost} of ${selected} scenarios never came to an end`);
  const allHeld = outcomes.every(({ verdict }) => verdict === 'held');
  if (!success && allHeld && found.length === 0) found.push('Cucumber reports a failure outside every scenario');
  return found;
}

function tallyOf({ outcomes }: FeaturesResult, problems: number): Tally {
  const count = (verdict: ScenarioVerdict): number => outcomes.filter((outcome) => outcome.verdict === verdict).length;
  return { held: count('held'), broken: count('broken'), unknown: count('unknown'), harness: count('harness') + problems, pending: count('pending'), skipped: count('skipped') };
}

/** A broken verdict is a finding, whatever else went wrong beside it. What is pending has not failed: it is told, and counted apart; a run that shows nothing else has shown nothing. */
function statusOf({ held, broken, unknown, harness, pending, skipped }: Tally): number {
  if (broken > 0) return ExitStatus.broken;
  if (harness > 0) return ExitStatus.harness;
  return unknown + skipped > 0 || (pending > 0 && held === 0) ? ExitStatus.unknown : ExitStatus.held;
}

const mostLeftOut = 20;
const leftOutName = 'left-out.txt';

/** Scenarios that there was no time for, as they can be run. */
function sayWhatWasLeftOut(report: TerminalReport, { outcomes }: FeaturesResult, { budget, runFolder }: Pick<Conclusion, 'budget' | 'runFolder'>): void {
  const leftOut = outcomes.filter(({ verdict }) => verdict === 'skipped');
  const file = join(runFolder, leftOutName);
  writeFileSync(file, leftOut.map(({ at }) => `${at}\n`).join(''));
  report.line(`\n${budget.words ?? ''} is used up, not begun: ${leftOut.length} of ${outcomes.length} scenarios`);
  leftOut.slice(0, mostLeftOut).forEach(({ at, title }) => report.line(`  ${at}  ${title}`));
  if (leftOut.length > mostLeftOut) report.line(`  and ${leftOut.length - mostLeftOut} more`);
  report.line(`  to run them: npm run acceptance -- @${report.short(file)}`);
}

function sayWhatWasSettled(report: TerminalReport, { file, written, updated, removed, obsolete }: Settlement): void {
  const changes = [`${written} written`, `${updated} updated`, `${removed} removed`].filter((change) => !change.startsWith('0 '));
  if (changes.length > 0) report.line(`\nsnapshots ${basename(file)}: ${changes.join(', ')}`);
  if (obsolete.length === 0 || removed > 0) return;
  report.line(`\nobsolete in ${basename(file)}, remove with --update-snapshots:`);
  obsolete.forEach((key) => report.line(`  ${key}`));
}
