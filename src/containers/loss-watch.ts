// SPDX-License-Identifier: Apache-2.0
import type { Readable } from 'node:stream';
import { createInterface } from 'node:readline';
import { StampedeError } from '../foundation/errors.ts';
import type { Engine } from './engine.ts';
import { lastWordsOf } from './running-group.ts';
import { projectLabel } from './session-tag.ts';

interface Loss {
  readonly project: string;
  readonly message: string;
}

interface EngineEvent {
  readonly Action?: string;
  readonly Actor?: { readonly Attributes?: Readonly<Record<string, string>> };
}

/** Tells when a container of a watched project ends by itself, or the engine does. */
export class LossWatch {
  readonly #listeners = new Map<string, (error: StampedeError) => void>();
  readonly #logs = new Map<string, () => readonly string[]>();
  readonly #starting = new Map<string, Promise<readonly string[]>>();
  readonly #engine: Engine;
  readonly #source: Readable;
  #isClosed = false;

  private constructor(engine: Engine, source: Readable) {
    this.#engine = engine;
    this.#source = source;
    // An error of its input becomes one of the interface: unheard, it would end the process.
    createInterface({ input: source }).on('error', () => undefined).on('line', (line) => this.#see(line));
    source.on('close', () => this.#engineGone()).on('error', () => source.destroy());
  }

  static async open(engine: Engine): Promise<LossWatch> {
    // Podman 4 asks for `died` and then says `die`, and knows no label without its value.
    return new LossWatch(engine, (await engine.api.getEvents({ filters: { type: ['container'], event: ['die', 'died'] } })) as Readable);
  }

  /** Before its start: should a container end now, its last words are taken before anybody removes it. */
  expectStart(project: string): void {
    this.#starting.set(project, Promise.resolve([]));
  }

  /** Of a project that is starting, once; to be called while its containers are still there. */
  async takeLastWords(project: string): Promise<void> {
    const before = this.#starting.get(project);
    if (before === undefined) return;
    const words = before.then(async (taken) => (taken.length > 0 ? taken : await lastWordsOf(this.#engine, project)));
    this.#starting.set(project, words);
    await words;
  }

  /** What the containers of a start that failed have said. */
  async lastWords(project: string): Promise<readonly string[]> {
    const words = (await this.#starting.get(project)) ?? [];
    this.#starting.delete(project);
    return words.length > 0 ? words : await lastWordsOf(this.#engine, project);
  }

  /** Once it is up; `onLost` is called at most once. */
  watch(project: string, logs: () => readonly string[], onLost: (error: StampedeError) => void): void {
    this.#starting.delete(project);
    this.#listeners.set(project, onLost);
    this.#logs.set(project, logs);
  }

  /** Before it is stopped on purpose. */
  forget(project: string): void {
    this.#listeners.delete(project);
  }

  close(): void {
    this.#isClosed = true;
    this.#source.destroy();
  }

  #see(line: string): void {
    const { Actor } = JSON.parse(line) as EngineEvent;
    const { [projectLabel]: project = '', 'com.docker.compose.service': service = project, exitCode = '?' } = Actor?.Attributes ?? {};
    void this.takeLastWords(project);
    this.#tell({ project, message: `the container of ${service} ended in the middle, with ${exitCode}` });
  }

  #engineGone(): void {
    if (this.#isClosed) return;
    for (const project of [...this.#listeners.keys()]) this.#tell({ project, message: 'the container engine went away in the middle' });
  }

  #tell({ project, message }: Loss): void {
    const tell = this.#listeners.get(project);
    if (tell === undefined) return;
    this.#listeners.delete(project);
    const lines = this.#logs.get(project)?.() ?? [];
    const tail = lines.length === 0 ? '' : `; its last lines:\n${lines.slice(-15).map((line) => `    ${line}`).join('\n')}`;
    tell(new StampedeError('SERVICE_LOST', `${message}${tail}`, { hint: 'verdicts since then say nothing: run again; docker events and the log above say why it ended' }));
  }
}
