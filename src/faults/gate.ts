// SPDX-License-Identifier: Apache-2.0
import type { RegistryTarget } from '../history/event.ts';

/**
 * A rule "hold the requests that match until the condition": the network tier of a schedule.
 * Plain data, part of a plan.
 */
export interface GateRule {
  readonly name: string;
  readonly hold: GateMatch;
  readonly until: GateCondition;
  /** Milliseconds after the first arrival; shorter than the validator's own time-out. */
  readonly timeoutMs: number;
}

/** Which requests stand at the gate; every given field must agree. */
export interface GateMatch {
  readonly resource: RegistryTarget['resource'];
  /** Any of these digests or tags; absent: any. */
  readonly references?: readonly string[];
  /** Any of these repositories; absent: any. */
  readonly repositories?: readonly string[];
}

/**
 * `arrivals`: that many distinct parties stand at the gate.
 * `requests`: that many distinct parties have sent any request that matches `of`, held or not.
 * `standstill`: of that many processes, each that lives stands at the gate or waits without doing anything, as one
 * does that has left a download to another one.
 * A party is a process (`participant`) or a component inside one (`repository`).
 */
export type GateCondition =
  | { readonly kind: 'arrivals'; readonly parties: Party; readonly count: number }
  | { readonly kind: 'standstill'; readonly parties: 'participant'; readonly count: number }
  | { readonly kind: 'requests'; readonly parties: Party; readonly count: number; readonly of: GateMatch };

export type Party = 'participant' | 'repository';
