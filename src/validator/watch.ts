// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { monotonicMs } from '../foundation/clock.ts';
import { openFilesOf, peakRssOf, signalGroup, threadCountOf } from '../foundation/process-table.ts';
import { catches, describeThreads } from '../foundation/threads.ts';
import type { Ending } from '../history/event.ts';
import type { Recorder } from '../history/recorder.ts';

export interface WatchSettings {
  readonly participant: string;
  /**
   * Milliseconds without any event in the run, or ten times as many in all: then it is noted what its threads do, and the group gets
   * SIGQUIT if it knows what to do with that, SIGTERM, and SIGKILL.
   */
  readonly deadlineMs: number;
  readonly recorder: Recorder;
  /** True while silence is not the validator's fault: somebody is held. */
  readonly isExcused?: () => boolean;
  /** Gets `<participant>.stdout` and `<participant>.stderr`, and `<participant>.threads` of one that hung. */
  readonly outputFolder: string;
  /** Ends the validator. */
  readonly signal?: AbortSignal;
}

const killGraceMs = 2000;
/** For writing a dump. */
const quitGraceMs = 500;
/** However much goes on, it has to come to an end. */
const mostDeadlines = 10;
const sampleMs = 20;
/** Who was late in looking has not listened meanwhile, or the machine slept: the rest of that time is nobody's. */
const longestSampleMs = 100;

/** Ends a validator for one reason, the first that comes; samples its memory meanwhile. */
export class Watch {
  readonly #pid: number;
  readonly #settings: WatchSettings;
  #sampledAt = monotonicMs();
  #silentMs = 0;
  #watchedMs = 0;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #sampler: NodeJS.Timeout;
  readonly #stopListening: () => void;
  #ending: Ending | undefined;
  #hasExited = false;
  #peaks: Peaks = {};

  constructor(pid: number, settings: WatchSettings) {
    const { signal } = settings;
    this.#pid = pid;
    this.#settings = settings;
    this.#sampler = setInterval(() => {
      this.#sample();
      if (this.#ending === undefined && this.#isOverdue()) this.#endHung();
    }, sampleMs);
    this.#sample();
    const stop = (): void => this.end('stopped', 'SIGKILL');
    signal?.addEventListener('abort', stop, { once: true });
    this.#stopListening = () => signal?.removeEventListener('abort', stop);
    if (signal?.aborted === true) stop();
  }

  /** Why the validator was ended; undefined when it ended by itself. */
  get ending(): Ending | undefined {
    return this.#ending;
  }

  end(reason: Ending, signal: NodeJS.Signals): void {
    this.#ending ??= reason;
    // Once it has exited its number may be another's.
    if (this.#hasExited) return;
    signalGroup(this.#pid, signal);
    if (signal !== 'SIGKILL') this.#timers.push(setTimeout(() => signalGroup(this.#pid, 'SIGKILL'), killGraceMs));
  }

  #isOverdue(): boolean {
    const { deadlineMs, recorder, isExcused } = this.#settings;
    const now = monotonicMs();
    const passed = now - this.#sampledAt;
    const seen = Math.min(passed, longestSampleMs);
    this.#sampledAt = now;
    this.#watchedMs += seen;
    const isSilent = recorder.quietMs() >= passed && isExcused?.() !== true;
    this.#silentMs = isSilent ? this.#silentMs + seen : 0;
    return this.#silentMs >= deadlineMs || this.#watchedMs >= mostDeadlines * deadlineMs;
  }

  #endHung(): void {
    const { outputFolder, participant } = this.#settings;
    keep(join(outputFolder, `${participant}.threads`), describeThreads(this.#pid));
    if (!catches(this.#pid, constants.signals.SIGQUIT)) return this.end('deadline', 'SIGTERM');
    this.end('deadline', 'SIGQUIT');
    this.#timers.push(setTimeout(() => this.end('deadline', 'SIGTERM'), quitGraceMs));
  }

  /** The deadline is the validator's: what its outputs take afterwards does not count. */
  exited(): { readonly at: number; readonly peaks: Peaks } {
    this.#hasExited = true;
    clearInterval(this.#sampler);
    this.#timers.forEach((timer) => clearTimeout(timer));
    this.#stopListening();
    return { at: monotonicMs(), peaks: this.#peaks };
  }

  /** Of memory the system keeps the highest value itself, so a sample misses only growth in the last few milliseconds. */
  #sample(): void {
    const { rssBytes, openFiles, threads } = this.#peaks;
    this.#peaks = {
      rssBytes: peakRssOf(this.#pid) ?? rssBytes,
      openFiles: higher(openFilesOf(this.#pid), openFiles),
      threads: higher(threadCountOf(this.#pid), threads),
    };
  }
}

export interface Peaks {
  readonly rssBytes?: number | undefined;
  readonly openFiles?: number | undefined;
  readonly threads?: number | undefined;
}

function higher(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.max(one, other);
}

/** A disk that is full is told of when the outputs are kept; it must not keep a hung process alive. */
function keep(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch {
    // As above.
  }
}
