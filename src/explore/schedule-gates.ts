// SPDX-License-Identifier: Apache-2.0
import type { BodyPosition, CallMatch, GateRule } from '../faults/gate.ts';
import { isOfReading, type DiskFault, type GateAction } from '../faults/gate-action.ts';
import { isCallPlace, partsOf, type CallPlace } from './call-place.ts';
import type { Failure, Schedule } from './schedule.ts';

/** Longer than a lock should be waited for without a look at its holder, shorter than clients wait for bytes. */
const stallMs = 1500;

export interface ScheduledLayer {
  /** Of the layer that all processes read, and of the tar in it. */
  readonly digest: string;
  readonly diffId: string;
  readonly participants: readonly string[];
  /** A layer that only that participant reads; undefined where it has none. */
  readonly ownOf: (participant: string) => string | undefined;
  /** All that are read, and those of them that not every process reads. */
  readonly layers: { readonly all: readonly string[]; readonly own: readonly string[] };
  /** Of the images, in the order of the components that validate them. */
  readonly repositories: readonly string[];
  readonly timeoutMs: number;
  /** True where a process is at work before it asks for anything; absent: it is not. */
  readonly writesBeforeAsking?: boolean;
}

/** The gates that force the schedule. */
export function gatesOf(schedule: Schedule, scheduled: ScheduledLayer): readonly GateRule[] {
  const { participants, layers, timeoutMs } = scheduled;
  const standstill = { kind: 'standstill', parties: 'participant', count: participants.length } as const;
  switch (schedule.strategy) {
    case 'damaged':
    case 'unusual':
    case 'naive':
    case 'random':
      return [];
    case 'together':
      return [togetherGate(scheduled)];
    case 'first-request':
      return [{ name: 'first-request', hold: { resource: 'manifest' }, until: { ...standstill, kind: 'arrivals' }, timeoutMs }];
    case 'own-layers':
      return [{ name: 'own-layers', hold: { resource: 'blob', references: layers.own }, until: standstill, timeoutMs }];
    case 'evict-while-reading': {
      const here = { kind: 'arrivals', parties: 'participant', count: 1 } as const;
      return [{ name: 'reader', hold: callMatch(schedule.at, scheduled, participants.slice(0, 1)), until: here, timeoutMs, then: 'evict' }];
    }
    case 'late-writer':
      return lateWriterGates(schedule, scheduled);
    case 'components-under-way':
    case 'components':
    case 'components-in-turn':
    case 'components-after-failure':
      return componentGates(schedule, scheduled);
    default:
      return ledGates(schedule, scheduled);
  }
}

type OfComponents = Extract<Schedule, { readonly strategy: `components${string}` }>;

/** All of them are in one process, so what tells them apart is the image that they ask for. */
function componentGates(schedule: OfComponents, { digest, participants, layers, repositories, timeoutMs }: ScheduledLayer): readonly GateRule[] {
  const standstill = { kind: 'standstill', parties: 'participant', count: participants.length } as const;
  const layer = { resource: 'blob', references: [digest] } as const;
  switch (schedule.strategy) {
    case 'components-under-way': {
      const all = { kind: 'requests', parties: 'repository', count: repositories.length, of: { resource: 'manifest', repositories } } as const;
      return [{ name: 'components', hold: { resource: 'blob', references: layers.all }, until: all, timeoutMs }];
    }
    case 'components': {
      // All have begun before a byte comes: one that is late takes its bytes elsewhere, and is told nothing of what befalls these.
      const joined = { name: 'joined', hold: layer, until: standstill, timeoutMs, at: 'headers' } as const;
      return [...(schedule.at === 'headers' ? [] : [joined]), { name: 'components', hold: layer, until: standstill, timeoutMs, at: schedule.at, then: schedule.how }];
    }
    case 'components-in-turn':
      return [
        { name: 'leader', hold: { ...layer, repositories: repositories.slice(0, 1) }, until: standstill, timeoutMs, at: schedule.at },
        { name: 'others', hold: { resource: 'manifest', repositories: repositories.slice(1) }, until: leaderStands, timeoutMs },
      ];
    case 'components-after-failure': {
      const first = { kind: 'arrivals', parties: 'participant', count: 1 } as const;
      const failedBefore = { kind: 'failed-before', parties: 'participant', count: 1, gate: 'leader' } as const;
      return [
        { name: 'leader', hold: { ...layer, repositories: repositories.slice(0, 1) }, until: first, timeoutMs, at: 'middle', then: actionOf(schedule.how) },
        { name: 'others', hold: { resource: 'manifest', repositories: repositories.slice(1) }, until: failedBefore, timeoutMs },
      ];
    }
  }
}

/** Who reads begins when the entry is there, and is let go when it may be there no more. */
function lateWriterGates({ at, second }: Extract<Schedule, { readonly strategy: 'late-writer' }>, scheduled: ScheduledLayer): readonly GateRule[] {
  const { digest, participants, timeoutMs } = scheduled;
  const [writer = '', publisher = '', reader = ''] = participants;
  const doneWith = (participant: string, orAt?: string) => ({ kind: 'ended-or-waits', parties: 'participant', count: 1, participant, ...(orAt === undefined ? {} : { orAt }) }) as const;
  return [
    { name: 'others', hold: notBegun([publisher], scheduled), until: leaderStands, timeoutMs },
    { name: 'reader begins', hold: notBegun([reader], scheduled), until: doneWith(publisher), timeoutMs },
    { name: 'reader', hold: callMatch(at, scheduled, [reader]), until: doneWith(writer, 'second'), timeoutMs, isOptional: true },
    { name: 'second', hold: callMatch(second, scheduled, [writer]), until: doneWith(reader), timeoutMs, isOptional: true },
    { name: 'leader', hold: { resource: 'blob', references: [digest], participants: [writer] }, until: { kind: 'standstill', parties: 'participant', count: participants.length }, timeoutMs, at: 'middle' },
  ];
}

function togetherGate({ digest, participants, timeoutMs }: ScheduledLayer): GateRule {
  return { name: 'together', hold: { resource: 'blob', references: [digest] }, until: { kind: 'standstill', parties: 'participant', count: participants.length }, timeoutMs };
}

/** Who has not begun has asked for nothing; who is at work before that is not even started. */
function notBegun(participants: readonly string[], { writesBeforeAsking = false }: Pick<ScheduledLayer, 'writesBeforeAsking'>): GateRule['hold'] {
  return writesBeforeAsking ? { start: true, participants } : { resource: 'manifest', participants };
}

const leaderStands = { kind: 'reached', parties: 'participant', count: 1, gate: 'leader' } as const;

type Led = Extract<Schedule, { readonly leader: number }>;

/** What schedules are put together from. */
function rulesOf(number: number, scheduled: ScheduledLayer) {
  const { participants, timeoutMs, writesBeforeAsking } = scheduled;
  const leader = participants[number - 1] ?? '';
  const others = participants.filter((participant) => participant !== leader);
  // What is of no layer, such as an index, is often read before anything is asked for.
  const waitForLeader = (at: Place): GateRule => ({
    name: 'others', hold: notBegun(others, { writesBeforeAsking: writesBeforeAsking === true || (isCallPlace(at) && partsOf(at).what === 'folder') }), until: leaderStands, timeoutMs,
  });
  const led = (at: Place, then: GateAction = 'go', forMs?: number): readonly GateRule[] => [
    { name: 'leader', ...heldAt(at, scheduled, [leader]), until: { kind: 'standstill', parties: 'participant', count: participants.length, ...(forMs === undefined ? {} : { forMs }) }, timeoutMs, then },
    waitForLeader(at),
  ];
  /** The others stand too, and only go on when the leader is done. */
  const second = (where: Pick<GateRule, 'hold' | 'at'>): GateRule => ({
    name: 'second', ...where, until: { kind: 'ended-or-waits', parties: 'participant', count: 1, participant: leader }, timeoutMs, isOptional: true,
  });
  return { leader, others, led, second };
}

/** One process leads, the others do not begin before it stands where the schedule says. */
function ledGates(schedule: Led, scheduled: ScheduledLayer): readonly GateRule[] {
  const { digest, ownOf } = scheduled;
  const layer = { resource: 'blob', references: [digest] } as const;
  const { leader, others, led, second } = rulesOf(schedule.leader, scheduled);
  switch (schedule.strategy) {
    case 'leader-follower':
    case 'leader-stalls':
      return led(schedule.at, 'go', schedule.strategy === 'leader-stalls' ? stallMs : undefined);
    case 'leader-killed':
    case 'leader-fails':
      return led(schedule.at, schedule.strategy === 'leader-killed' ? 'kill' : actionOf(schedule.how));
    case 'bystander':
      return led(schedule.at).map((gate) => (gate.name === 'leader' ? { ...gate, hold: { resource: 'blob', references: [ownOf(leader) ?? digest], participants: [leader] } } : gate));
    case 'disk-fails':
      return isOfBeginnings(schedule.how) ? failedFirst(schedule.how, leader, { others, scheduled }) : led('middle', schedule.how);
    case 'together-stops':
      return [
        { ...togetherGate(scheduled), hold: { ...layer, participants: [leader] } },
        ...led(schedule.at).map((gate) => (gate.name === 'others' ? { ...gate, hold: { ...layer, participants: others } } : gate)),
        second({ hold: callMatch(schedule.second, scheduled, others) }),
      ];
    case 'two-stops':
    case 'mending':
      return [...led(schedule.at), ...(schedule.second === undefined ? [] : [second({ hold: callMatch(schedule.second, scheduled, others) })])];
    case 'two-writers': {
      const [its, theirs] = schedule.first === 'ahead' ? (['middle', 'thousandth'] as const) : (['thousandth', 'middle'] as const);
      return [...led(its), second({ hold: { ...layer, participants: others }, at: theirs })];
    }
  }
}

/** True for calls that come before the first byte of a body. */
function isOfBeginnings(fault: DiskFault): boolean {
  return fault.endsWith('/create') || isOfReading(fault);
}

/** The leader meets its trouble from its first request on, and is done with it when the others begin: else they would do its work. */
function failedFirst(fault: DiskFault, leader: string, { others, scheduled }: { readonly others: readonly string[]; readonly scheduled: ScheduledLayer }): readonly GateRule[] {
  const { timeoutMs } = scheduled;
  return [
    { name: 'leader', hold: { resource: 'manifest', participants: [leader] }, until: { kind: 'arrivals', parties: 'participant', count: 1 }, timeoutMs, then: fault },
    { name: 'others', hold: notBegun(others, scheduled), until: { kind: 'failed-before', parties: 'participant', count: 1, gate: 'leader' }, timeoutMs },
  ];
}

type Place = BodyPosition | CallPlace | 'request';

function heldAt(at: Place, scheduled: ScheduledLayer, participants: readonly string[]): Pick<GateRule, 'hold' | 'at'> {
  if (isCallPlace(at)) return { hold: callMatch(at, scheduled, participants) };
  return { hold: { resource: 'blob', references: [scheduled.digest], participants }, ...(at === 'request' ? {} : { at }) };
}

function callMatch(at: CallPlace, { digest, diffId }: ScheduledLayer, participants: readonly string[]): CallMatch {
  const { family, nth, what } = partsOf(at);
  const [packed = '', unpacked = ''] = [digest, diffId].map((name) => name.slice('sha256:'.length));
  const entry = { layer: packed, tar: unpacked, either: [packed, unpacked], folder: '' }[what];
  return { call: family, entry, nth, participants };
}

/** Longer than a process has to be still to be taken for one that waits, and far below clients' own time-outs. */
const slow = { delay: { kind: 'delay', ms: 500 }, trickle: { kind: 'trickle', bytes: 4096, everyMs: 10, times: 40 } } as const;

function actionOf(how: Failure): GateAction {
  switch (how) {
    case 'delay':
    case 'trickle':
      return slow[how];
    case 'reset':
    case 'cut':
    case 'short-body':
    case 'wrong-bytes':
      return how;
    default:
      return Number(how.slice('status-'.length));
  }
}
