// SPDX-License-Identifier: Apache-2.0
import { appendFileSync, closeSync, openSync } from 'node:fs';
import { monotonicMs } from '../foundation/clock.ts';
import { StampedeError } from '../foundation/errors.ts';
import { secretHider, type Hider } from '../foundation/secrets.ts';
import type { Event, EventBody, History } from './event.ts';

/** Writes the history of one run. */
export interface Recorder {
  /** Numbers the event, stamps it, and has it on disk when it returns. */
  record(body: EventBody): Event;
  /** What was recorded so far; later events don't change it. */
  events(): History;
  /** Further events are kept in memory only. */
  close(): void;
  /** Milliseconds since the last event, or since it was opened. */
  quietMs(): number;
  /** The next request number of this run, from 1. */
  nextRequest(): number;
}

/**
 * One JSON document a line, written as it happens: a crash keeps everything before it.
 * What the hider takes out of an event is nowhere in the history.
 * @throws StampedeError FOLDER_NOT_WRITABLE, also where the file is there already: a history is of one run
 */
export function openRecorder(file: string, hider: Pick<Hider, 'hide'> = secretHider([])): Recorder {
  const startedAt = monotonicMs();
  const events: Event[] = [];
  let descriptor: number | undefined = openNew(file);
  let requests = 0;
  let lastAt = startedAt;
  return {
    record(body) {
      lastAt = monotonicMs();
      const at = Math.round((lastAt - startedAt) * 1000) / 1000;
      const made: Event = { index: events.length, at, ...body };
      const line = JSON.stringify(made);
      const told = hider.hide(line);
      const event = told === line ? made : (JSON.parse(told) as Event);
      events.push(event);
      if (descriptor !== undefined) appendFileSync(descriptor, `${told}\n`);
      return event;
    },
    events: () => [...events],
    close() {
      if (descriptor !== undefined) closeSync(descriptor);
      descriptor = undefined;
    },
    quietMs: () => monotonicMs() - lastAt,
    nextRequest() {
      requests += 1;
      return requests;
    },
  };
}

function openNew(file: string): number {
  try {
    return openSync(file, 'ax', 0o600);
  } catch (cause) {
    throw new StampedeError('FOLDER_NOT_WRITABLE', `no new history can be written to ${file}`, { cause, hint: 'give each run a folder of its own' });
  }
}
