// SPDX-License-Identifier: Apache-2.0
import type { GateRule } from '../faults/gate.ts';
import type { TurnRule } from '../faults/turns.ts';
import type { CacheState } from '../history/event.ts';
import type { Digest } from '../oci/digest.ts';

/**
 * What one run does, as plain data: stored before the run starts, so that a crash keeps it.
 * Commands are kept as they were written, with `${NAME}` in place of what differs between runs.
 */
export interface Plan {
  readonly version: 1;
  readonly scenario: string;
  readonly subject: string;
  readonly seed: string;
  readonly participants: readonly PlannedParticipant[];
  readonly gates: readonly GateRule[];
  /** Who may go on at each step; absent: everybody may. */
  readonly turns?: TurnRule;
  /** How the participants meet: nobody is held, or a schedule by its name. */
  readonly meeting: MeetingName;
  /** The layer that the schedule is about, where it is about one that all read. */
  readonly sharedLayer?: Digest;
  /** What the cache was made to be before; absent: it is as earlier runs have left it. */
  readonly cache?: CacheState;
  /** True: every file call of the participants that concerns the cache is recorded. */
  readonly isTraced?: boolean;
  /** Where this run belongs to an attempt of an exploration: all that the attempt can be repeated from. */
  readonly exploration?: PlannedExploration;
}

export interface PlannedExploration {
  /** By its name. */
  readonly schedule: string;
  /** How many images were made, each for a process or component; the plan's own participants may be fewer. */
  readonly participants: number;
  /** Of the reference validator. Empty: a test build without any. */
  readonly plantedBug?: string;
  /** The program, where the user gave one. */
  readonly binary?: string;
  /** True where nobody used a cache. */
  readonly isWithoutCache?: boolean;
  readonly deadlineMs?: number;
  readonly gateTimeoutMs: number;
  /** Of the images and of their commands; absent: the usual. */
  readonly workload?: PlannedWorkload;
}

export interface PlannedWorkload {
  /** Of each image. */
  readonly layers: number;
  /** Of what fills each layer. */
  readonly layerBytes: number;
  /** Put after the usual arguments. */
  readonly flags: readonly string[];
}

/** `schedule leader-follower/middle/1` says where somebody is held, and until when. */
export type MeetingName = 'alone' | `schedule ${string}`;

export interface PlannedParticipant {
  readonly name: string;
  /** Arguments after the subject's own. */
  readonly arguments: readonly string[];
}
