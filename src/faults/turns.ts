// SPDX-License-Identifier: Apache-2.0
import type { CallFamily } from '../history/event.ts';
import type { Recorder } from '../history/recorder.ts';
import { sampleMs, type Idleness } from './idleness.ts';

/**
 * Who may go on at each step, where a step is a request to the registry or a file call: the one with the highest
 * priority that does not wait for another one. At some steps the one whose turn it is becomes the last of all. Priorities and steps
 * are drawn by whoever made the plan, as in "A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs"
 * (ASPLOS 2010), https://www.microsoft.com/en-us/research/publication/a-randomized-scheduler-with-probabilistic-guarantees-of-finding-bugs/
 */
export interface TurnRule {
  /** Participants, the highest priority first. */
  readonly order: readonly string[];
  /** Steps, counted from 1 over all participants, at which the one whose turn it is falls behind. */
  readonly changes: readonly number[];
  /** File calls that are steps. */
  readonly families: readonly CallFamily[];
  /** Milliseconds without any step after which everybody may go on; shorter than the validator's own time-out. */
  readonly timeoutMs: number;
}

export interface TurnParts {
  readonly recorder: Recorder;
  readonly live: ReadonlySet<string>;
  readonly idleness: Idleness;
}

/** A rule at work. */
export class Turns {
  readonly #rule: TurnRule;
  readonly #parts: TurnParts;
  readonly #order: string[];
  /** Those that are to come. */
  readonly #changes: Set<number>;
  readonly #waiting = new Map<string, (() => void)[]>();
  #step = 0;
  #last: string | undefined;
  #isOver = false;
  #watch: NodeJS.Timeout | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(rule: TurnRule, parts: TurnParts) {
    this.#rule = rule;
    this.#parts = parts;
    this.#order = [...rule.order];
    this.#changes = new Set(rule.changes);
  }

  /** Resolves when the participant may take its next step, or `signal` says that it does not want to any more. */
  async wait(participant: string, signal?: AbortSignal): Promise<void> {
    if (this.#isOver || signal?.aborted === true) return;
    this.#watch ??= setInterval(() => this.#decide(), sampleMs);
    await new Promise<void>((resolve) => {
      const goesOn = this.#parts.idleness.standing(participant);
      // At once: in the same moment it is looked who is next, and who goes is not one that has nothing to do.
      const go = (): void => {
        goesOn();
        resolve();
      };
      this.#waiting.set(participant, [...(this.#waiting.get(participant) ?? []), go]);
      signal?.addEventListener('abort', () => this.#leave(participant, go), { once: true });
      this.#decide();
    });
  }

  participantEnded(participant: string): void {
    this.#waiting.get(participant)?.forEach((go) => go());
    this.#waiting.delete(participant);
    this.#decide();
  }

  /** Nobody waits for a turn any more. */
  close(reason: 'closed' | 'timeout' = 'closed'): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#watch);
    clearTimeout(this.#timer);
    this.#parts.recorder.record({ kind: 'turns-over', reason, steps: this.#step });
    for (const standing of this.#waiting.values()) standing.forEach((go) => go());
    this.#waiting.clear();
  }

  #leave(participant: string, left: () => void): void {
    const all = this.#waiting.get(participant) ?? [];
    if (!all.includes(left)) return;
    this.#waiting.set(participant, all.filter((go) => go !== left));
    left();
    this.#decide();
  }

  #decide(): void {
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      const step = this.#step + 1;
      // The step itself is taken by who comes next then: else who is interrupted there, too, would never have begun.
      if (this.#changes.delete(step)) this.#fallBehind(next);
      else this.#letGo(next, step);
    }
    if (this.#isOver) return;
    this.#timer ??= setTimeout(() => this.close('timeout'), this.#rule.timeoutMs);
  }

  /** The first that stands, unless one before it has something to do. */
  #next(): string | undefined {
    for (const participant of this.#order) {
      if (!this.#parts.live.has(participant)) continue;
      if ((this.#waiting.get(participant) ?? []).length > 0) return participant;
      if (!this.#parts.idleness.isIdle(participant)) return undefined;
    }
    return undefined;
  }

  #fallBehind(participant: string): void {
    this.#order.splice(this.#order.indexOf(participant), 1);
    this.#order.push(participant);
  }

  #letGo(participant: string, step: number): void {
    this.#step = step;
    const [go, ...others] = this.#waiting.get(participant) ?? [];
    this.#waiting.set(participant, others);
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#last !== participant) {
      const standing = [...this.#waiting].filter(([name, those]) => name !== participant && those.length > 0).map(([name]) => name);
      this.#parts.recorder.record({ kind: 'turn-taken', participant, step, standing });
    }
    this.#last = participant;
    go?.();
  }
}
