// SPDX-License-Identifier: Apache-2.0
import { monotonicMs } from '../foundation/clock.ts';
import { causeKey } from '../explore/cause.ts';
import type { RunRecord, ShardRecord } from '../nightly/record.ts';
import type { TerminalReport } from '../report/terminal.ts';

export interface ProgressSettings {
  readonly report: TerminalReport;
  readonly quiet: boolean;
  readonly isTerminal: boolean;
  /** Of the terminal, as wide as it is by now. */
  readonly columns: () => number;
  readonly planned: number;
  readonly budgetMs: number;
  /** Of earlier parts of the same night. */
  readonly earlier: { readonly done: number; readonly busyMs: number };
}

/** In a log, a line of progress every so often. */
const everyMs = 30_000;

/** Says how far a night has come, and each finding when it is first seen. */
export class NightProgress {
  readonly #settings: ProgressSettings;
  readonly #startedMs = monotonicMs();
  readonly #causes = new Set<string>();
  readonly #counts = { held: 0, broken: 0, unknown: 0, harness: 0 };
  #lastLineMs = monotonicMs();
  #made = 0;

  constructor(settings: ProgressSettings) {
    this.#settings = settings;
  }

  run(run: RunRecord, { done }: ShardRecord): void {
    const { report, quiet, isTerminal, planned, columns } = this.#settings;
    this.#made += 1;
    this.#counts[run.verdict] += 1;
    this.#tell(run);
    if (isTerminal) return report.live(barred(this.#line(done), done / planned, columns()));
    if (quiet || monotonicMs() - this.#lastLineMs < everyMs) return;
    this.#lastLineMs = monotonicMs();
    report.line(`  ${this.#line(done)}`);
  }

  /** Once for each cause; what is unknown is counted. */
  #tell(run: RunRecord): void {
    const { report } = this.#settings;
    const mark = { held: '', broken: '✘ broken ', unknown: '? unknown', harness: '! harness' }[run.verdict];
    const key = run.cause === null ? `${run.target} ${run.verdict} ${run.sentence?.replaceAll(/\d+/g, 'N')}` : `${run.target} ${causeKey(run.cause)}`;
    if (run.verdict === 'held' || this.#causes.has(key)) return;
    this.#causes.add(key);
    report.line(`${mark}  ${run.target} ${run.schedule}  ${run.sentence ?? ''}`);
  }

  #line(done: number): string {
    const { planned, budgetMs, earlier } = this.#settings;
    const perRun = (monotonicMs() - this.#startedMs) / this.#made;
    const leftMs = Math.min((planned - done) * perRun, budgetMs - earlier.busyMs - (monotonicMs() - this.#startedMs));
    const { broken, unknown, harness } = this.#counts;
    return `${done} of ${planned} done, ${broken} broken, ${unknown} unknown${harness === 0 ? '' : `, ${harness} failed`}, ${Math.round(60_000 / perRun)} a minute, ${timeLeft(leftMs)} left`;
  }
}

const widestBar = 24;
const narrowestBar = 6;

/** A bar before the words, as wide as they leave room for; where they leave none, the words alone. */
export function barred(words: string, share: number, columns: number): string {
  const room = Math.min(widestBar, columns - words.length - 6);
  if (room < narrowestBar) return ` ${words}`;
  const full = Math.floor(Math.min(1, Math.max(0, share)) * room);
  return ` [${'='.repeat(full)}${' '.repeat(room - full)}] ${words}`;
}

export function timeLeft(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
