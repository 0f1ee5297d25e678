// SPDX-License-Identifier: Apache-2.0
import type { NamedVerdict } from '../../checkers/checker.ts';
import { eventsOf, type Event, type EventOf, type History } from '../../history/event.ts';
import type { Names } from './names.ts';
import { plannedIn, type Planned } from './planned.ts';

/** A run to be drawn, as it is stored. */
export interface DrawnRun {
  /** `scheduled`, `calm`, `run-1`: the folder it is in. */
  readonly name: string;
  /** As in `plan.json`; undefined where there is none. */
  readonly plan: unknown;
  readonly history: History;
  readonly verdicts: readonly NamedVerdict[];
}

/** A history, put in order by who did it. */
export interface RunView {
  readonly name: string;
  readonly history: History;
  readonly verdicts: readonly NamedVerdict[];
  readonly names: Names;
  readonly planned: Planned;
  readonly lanes: readonly Lane[];
  readonly gates: readonly GateSpan[];
  readonly looks: readonly Look[];
  /** Indexes of events that a verdict names as what is broken. */
  readonly blamed: ReadonlySet<number>;
  readonly requests: ReadonlyMap<number, EventOf<'request'>>;
}

/** What one participant did. */
export interface Lane {
  readonly participant: string;
  readonly started: EventOf<'validator-started'> | undefined;
  readonly exited: EventOf<'validator-exited'> | undefined;
  readonly asked: readonly Asked[];
  readonly calls: readonly EventOf<'file-call'>[];
  /** After file calls of its own; those at requests are in `asked`. */
  readonly stands: readonly Stand[];
  readonly struck: readonly EventOf<'fault-struck'>[];
  readonly turns: readonly EventOf<'turn-taken'>[];
  readonly compared: readonly EventOf<'outcome-compared'>[];
}

export interface Asked {
  readonly request: EventOf<'request'>;
  readonly response: EventOf<'response'> | undefined;
  readonly stands: readonly Stand[];
}

/** Somebody stood at a gate, until it opened or one of them came to an end. */
export interface Stand {
  readonly arrival: EventOf<'gate-arrived'>;
  readonly until: number;
}

export interface GateSpan {
  readonly gate: string;
  readonly arrivals: readonly EventOf<'gate-arrived'>[];
  readonly opened: EventOf<'gate-opened'> | undefined;
}

/** The cache at one moment. */
export interface Look {
  readonly at: EventOf<'cache-looked-at'>;
  readonly files: readonly EventOf<'cache-file-seen'>[];
}

export function viewOf({ name, plan, history, verdicts }: DrawnRun, names: Names): RunView {
  const planned = plannedIn(plan);
  const gates = gatesIn(history);
  return {
    name,
    history,
    verdicts,
    names,
    planned,
    lanes: lanesIn(history, planned, gates),
    gates,
    looks: looksIn(history),
    blamed: new Set(verdicts.flatMap(({ verdict }) => (verdict.verdict === 'broken' ? verdict.events : []))),
    requests: new Map(eventsOf(history, 'request').map((event) => [event.request, event])),
  };
}

function gatesIn(history: History): readonly GateSpan[] {
  const [arrivals, openings] = [groupedBy(eventsOf(history, 'gate-arrived'), ({ gate }) => gate), new Map(eventsOf(history, 'gate-opened').map((event) => [event.gate, event]))];
  return [...new Set([...arrivals.keys(), ...openings.keys()])].map((gate) => ({ gate, arrivals: arrivals.get(gate) ?? [], opened: openings.get(gate) }));
}

function lanesIn(history: History, planned: Planned, gates: readonly GateSpan[]): readonly Lane[] {
  const own = groupedBy(history.filter((event) => 'participant' in event), ({ participant }) => participant);
  const openedAt = new Map(gates.flatMap(({ gate, opened }) => (opened === undefined ? [] : [[gate, opened.at] as const])));
  const end = history.at(-1)?.at ?? 0;
  return [...new Set([...planned.participants, ...own.keys()])].map((participant) => {
    const events = own.get(participant) ?? [];
    const exited = eventsOf(events, 'validator-exited').at(-1);
    const standOf = (arrival: EventOf<'gate-arrived'>): Stand => ({ arrival, until: Math.max(arrival.at, Math.min(openedAt.get(arrival.gate) ?? end, exited?.at ?? end)) });
    const arrivals = eventsOf(events, 'gate-arrived');
    return {
      participant,
      started: eventsOf(events, 'validator-started')[0],
      exited,
      asked: askedIn(events, arrivals.map(standOf)),
      calls: eventsOf(events, 'file-call'),
      stands: arrivals.filter(({ request }) => request === undefined).map(standOf),
      struck: eventsOf(events, 'fault-struck'),
      turns: eventsOf(events, 'turn-taken'),
      compared: eventsOf(events, 'outcome-compared'),
    };
  });
}

function askedIn(events: readonly Event[], stands: readonly Stand[]): readonly Asked[] {
  const responses = new Map(eventsOf(events, 'response').map((event) => [event.request, event]));
  const standing = groupedBy(stands, ({ arrival }) => arrival.request);
  return eventsOf(events, 'request').map((request) => ({ request, response: responses.get(request.request), stands: standing.get(request.request) ?? [] }));
}

function looksIn(history: History): readonly Look[] {
  const looks: Look[] = [];
  let files: EventOf<'cache-file-seen'>[] = [];
  for (const event of history) {
    if (event.kind === 'cache-file-seen') files.push(event);
    if (event.kind !== 'cache-looked-at') continue;
    looks.push({ at: event, files });
    files = [];
  }
  return looks;
}

/** In the order in which the keys first come. */
export function groupedBy<T, K>(items: readonly T[], keyOf: (item: T) => K): ReadonlyMap<K, readonly T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}
