// SPDX-License-Identifier: Apache-2.0
import { relative } from 'node:path';
import pc from 'picocolors';
import type { ScenarioFailure, ScenarioOutcome, ScenarioVerdict } from './outcome.ts';

export interface Terminal {
  readonly out: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  /** Folder that paths are shown relative to. */
  readonly root: string;
  /** The command, with its settings, that a place in a feature is put behind. */
  readonly again: string;
}

export type Tally = Readonly<Record<ScenarioVerdict, number>>;

const marks: Readonly<Record<ScenarioVerdict, string>> = {
  held: pc.green('✔'),
  broken: pc.red('✘'),
  unknown: pc.yellow('?'),
  harness: pc.magenta('!'),
};

/** Shows a run to a person: one line a scenario, what failed at the end, the counts last. */
export class TerminalReport {
  readonly #terminal: Terminal;
  #liveLine = '';
  #feature = '';
  #isClosed = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Nothing more is written: the run was interrupted, and what still comes in is about its end. */
  close(): void {
    this.#clearLive();
    this.#isClosed = true;
  }

  /** A line that stays. */
  line(text: string): void {
    if (this.#isClosed) return;
    this.#clearLive();
    this.#terminal.out.write(`${text}\n`);
  }

  /** A line that the next one replaces; on a terminal only, so that log files stay readable. */
  live(text: string): void {
    if (this.#terminal.out.isTTY !== true || this.#isClosed) return;
    this.#clearLive();
    this.#liveLine = text.slice(0, (this.#terminal.out.columns ?? 80) - 1);
    this.#terminal.out.write(pc.dim(this.#liveLine));
  }

  scenario(outcome: ScenarioOutcome): void {
    if (outcome.feature !== this.#feature) this.line(`\n${pc.bold(outcome.feature)}`);
    this.#feature = outcome.feature;
    const word = outcome.verdict === 'held' ? '' : `  ${outcome.verdict}`;
    this.line(`  ${marks[outcome.verdict]} ${outcome.title}${word}  ${pc.dim(seconds(outcome.durationMs))}`);
  }

  failures(outcomes: readonly ScenarioOutcome[]): void {
    const failed = outcomes.filter(({ verdict }) => verdict !== 'held');
    failed.forEach((outcome, index) => this.#failed(outcome, index + 1));
  }

  #failed(outcome: ScenarioOutcome, number: number): void {
    this.line(`\n${pc.bold(`${number}) ${outcome.feature} > ${outcome.title}`)}  ${marks[outcome.verdict]} ${outcome.verdict}`);
    this.line(`   scenario   ${outcome.at}`);
    outcome.failures.forEach((failure) => this.#step(failure));
    const { artifacts } = outcome;
    if (artifacts !== undefined) {
      artifacts.commands.forEach((command) => this.line(`   ran        ${command}`));
      this.line(`   artifacts  ${this.short(artifacts.folder)}`);
    }
    this.line(`   again      ${this.#terminal.again} ${outcome.at}`);
  }

  #step({ step, at, definition, message }: ScenarioFailure): void {
    this.line(`   step       ${step}`);
    this.line(`              ${at}${definition === undefined ? '' : pc.dim(`  (${this.short(definition)})`)}\n`);
    this.line(indent(message, '     '));
    this.line('');
  }

  /** Always the last line of a run. */
  summary(tally: Tally, tail: string): void {
    const total = tally.held + tally.broken + tally.unknown + tally.harness;
    const counts = (['held', 'broken', 'unknown', 'harness'] as const)
      .filter((verdict) => verdict === 'held' || tally[verdict] > 0)
      .map((verdict) => `${marks[verdict]} ${tally[verdict]} ${verdict === 'harness' ? 'harness failed' : verdict}`);
    this.line(`\n${pc.bold(`${total} scenario${total === 1 ? '' : 's'}`)}: ${counts.join(', ')}  ${pc.dim(tail)}`);
  }

  /** A path as a person would type it from the project's folder. */
  short(path: string): string {
    const short = relative(this.#terminal.root, path);
    return short === '' || short.startsWith('..') ? path : short;
  }

  #clearLive(): void {
    if (this.#liveLine === '') return;
    this.#terminal.out.write('\r\u001b[2K');
    this.#liveLine = '';
  }
}

export function seconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

function indent(text: string, by: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `${by}${line}`)
    .join('\n');
}
