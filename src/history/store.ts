// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { StampedeError } from '../foundation/errors.ts';
import type { Event, EventKind, History } from './event.ts';

/** Written as a table so that a new kind of event can't be forgotten here. */
const kinds: Readonly<Record<EventKind, true>> = {
  'workload-known': true,
  'validator-started': true,
  'validator-exited': true,
  request: true,
  response: true,
  'gate-arrived': true,
  'fault-struck': true,
  'gate-opened': true,
  'file-call': true,
  'turn-taken': true,
  'turns-over': true,
  'cache-file-seen': true,
  'limits-known': true,
  'usual-files-known': true,
  'cache-looked-at': true,
  'log-fault': true,
  'log-told': true,
  'log-asked': true,
  'log-entry-seen': true,
  'log-looked-at': true,
  'outcome-compared': true,
  'snapshot-compared': true,
};

/**
 * Reads a stored history back. A writer that was killed leaves at most one torn line, the last one, which has no
 * line end; it is left out. What a kind of event carries is for checkers to find wanting.
 * @throws StampedeError HISTORY_CORRUPT naming the line: anything else that is not an event with the next index
 */
export function readHistory(file: string): History {
  const lines = textOf(file).split('\n');
  const torn = lines.pop() ?? '';
  const events: Event[] = lines.map((line, index) => requireEvent(line, index, file));
  const last = eventOf(torn, events.length);
  return last === undefined ? events : [...events, last];
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new StampedeError('HISTORY_CORRUPT', `no history can be read from ${file}`, { cause });
  }
}

function requireEvent(line: string, index: number, file: string): Event {
  const event = eventOf(line, index);
  if (event !== undefined) return event;
  throw new StampedeError('HISTORY_CORRUPT', `line ${index + 1} of ${file} is not event ${index}`, { hint: 'run again: a history is never mended' });
}

function eventOf(line: string, index: number): Event | undefined {
  const found = jsonOf(line) as Partial<Event> | null | undefined;
  if (typeof found !== 'object' || found === null) return undefined;
  const isNext = found.index === index && typeof found.at === 'number';
  return isNext && Object.hasOwn(kinds, String(found.kind)) ? (found as Event) : undefined;
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
