// SPDX-License-Identifier: Apache-2.0
import type { BodyPosition, GateAction, GateRule } from '../faults/gate.ts';
import { StampedeError } from '../foundation/errors.ts';

/**
 * One interleaving that is forced on purpose, by its name: what it is, where, and who leads. The name says all of it,
 * so it is all that a replay needs besides the workload.
 */
export type Schedule =
  /** All stand at the request for the layer before any is answered. */
  | { readonly strategy: 'together' }
  /** The leader's entry is half written while the others run until they end or wait. */
  | { readonly strategy: 'leader-follower'; readonly at: BodyPosition; readonly leader: number }
  /** The same, for so long that who is impatient loses patience. */
  | { readonly strategy: 'leader-stalls'; readonly at: BodyPosition; readonly leader: number }
  /** The same, then the leader gets SIGKILL, and the others go on. */
  | { readonly strategy: 'leader-killed'; readonly at: BodyPosition; readonly leader: number }
  /** The same, then the leader's download fails. */
  | { readonly strategy: 'leader-fails'; readonly how: Failure; readonly at: BodyPosition | 'request'; readonly leader: number }
  /** Two have each a part of the layer; the first goes on to its end, then the other one. */
  | { readonly strategy: 'two-writers'; readonly first: 'ahead' | 'behind'; readonly leader: number }
  /** Components of one process: the shared layer is half there while all others of the process run until they wait. */
  | { readonly strategy: 'components'; readonly at: BodyPosition; readonly how: 'go' | 'reset' | 'wrong-bytes' }
  /** The same, but the others begin when the first component has got so far. */
  | { readonly strategy: 'components-in-turn'; readonly at: BodyPosition }
  /** Nothing is held: every entry of a warm cache is damaged, and a process reads on. */
  | { readonly strategy: 'damaged'; readonly how: Damage };

/** What is done to the bytes of an entry. */
export type Damage = 'flipped' | 'truncated' | 'empty' | 'too-long';

export type Failure = 'reset' | 'wrong-bytes' | `status-${404 | 429 | 500 | 503}`;

export const strategies = ['together', 'leader-follower', 'leader-stalls', 'leader-killed', 'leader-fails', 'two-writers', 'components', 'components-in-turn', 'damaged'] as const;
const damages: readonly Damage[] = ['flipped', 'truncated', 'empty', 'too-long'];
const positions: readonly BodyPosition[] = ['headers', 'first-byte', 'thousandth', 'middle', 'all-but-one'];
const failures: readonly (readonly [Failure, BodyPosition | 'request'])[] = [
  ['status-404', 'request'], ['status-429', 'request'], ['status-500', 'request'], ['status-503', 'request'],
  ['reset', 'request'], ['reset', 'headers'], ['reset', 'middle'], ['reset', 'all-but-one'], ['wrong-bytes', 'middle'],
];

/** Longer than a lock should be waited for without a look at its holder, shorter than clients wait for bytes. */
const stallMs = 1500;

/** True for schedules that are about components of one process. */
export function isOfComponents({ strategy }: Schedule): boolean {
  return strategy === 'components' || strategy === 'components-in-turn';
}

/** Every schedule for so many processes: strategy x place x leader. */
export function enumerate(participants: number): readonly Schedule[] {
  const leaders = Array.from({ length: participants }, (_, index) => index + 1);
  return [
    { strategy: 'together' },
    ...leaders.flatMap((leader) => positions.map((at) => ({ strategy: 'leader-follower', at, leader }) as const)),
    ...leaders.flatMap((leader) => (['ahead', 'behind'] as const).map((first) => ({ strategy: 'two-writers', first, leader }) as const)),
    ...leaders.flatMap((leader) => positions.map((at) => ({ strategy: 'leader-killed', at, leader }) as const)),
    ...leaders.map((leader) => ({ strategy: 'leader-stalls', at: 'middle', leader }) as const),
    ...(['go', 'reset', 'wrong-bytes'] as const).flatMap((how) => positions.map((at) => ({ strategy: 'components', at, how }) as const)),
    ...positions.map((at) => ({ strategy: 'components-in-turn', at }) as const),
    ...damages.map((how) => ({ strategy: 'damaged', how }) as const),
    ...leaders.flatMap((leader) => failures.map(([how, at]) => ({ strategy: 'leader-fails', how, at, leader }) as const)),
  ];
}

/** `leader-follower/middle/1`, and so on. */
export function idOf(schedule: Schedule): string {
  switch (schedule.strategy) {
    case 'together':
      return 'together';
    case 'leader-follower':
    case 'leader-stalls':
    case 'leader-killed':
      return `${schedule.strategy}/${schedule.at}/${schedule.leader}`;
    case 'leader-fails':
      return `leader-fails/${schedule.how}/${schedule.at}/${schedule.leader}`;
    case 'two-writers':
      return `two-writers/${schedule.first}/${schedule.leader}`;
    case 'components':
      return `components/${schedule.how}/${schedule.at}`;
    case 'components-in-turn':
      return `components-in-turn/${schedule.at}`;
    case 'damaged':
      return `damaged/${schedule.how}`;
  }
}

/**
 * The schedules that a name, or the beginning of one, stands for.
 * @throws StampedeError CONFIG_INVALID for one that stands for none
 */
export function schedulesNamed(name: string, participants: number): readonly Schedule[] {
  const all = enumerate(participants);
  const found = all.filter((schedule) => idOf(schedule) === name || idOf(schedule).startsWith(`${name}/`));
  if (found.length > 0) return found;
  throw new StampedeError('CONFIG_INVALID', `no schedule of ${participants} processes is named ${JSON.stringify(name)}`, {
    hint: `strategies: ${strategies.join(', ')}; a whole name: ${all.slice(1, 4).map(idOf).join(', ')}`,
  });
}

export interface ScheduledLayer {
  /** Of the layer that all processes read. */
  readonly digest: string;
  readonly participants: readonly string[];
  /** Of the images, in the order of the components that validate them. */
  readonly repositories: readonly string[];
  readonly timeoutMs: number;
}

/** The gates that force the schedule. */
export function gatesOf(schedule: Schedule, { digest, participants, repositories, timeoutMs }: ScheduledLayer): readonly GateRule[] {
  const count = participants.length;
  const standstill = { kind: 'standstill', parties: 'participant', count } as const;
  const layer = { resource: 'blob', references: [digest] } as const;
  if (schedule.strategy === 'damaged') return [];
  if (schedule.strategy === 'together') return [{ name: 'together', hold: layer, until: standstill, timeoutMs }];
  if (schedule.strategy === 'components') return [{ name: 'components', hold: layer, until: standstill, timeoutMs, at: schedule.at, then: schedule.how }];
  if (schedule.strategy === 'components-in-turn') {
    const reached = { kind: 'reached', parties: 'participant', count: 1, gate: 'leader' } as const;
    return [
      { name: 'leader', hold: { ...layer, repositories: repositories.slice(0, 1) }, until: standstill, timeoutMs, at: schedule.at },
      { name: 'others', hold: { resource: 'manifest', repositories: repositories.slice(1) }, until: reached, timeoutMs },
    ];
  }
  const leader = participants[schedule.leader - 1] ?? '';
  const others = participants.filter((participant) => participant !== leader);
  const waitForLeader: GateRule = { name: 'others', hold: { resource: 'manifest', participants: others }, until: { kind: 'reached', parties: 'participant', count: 1, gate: 'leader' }, timeoutMs };
  const leaderGate = (at: BodyPosition | 'request', then: GateAction, forMs?: number): GateRule => ({
    name: 'leader', hold: { ...layer, participants: [leader] }, until: { ...standstill, ...(forMs === undefined ? {} : { forMs }) }, timeoutMs, then, ...(at === 'request' ? {} : { at }),
  });
  switch (schedule.strategy) {
    case 'leader-follower':
      return [leaderGate(schedule.at, 'go'), waitForLeader];
    case 'leader-stalls':
      return [leaderGate(schedule.at, 'go', stallMs), waitForLeader];
    case 'leader-killed':
      return [leaderGate(schedule.at, 'kill'), waitForLeader];
    case 'leader-fails':
      return [leaderGate(schedule.at, actionOf(schedule.how)), waitForLeader];
    case 'two-writers': {
      const [first, second] = schedule.first === 'ahead' ? (['middle', 'thousandth'] as const) : (['thousandth', 'middle'] as const);
      const follower: GateRule = { name: 'second', hold: { ...layer, participants: others }, until: { kind: 'ended', parties: 'participant', count: 1, participant: leader }, timeoutMs, at: second, isOptional: true };
      return [leaderGate(first, 'go'), follower, waitForLeader];
    }
  }
}

function actionOf(how: Failure): GateAction {
  return how === 'reset' || how === 'wrong-bytes' ? how : Number(how.slice('status-'.length));
}
