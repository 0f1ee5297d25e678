// SPDX-License-Identifier: Apache-2.0
import type { CallFamily, RegistryTarget } from '../history/event.ts';
import type { GateAction } from './gate-action.ts';

/**
 * A rule "hold what matches until the condition": requests on their way to the registry, a process after a file call
 * of its own, or one that has not been started. Plain data, part of a plan.
 */
export interface GateRule {
  readonly name: string;
  readonly hold: GateMatch | CallMatch | StartMatch;
  readonly until: GateCondition;
  /** Milliseconds after the first arrival; shorter than the validator's own time-out. */
  readonly timeoutMs: number;
  /** True for a gate at which nobody has to come: it is not told of unless somebody did. */
  readonly isOptional?: boolean;
  /** Default: before the request goes on. Else while its body comes. */
  readonly at?: BodyPosition;
  /** What happens to those who stand there when the gate opens by its condition; default: they go on. */
  readonly then?: GateAction;
}

/** How much of a body has been passed on when it is held: a share of it, or so many bytes. */
export type BodyPosition = NamedPosition | `byte-${number}`;

export type NamedPosition = 'headers' | 'first-byte' | 'thousandth' | 'middle' | 'all-but-one';

/** All that have a name, from the beginning to the end. */
export const namedPositions = ['headers', 'first-byte', 'thousandth', 'middle', 'all-but-one'] as const satisfies readonly NamedPosition[];

export function isBodyPosition(text: string): text is BodyPosition {
  return (namedPositions as readonly string[]).includes(text) || /^byte-(?:0|[1-9]\d{0,14})$/.test(text);
}

/** How many bytes of a body of `length` bytes are passed on before it is held; `byte-N` may be beyond it, and is then never reached. */
export function heldAfter(position: BodyPosition, length: number): number {
  switch (position) {
    case 'headers':
      return 0;
    case 'first-byte':
      return Math.min(1, length);
    case 'thousandth':
      return Math.floor(length / 1000);
    case 'middle':
      return Math.floor(length / 2);
    case 'all-but-one':
      return Math.max(0, length - 1);
    default:
      return Number(position.slice('byte-'.length));
  }
}

/** Families of file calls after some of which the rules have the participant stand. */
export function stoppedAfter(rules: readonly GateRule[], participant: string): readonly CallFamily[] {
  return [...new Set(rules.flatMap(({ hold }) => ('call' in hold && hold.participants.includes(participant) ? [hold.call] : [])))];
}

/** Which requests stand at the gate; every given field must agree. */
export interface GateMatch {
  readonly resource: RegistryTarget['resource'];
  /** Any of these digests or tags; absent: any. */
  readonly references?: readonly string[];
  /** Any of these repositories; absent: any. */
  readonly repositories?: readonly string[];
  /** Any of these processes; absent: any. */
  readonly participants?: readonly string[];
}

/** After which file calls a process stands still, all threads of it. */
export interface CallMatch {
  readonly call: CallFamily;
  /** Hex digits of the digest in the path, or of any of these; empty for paths without one. */
  readonly entry: string | readonly string[];
  /** Which one of the process, of that family and on that entry, from 1. */
  readonly nth: number;
  readonly participants: readonly string[];
}

/** Processes that are to be started: until the gate opens there is none. */
export interface StartMatch {
  readonly start: true;
  readonly participants: readonly string[];
}

/**
 * `arrivals`: that many distinct parties stand at the gate.
 * `requests`: that many distinct parties have sent any request that matches `of`, held or not.
 * `standstill`: of that many processes, each that lives stands at the gate or waits without doing anything, as one
 * does that has left a download to another one; for `forMs`, or the time in which a local service answers.
 * `reached`: somebody stands, or has stood, at the gate `gate`; in the middle of a body, and has done what it could with the bytes that it has.
 * `failed-before`: the gate `gate` has opened, what stood there was struck, and since then nobody has anything to do.
 * `ended-or-waits`: that process has come to its end, or waits without doing anything, as one does for another one's lock; or
 * it stands at the gate `orAt`.
 * A party is a process (`participant`) or a component inside one (`repository`).
 */
export type GateCondition =
  | { readonly kind: 'arrivals'; readonly parties: Party; readonly count: number }
  | { readonly kind: 'standstill'; readonly parties: 'participant'; readonly count: number; readonly forMs?: number }
  | { readonly kind: 'reached'; readonly parties: 'participant'; readonly count: 1; readonly gate: string }
  | { readonly kind: 'failed-before'; readonly parties: 'participant'; readonly count: 1; readonly gate: string }
  | { readonly kind: 'ended-or-waits'; readonly parties: 'participant'; readonly count: 1; readonly participant: string; readonly orAt?: string }
  | { readonly kind: 'requests'; readonly parties: Party; readonly count: number; readonly of: GateMatch };

export type Party = 'participant' | 'repository';
