// SPDX-License-Identifier: Apache-2.0
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, realpathSync, watch } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import { basename, dirname, join } from 'node:path';
import { standsTraced } from '../foundation/process-table.ts';
import type { CallFamily, FileCall } from '../history/event.ts';
import { TraceReader } from './trace-reader.ts';

export interface TracingSettings {
  /** Gets what strace writes. */
  readonly traceFile: string;
  /** Of the cache; need not be there yet. */
  readonly directory: string;
  readonly families: readonly CallFamily[];
  /** Those of them after which the process stands still until `onCall` has resolved. */
  readonly stopping: readonly CallFamily[];
  /** Told of every call of these families that concerns the cache, in order. */
  readonly onCall: (call: FileCall) => Promise<void> | void;
}

/** When to look again, where some threads go on after others have been stopped; usually they stop within a fifth of that. */
const settleMs = 5;

/** Reads the trace of a process from now on; `stands` looks whether all of it stands. */
export async function openTracedProcess(settings: TracingSettings, stands = standsTraced): Promise<TracedProcess> {
  await writeFile(settings.traceFile, '');
  return new TracedProcess(settings, openSync(settings.traceFile, 'r'), stands);
}

/** What strace tells of a process, and the process itself, which is told to go on. */
export class TracedProcess {
  readonly #settings: TracingSettings;
  readonly #file: number;
  readonly #stands: (pid: number) => boolean;
  /** A trace grows a line at a time, some hundred times a run: a new buffer for each would keep the collector busy. */
  readonly #buffer = Buffer.allocUnsafe(64 * 1024);
  readonly #decoder = new StringDecoder();
  readonly #reader: TraceReader;
  readonly #stopWatching: () => void;
  readonly #stopped = new Set<number>();
  readonly #pending: FileCall[] = [];
  #rest = '';
  #pid = 0;
  #working: Promise<void> = Promise.resolve();
  #settling: NodeJS.Timeout | undefined;
  #isClosed = false;
  /** True while a step that will read everything up to now has not begun. */
  #isToStep = false;
  /** What who is told threw first. */
  #failure: Error | undefined;

  constructor(settings: TracingSettings, file: number, stands: (pid: number) => boolean) {
    this.#settings = settings;
    this.#file = file;
    this.#stands = stands;
    this.#reader = new TraceReader(namesOf(settings.directory));
    const watcher = watch(settings.traceFile, () => this.#wake());
    this.#stopWatching = () => watcher.close();
  }

  started(pid: number): void {
    this.#pid = pid;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopWatching();
    clearTimeout(this.#settling);
    await this.#working;
    try {
      this.#readOn();
      await this.#tell();
    } finally {
      closeSync(this.#file);
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** One after the other: what comes while the process stands is read when it goes on. */
  #wake(): void {
    if (this.#isClosed || this.#isToStep) return;
    this.#isToStep = true;
    this.#working = this.#working.then(async () => await this.#step()).catch((error: unknown) => {
      this.#failure ??= error instanceof Error ? error : new Error(String(error));
      this.#stopped.clear();
      this.#goOn();
    });
  }

  async #step(): Promise<void> {
    this.#isToStep = false;
    if (this.#isClosed) return;
    this.#readOn();
    if (this.#settings.stopping.length === 0) return await this.#tell();
    if (this.#stopped.size === 0) return;
    const own = threadsOf(this.#pid);
    if (this.#pid !== 0) this.#letChildrenGo(own);
    if (this.#stopped.size === 0) return;
    if (this.#pid === 0 || !this.#allStand(own)) return this.#lookAgain();
    await this.#tell();
    // Not what it has started: that goes on in the next step, to which its line leads.
    for (const thread of threadsOf(this.#pid)) this.#stopped.delete(thread);
    this.#goOn();
  }

  /** To the end of what has been written, and that is in memory: going to another thread for it would take longer. */
  #readOn(): void {
    for (let length = readSync(this.#file, this.#buffer); length > 0; length = readSync(this.#file, this.#buffer)) {
      const lines = `${this.#rest}${this.#decoder.write(this.#buffer.subarray(0, length))}`.split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) this.#readLine(line);
    }
  }

  #readLine(line: string): void {
    const read = this.#reader.read(line);
    if (read?.kind === 'stopped') this.#stopped.add(read.thread);
    if (read?.kind === 'call' && this.#settings.families.includes(read.call.family)) this.#pending.push(read.call);
  }

  async #tell(): Promise<void> {
    for (let call = this.#pending.shift(); call !== undefined; call = this.#pending.shift()) await this.#settings.onCall(call);
  }

  /** Each thread was seen to stop; or all stand, since of one that came into being meanwhile nobody tells. */
  #allStand(own: readonly number[]): boolean {
    if (own.every((thread) => this.#stopped.has(thread))) return true;
    if (!this.#stands(this.#pid)) return false;
    // What made them stop has been written by now, if it was not before.
    this.#readOn();
    return true;
  }

  /** strace stops whatever process makes such a call, and a gate is for the one that it is about: what that has started goes on at once. */
  #letChildrenGo(own: readonly number[]): void {
    for (const thread of this.#stopped) {
      if (own.includes(thread)) continue;
      this.#stopped.delete(thread);
      goOn(processOf(thread));
    }
  }

  #lookAgain(): void {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => this.#wake(), settleMs);
  }

  #goOn(): void {
    goOn(this.#pid);
  }
}

function goOn(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(pid, 'SIGCONT');
  } catch {
    // It has ended.
  }
}

/** Undefined when it has ended. https://man7.org/linux/man-pages/man5/proc_pid_status.5.html */
function processOf(thread: number): number | undefined {
  try {
    const group = /^Tgid:\s+(\d+)$/m.exec(readFileSync(`/proc/${thread}/status`, 'utf8'))?.[1];
    return group === undefined ? undefined : Number(group);
  } catch {
    return undefined;
  }
}

/** As it was given, and as the system calls it. */
export function namesOf(directory: string): readonly string[] {
  const missing: string[] = [];
  let there = directory;
  while (!existsSync(there)) {
    missing.unshift(basename(there));
    there = dirname(there);
  }
  return [...new Set([directory, join(realpathSync(there), ...missing)])];
}

function threadsOf(pid: number): readonly number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    return [];
  }
}
