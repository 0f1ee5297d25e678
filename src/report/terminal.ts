// SPDX-License-Identifier: Apache-2.0
import { join, relative } from 'node:path';
import pc from 'picocolors';
import { visible } from '../foundation/visible.ts';
import type { ScenarioFailure, ScenarioOutcome, ScenarioVerdict } from './outcome.ts';

export interface Terminal {
  readonly out: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  /** Folder that paths are shown relative to. */
  readonly root: string;
  /** The command, with its settings, that a place in a feature is put behind. */
  readonly again: string;
}

export type Tally = Readonly<Record<ScenarioVerdict, number>>;

/** Those that are no failures. */
const quiet: ReadonlySet<ScenarioVerdict> = new Set(['held', 'pending', 'skipped']);

type Colors = ReturnType<typeof pc.createColors>;

/**
 * Shows a run to a person: one line a scenario, what failed at the end, the counts last. Colours and control
 * characters go to a terminal only, so that log files stay readable; those that a validator wrote go nowhere.
 */
export class TerminalReport {
  readonly #terminal: Terminal;
  readonly #colors: Colors;
  readonly #marks: Readonly<Record<ScenarioVerdict, string>>;
  #liveLine = '';
  #feature = '';
  #isClosed = false;
  #stored = '';

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#colors = pc.createColors(terminal.out.isTTY === true && pc.isColorSupported);
    const { green, red, yellow, magenta, dim } = this.#colors;
    this.#marks = { held: green('✔'), broken: red('✘'), unknown: yellow('?'), harness: magenta('!'), pending: yellow('~'), skipped: dim('-') };
  }

  /** Where the run's histories go, for the case that it is interrupted. */
  storedIn(folder: string): void {
    this.#stored = folder;
  }

  /** The last that is written: what still comes in is about the run's end. */
  interrupted(signal: string): void {
    this.line(`\nINTERRUPTED by ${signal}: ending validators, stopping the stage`);
    if (this.#stored !== '') this.line(`what was recorded so far: ${this.short(this.#stored)}`);
    this.#isClosed = true;
  }

  /** A line that stays, of any text. */
  line(text: string): void {
    this.#write(harmless(text));
  }

  /** A line that the next one replaces; on a terminal only. */
  live(text: string): void {
    if (this.#terminal.out.isTTY !== true || this.#isClosed) return;
    this.#clearLive();
    this.#liveLine = harmless(text).replaceAll(/\s/g, ' ').slice(0, (this.#terminal.out.columns || 80) - 1);
    this.#terminal.out.write(this.#colors.dim(this.#liveLine));
  }

  scenario({ feature, title, verdict, durationMs }: ScenarioOutcome): void {
    const { bold, dim } = this.#colors;
    if (feature !== this.#feature) this.#write(`\n${bold(harmless(feature))}`);
    this.#feature = feature;
    this.#write(`  ${this.#marks[verdict]} ${harmless(title)}${verdict === 'held' ? '' : `  ${verdict}`}  ${dim(seconds(durationMs))}`);
  }

  failures(outcomes: readonly ScenarioOutcome[]): void {
    const failed = outcomes.filter(({ verdict }) => !quiet.has(verdict));
    failed.forEach((outcome, index) => this.#failed(outcome, index + 1));
  }

  /** What could not be done here, by reason: no failure, and no success either. */
  pending(outcomes: readonly ScenarioOutcome[]): void {
    const pending = outcomes.filter(({ verdict }) => verdict === 'pending').map((outcome) => ({ outcome, reason: outcome.failures[0]?.message ?? '' }));
    if (pending.length === 0) return;
    this.#write(`\n${this.#colors.bold(`PENDING: ${pending.length} scenario${pending.length === 1 ? '' : 's'} can't be run to the end here; nothing is shown by them`)}`);
    for (const reason of new Set(pending.map((one) => one.reason))) {
      this.line(`   ${this.#marks.pending} ${reason.replace(/^STEP_PENDING: /, '')}`);
      for (const { outcome } of pending.filter((one) => one.reason === reason)) this.line(`       ${outcome.failures[0]?.at ?? outcome.at}  ${outcome.failures[0]?.step ?? ''}`);
    }
  }

  #failed({ feature, title, verdict, at, failures, artifacts }: ScenarioOutcome, number: number): void {
    const heading = this.#colors.bold(harmless(`${number}) ${feature} > ${title}`));
    this.#write(`\n${heading}  ${this.#marks[verdict]} ${verdict}`);
    this.line(`   scenario   ${at}`);
    failures.forEach((failure) => this.#step(failure));
    if (artifacts !== undefined) {
      artifacts.commands.forEach((command) => this.line(`   ran        ${command}`));
      this.line(`   artifacts  ${this.short(artifacts.folder)}`);
      if (artifacts.picture !== undefined) this.line(`   picture    ${artifacts.picture}`);
      this.line(`   services   ${this.short(join(artifacts.folder, '..', 'services'))}`);
    }
    this.line(`   again      ${this.#terminal.again} ${at}`);
  }

  #step({ step, at, definition, message }: ScenarioFailure): void {
    this.line(`   step       ${step}`);
    this.#write(harmless(`              ${at}`) + (definition === undefined ? '' : this.#colors.dim(`  (${this.short(definition)})`)));
    this.line(`\n${indent(message, '     ')}\n`);
  }

  /** Always the last line of a run. */
  summary(tally: Tally, tail: string): void {
    const total = Object.values(tally).reduce((sum, count) => sum + count, 0);
    const counts = (['held', 'broken', 'unknown', 'harness', 'pending', 'skipped'] as const)
      .filter((verdict) => verdict === 'held' || tally[verdict] > 0)
      .map((verdict) => `${this.#marks[verdict]} ${tally[verdict]} ${verdict === 'harness' ? 'harness failed' : verdict}`);
    this.#write(`\n${this.#colors.bold(`${total} scenario${total === 1 ? '' : 's'}`)}: ${counts.join(', ')}  ${this.#colors.dim(tail)}`);
  }

  /** A path as a person would type it from the project's folder. */
  short(path: string): string {
    const short = relative(this.#terminal.root, path);
    return short === '' || short.startsWith('..') ? path : short;
  }

  #write(text: string): void {
    if (this.#isClosed) return;
    this.#clearLive();
    this.#terminal.out.write(`${text}\n`);
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

/** Without the colours that a validator may write, and with its other controls to be seen: they would move the cursor, or worse. */
export function harmless(text: string): string {
  return visible(text.replaceAll(/\u001b\[[\d;]*m|\r(?=\n)/g, ''));
}

function indent(text: string, by: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `${by}${line}`)
    .join('\n');
}
