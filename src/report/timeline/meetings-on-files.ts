// SPDX-License-Identifier: Apache-2.0
import { eventsOf, type EventOf, type History } from '../../history/event.ts';
import { groupedBy } from './run-view.ts';

type Call = EventOf<'file-call'>;

/**
 * Somebody used a file that another one had begun to write and was not done with, or missed one that another had removed. `done` and `all` count the
 * other one's writes to it; undefined where it was removed.
 */
export interface MeetingOnFile {
  readonly call: Call;
  readonly other: string;
  readonly writes: { readonly done: number; readonly all: number } | undefined;
}

/** Where file calls were traced: the first such call of each participant on each file, locks aside. What it means is for verdicts to say. */
export function meetingsOnFiles(history: History): readonly MeetingOnFile[] {
  const byPath = groupedBy(eventsOf(history, 'file-call').filter(({ call }) => call.path !== '' && !/lock[^/]*$/.test(call.path)), ({ call }) => call.path);
  const found = [...byPath.values()].flatMap((calls) => (new Set(calls.map(({ participant }) => participant)).size > 1 ? onOneFile(calls) : []));
  return found.sort((one, other) => one.call.index - other.call.index);
}

function onOneFile(calls: readonly Call[]): readonly MeetingOnFile[] {
  const file = new FileInUse(calls);
  const found = new Map<string, MeetingOnFile>();
  for (const call of calls) {
    const { participant } = call;
    const meeting = found.has(participant) ? undefined : file.meetingAt(call);
    if (meeting !== undefined) found.set(participant, meeting);
    file.take(call);
  }
  return [...found.values()];
}

/** One path, as the calls on it tell. */
class FileInUse {
  readonly #all = new Map<string, number>();
  readonly #done = new Map<string, number>();
  #remover: string | undefined;

  constructor(calls: readonly Call[]) {
    for (const { participant, call } of calls) if (call.family === 'write' && isDone(call)) this.#all.set(participant, (this.#all.get(participant) ?? 0) + 1);
  }

  meetingAt(event: Call): MeetingOnFile | undefined {
    const { participant, call } = event;
    if (call.family === 'open' && call.result === 'ENOENT') return this.#remover === undefined || this.#remover === participant ? undefined : { call: event, other: this.#remover, writes: undefined };
    if (!isUse(call)) return undefined;
    const writer = [...this.#done].find(([name, done]) => name !== participant && done < (this.#all.get(name) ?? 0));
    return writer === undefined ? undefined : { call: event, other: writer[0], writes: { done: writer[1], all: this.#all.get(writer[0]) ?? 0 } };
  }

  take({ participant, call }: Call): void {
    if (!isDone(call)) return;
    if (call.family === 'create' && this.#all.has(participant)) this.#done.set(participant, this.#done.get(participant) ?? 0);
    if (call.family === 'write') this.#done.set(participant, (this.#done.get(participant) ?? 0) + 1);
    if (call.family === 'remove') this.#remover = participant;
    if (call.family === 'create' || call.family === 'rename') this.#remover = undefined;
  }
}

function isUse(call: Call['call']): boolean {
  return (call.family === 'open' || call.family === 'read' || call.family === 'create' || call.family === 'write') && isDone(call);
}

/** The system did it, and gave no error. */
function isDone({ result }: Call['call']): boolean {
  return !result.startsWith('E') && result !== '?';
}
