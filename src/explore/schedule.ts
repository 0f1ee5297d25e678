// SPDX-License-Identifier: Apache-2.0
import { isBodyPosition, namedPositions, type BodyPosition } from '../faults/gate.ts';
import { diskFaults, type DiskFault } from '../faults/gate-action.ts';
import { StampedeError } from '../foundation/errors.ts';
import { ofFeatures } from './feature-schedules.ts';
import type { RandomSchedule } from './random-schedule.ts';
import type { Unusual } from './unusual.ts';
import { isCallPlace, type CallPlace, type CallPlaces } from './call-place.ts';

/**
 * One interleaving that is forced on purpose, by its name: what it is, where, and who leads. The name says all of it,
 * so it is all that a replay needs besides the workload.
 */
export type Schedule =
  /** All stand at the request for the layer before any is answered. */
  | { readonly strategy: 'together' }
  /** All stand at the first thing that they ask the registry for; nothing is held after that. */
  | { readonly strategy: 'first-request' }
  /** All stand at the request for a layer that not all of them need. */
  | { readonly strategy: 'own-layers' }
  /** Components of one process: the first layer is held until an image of each has been asked for. */
  | { readonly strategy: 'components-under-way' }
  /** The leader's entry is half written, or it stands after a file call, while the others run until they end or wait. */
  | { readonly strategy: 'leader-follower'; readonly at: BodyPosition | CallPlace; readonly leader: number }
  /** The same, for so long that who is impatient loses patience. */
  | { readonly strategy: 'leader-stalls'; readonly at: BodyPosition; readonly leader: number }
  /** The same, then the leader gets SIGKILL, and the others go on. */
  | { readonly strategy: 'leader-killed'; readonly at: BodyPosition | CallPlace; readonly leader: number }
  /** The same, then the leader's download fails. */
  | { readonly strategy: 'leader-fails'; readonly how: Failure; readonly at: BodyPosition | 'request'; readonly leader: number }
  /** Two have each a part of the layer; the first goes on to its end, then the other one. */
  | { readonly strategy: 'two-writers'; readonly first: 'ahead' | 'behind'; readonly leader: number }
  /** The leader stands after a file call until the others end, wait, or stand after one themselves; then it goes on to its end, then they do. */
  | { readonly strategy: 'two-stops'; readonly at: CallPlace; readonly second: CallPlace; readonly leader: number }
  /** All ask for the layer before any is answered, so that none finds an entry, and the leader is answered first; then as `two-stops`. */
  | { readonly strategy: 'together-stops'; readonly at: CallPlace; readonly second: CallPlace; readonly leader: number }
  /**
   * Three: the first is held in the layer's body while the second publishes it, and a further one stands after a file call on what it
   * has found then; the first goes on until it stands after one of its own, then the further one does, then the first.
   */
  | { readonly strategy: 'late-writer'; readonly at: CallPlace; readonly second: CallPlace }
  /** Calls of one family that the leader makes on the cache fail: from the middle of its download on, or from its beginning for what comes before; on a warm cache for what reads. */
  | { readonly strategy: 'disk-fails'; readonly how: DiskFault; readonly leader: number }
  /** Entries are damaged, and two processes mend them: as the leader with one stop, or as `two-stops` with a second one. */
  | { readonly strategy: 'mending'; readonly at: CallPlace; readonly second?: CallPlace; readonly leader: number }
  /** Who may go on at each step is drawn by chance. */
  | RandomSchedule
  /** On a warm cache: all entries are removed while a process stands after a file call. */
  | { readonly strategy: 'evict-while-reading'; readonly at: CallPlace }
  /** The leader's download of a layer that nobody else needs is held: the others have to come to their end meanwhile. */
  | { readonly strategy: 'bystander'; readonly at: BodyPosition; readonly leader: number }
  /** Components of one process: the first one's download fails, and after that the others ask for the same layer. */
  | { readonly strategy: 'components-after-failure'; readonly how: Failure }
  /** Components of one process: the shared layer is half there while all others of the process run until they wait. */
  | { readonly strategy: 'components'; readonly at: BodyPosition; readonly how: 'go' | 'reset' | 'wrong-bytes' }
  /** The same, but the others begin when the first component has got so far. */
  | { readonly strategy: 'components-in-turn'; readonly at: BodyPosition }
  /** Nothing is held: one process, on an image that some caches can't cope with. */
  | { readonly strategy: 'unusual'; readonly which: Unusual }
  /** Nothing is held: all start at once, and what comes of it is luck. No part of an enumeration; what others are compared with. */
  | { readonly strategy: 'naive' }
  /** Nothing is held: every entry of a warm cache is damaged, and a process reads on. */
  | { readonly strategy: 'damaged'; readonly how: Damage };

/** What is done to the bytes of an entry. */
export type Damage = 'flipped' | 'truncated' | 'empty' | 'too-long' | 'folder';

export type Failure = 'reset' | 'cut' | 'short-body' | 'wrong-bytes' | Slowness | `status-${401 | 404 | 429 | 500 | 503}`;

/** What looks like a failure to the impatient. */
export type Slowness = 'delay' | 'trickle';

export const strategies = [
  'together', 'first-request', 'own-layers', 'components-under-way', 'leader-follower', 'leader-stalls', 'leader-killed', 'leader-fails', 'two-writers', 'two-stops', 'together-stops', 'late-writer', 'mending', 'random', 'bystander', 'disk-fails', 'evict-while-reading',
  'components', 'components-in-turn', 'components-after-failure', 'unusual', 'naive', 'damaged',
] as const;
const damages: readonly Damage[] = ['flipped', 'truncated', 'empty', 'too-long', 'folder'];
const unusual: readonly Unusual[] = ['same-size', 'large-layer'];
const failures: readonly (readonly [Failure, BodyPosition | 'request'])[] = [
  ['status-401', 'request'], ['status-404', 'request'], ['status-429', 'request'], ['status-500', 'request'], ['status-503', 'request'],
  ['reset', 'request'], ['reset', 'headers'], ['reset', 'middle'], ['reset', 'all-but-one'], ['cut', 'headers'], ['cut', 'middle'],
  ['short-body', 'request'], ['short-body', 'headers'], ['short-body', 'middle'], ['short-body', 'all-but-one'], ['wrong-bytes', 'middle'],
  ['delay', 'request'], ['delay', 'middle'], ['trickle', 'headers'], ['trickle', 'middle'],
];

/** At a byte, everything that a body can meet. */
function failuresAt(positions: readonly BodyPosition[]): typeof failures {
  return positions.filter((at) => at.startsWith('byte-')).flatMap((at) => (['reset', 'cut', 'short-body', 'wrong-bytes', 'delay', 'trickle'] as const).map((how) => [how, at] as const));
}

/** With these a client does not ask again by itself. */
const failedBefore: readonly Failure[] = ['reset', 'cut', 'short-body', 'wrong-bytes'];

/** True for schedules that are about components of one process. */
export function isOfComponents({ strategy }: Schedule): boolean {
  return strategy === 'components-under-way' || strategy === 'components' || strategy === 'components-in-turn' || strategy === 'components-after-failure';
}

/** True for schedules that are about what other programs do not take: components of one process, or bundles of another kind. */
export function isOfValidators(schedule: Schedule): boolean {
  return isOfComponents(schedule) || schedule.strategy === 'unusual';
}

/** True for schedules, or names of them, that are about what lies in a cache, or what one can't cope with. */
export function isOfEntries(name: string): boolean {
  return ['damaged', 'mending', 'late-writer', 'evict-while-reading', 'disk-fails', 'unusual'].includes(name.split('/')[0] ?? '');
}

/** True for schedules that need to see the file calls of a process. */
export function isOfCalls(schedule: Schedule): boolean {
  return schedule.strategy === 'random' || schedule.strategy === 'two-stops' || schedule.strategy === 'together-stops' || schedule.strategy === 'disk-fails' || schedule.strategy === 'evict-while-reading' || ('at' in schedule && isCallPlace(schedule.at));
}

/**
 * Every schedule for so many processes that stops one of them once: strategy x place x leader. Places between file calls are
 * those that a calm run has; without any, the disk is left alone.
 */
export function enumerate(participants: number, calls?: CallPlaces): readonly Schedule[] {
  return calls === undefined ? ofRequests(participants) : [...ofRequests(participants), ...ofCalls(participants, calls)];
}

/** True for what takes the leader time and nothing else. */
export function isSlowness(how: Failure): how is Slowness {
  return how === 'delay' || how === 'trickle';
}

/** Those that stop two processes, each once: every pair of places at which something has changed, or is about to be opened. */
export function enumerateTwoStops(participants: number, { changing, damaged, warm }: CallPlaces): readonly Schedule[] {
  const pairs = (places: readonly CallPlace[]) => leadersOf(participants).flatMap((leader) => places.flatMap((at) => places.map((second) => ({ at, second, leader }))));
  return [
    ...pairs(changing).map((pair) => ({ strategy: 'two-stops', ...pair }) as const),
    ...pairs(changing).map((pair) => ({ strategy: 'together-stops', ...pair }) as const),
    ...pairs(damaged).map((pair) => ({ strategy: 'mending', ...pair }) as const),
    ...warm.flatMap((at) => [...new Set([...changing, ...damaged])].map((second) => ({ strategy: 'late-writer', at, second }) as const)),
  ];
}

function leadersOf(participants: number): readonly number[] {
  return Array.from({ length: participants }, (_, index) => index + 1);
}

function ofCalls(participants: number, { cold, warm, damaged, disk }: CallPlaces): readonly Schedule[] {
  const leaders = leadersOf(participants);
  return [
    ...leaders.flatMap((leader) => cold.map((at) => ({ strategy: 'leader-follower', at, leader }) as const)),
    ...leaders.flatMap((leader) => cold.map((at) => ({ strategy: 'leader-killed', at, leader }) as const)),
    ...leaders.flatMap((leader) => damaged.map((at) => ({ strategy: 'mending', at, leader }) as const)),
    ...warm.map((at) => ({ strategy: 'evict-while-reading', at }) as const),
    ...leaders.flatMap((leader) => disk.map((how) => ({ strategy: 'disk-fails', how, leader }) as const)),
  ];
}

function ofRequests(participants: number, positions: readonly BodyPosition[] = namedPositions): readonly Schedule[] {
  const leaders = leadersOf(participants);
  return [
    { strategy: 'together' },
    ...leaders.flatMap((leader) => positions.map((at) => ({ strategy: 'leader-follower', at, leader }) as const)),
    ...leaders.flatMap((leader) => (['ahead', 'behind'] as const).map((first) => ({ strategy: 'two-writers', first, leader }) as const)),
    ...leaders.flatMap((leader) => positions.map((at) => ({ strategy: 'leader-killed', at, leader }) as const)),
    ...leaders.map((leader) => ({ strategy: 'leader-stalls', at: 'middle', leader }) as const),
    ...(['go', 'reset', 'wrong-bytes'] as const).flatMap((how) => positions.map((at) => ({ strategy: 'components', at, how }) as const)),
    ...positions.map((at) => ({ strategy: 'components-in-turn', at }) as const),
    ...failedBefore.map((how) => ({ strategy: 'components-after-failure', how }) as const),
    ...leaders.map((leader) => ({ strategy: 'bystander', at: 'middle', leader }) as const),
    ...damages.map((how) => ({ strategy: 'damaged', how }) as const),
    ...unusual.map((which) => ({ strategy: 'unusual', which }) as const),
    ...leaders.flatMap((leader) => [...failures, ...failuresAt(positions)].map(([how, at]) => ({ strategy: 'leader-fails', how, at, leader }) as const)),
  ];
}

/** `leader-follower/middle/1`, and so on. */
export function idOf(schedule: Schedule): string {
  switch (schedule.strategy) {
    case 'together':
    case 'first-request':
    case 'own-layers':
    case 'components-under-way':
    case 'naive':
      return schedule.strategy;
    case 'unusual':
      return `unusual/${schedule.which}`;
    case 'leader-follower':
    case 'leader-stalls':
    case 'leader-killed':
    case 'bystander':
      return `${schedule.strategy}/${schedule.at}/${schedule.leader}`;
    case 'leader-fails':
      return `leader-fails/${schedule.how}/${schedule.at}/${schedule.leader}`;
    case 'two-writers':
      return `two-writers/${schedule.first}/${schedule.leader}`;
    case 'random':
      return `random/${schedule.depth}/${schedule.steps}/${schedule.seed}`;
    case 'two-stops':
    case 'together-stops':
      return `${schedule.strategy}/${schedule.at}/${schedule.second}/${schedule.leader}`;
    case 'late-writer':
      return `late-writer/${schedule.at}/${schedule.second}`;
    case 'mending':
      return ['mending', schedule.at, ...(schedule.second === undefined ? [] : [schedule.second]), schedule.leader].join('/');
    case 'disk-fails':
      return `disk-fails/${schedule.how}/${schedule.leader}`;
    case 'components':
      return `components/${schedule.how}/${schedule.at}`;
    case 'components-after-failure':
    case 'damaged':
      return `${schedule.strategy}/${schedule.how}`;
    case 'components-in-turn':
    case 'evict-while-reading':
      return `${schedule.strategy}/${schedule.at}`;
  }
}

/**
 * The schedules that a name, or the beginning of one, stands for.
 * @throws StampedeError CONFIG_INVALID for one that stands for none
 */
export function schedulesNamed(name: string, participants: number, calls?: CallPlaces): readonly Schedule[] {
  const [, depth, steps, seed] = /^random\/([1-9])\/([1-9]\d{0,5})\/(\d{1,9})$/.exec(name) ?? [];
  if (name === 'naive') return [{ strategy: 'naive' }];
  if (depth !== undefined) return [{ strategy: 'random', depth: Number(depth), steps: Number(steps), seed: Number(seed) }];
  const all = allThatCanBeNamed(participants, name, calls);
  const ids = new Map(all.map((schedule) => [idOf(schedule), schedule]));
  const found = [...ids].filter(([id]) => id === name || id.startsWith(`${name}/`)).map(([, schedule]) => schedule);
  if (found.length > 0) return found;
  const other = ofFeatures(leadersOf(participants), { name, positions: positionsNamed(name), failures: failures.map(([how]) => how) }).find((schedule) => idOf(schedule) === name);
  if (other !== undefined) return [other];
  throw new StampedeError('CONFIG_INVALID', `no schedule of ${participants} processes is named ${JSON.stringify(name)}`, {
    hint: `strategies: ${strategies.join(', ')}; a whole name: ${all.slice(1, 4).map(idOf).join(', ')}`,
  });
}

/** One that was found can be named on a machine, or with a build, where a calm run does not have that place. */
function allThatCanBeNamed(participants: number, name: string, calls?: CallPlaces): readonly Schedule[] {
  const named = [...new Set(name.split('/').filter(isCallPlace))];
  const { cold, warm, damaged, changing, disk } = calls ?? { cold: [], warm: [], damaged: [], changing: [], disk: diskFaults };
  const join = (places: readonly CallPlace[]): readonly CallPlace[] => [...new Set([...places, ...named])];
  const faults = diskFaults.filter((fault) => disk.includes(fault) || name.startsWith(`disk-fails/${fault}`));
  const places: CallPlaces = { cold: join(cold), warm: join(warm), damaged: join(damaged), changing: join(changing), disk: faults };
  // Pairs are many: of one place that is named, or where nothing else is asked for.
  const pairs = named.length > 0 ? places : { ...places, damaged: [], warm: [] };
  return [...ofRequests(participants, positionsNamed(name)), ...ofCalls(participants, places), ...enumerateTwoStops(participants, pairs)];
}

/** Besides the usual ones, a byte. */
function positionsNamed(name: string): readonly BodyPosition[] {
  return [...new Set([...namedPositions, ...name.split('/').filter(isBodyPosition)])];
}
