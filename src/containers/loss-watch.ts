// SPDX-License-Identifier: Apache-2.0
import type { Readable } from 'node:stream';
import { createInterface } from 'node:readline';
import { StampedeError } from '../foundation/errors.ts';
import type { Engine } from './engine.ts';
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
  readonly #source: Readable;
  #isClosed = false;

  private constructor(source: Readable) {
    this.#source = source;
    createInterface({ input: source }).on('line', (line) => this.#see(line));
    source.on('close', () => this.#engineGone()).on('error', () => source.destroy());
  }

  static async open({ api }: Engine): Promise<LossWatch> {
    return new LossWatch((await api.getEvents({ filters: { type: ['container'], event: ['die'], label: [projectLabel] } })) as Readable);
  }

  /** `onLost` is called at most once. */
  watch(project: string, logs: () => readonly string[], onLost: (error: StampedeError) => void): void {
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
