// SPDX-License-Identifier: Apache-2.0
import type { GateRule } from '../faults/gate.ts';
import type { TurnRule } from '../faults/turns.ts';

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
  /** How the participants meet, in words; or the schedule that an exploration made. */
  readonly meeting: Meeting | `schedule ${string}`;
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
  readonly deadlineMs?: number;
  readonly gateTimeoutMs: number;
}

export interface PlannedParticipant {
  readonly name: string;
  /** Arguments after the subject's own. */
  readonly arguments: readonly string[];
}

/**
 * `alone`: one process, nothing held. `first-request`: every process is held at its first manifest until all
 * have asked. `shared-layer`: every process is held at a layer that all of them need until each asks for one or waits
 * for one who did, and `own-layer` at one that others don't need. `half-layer`: the first process is held when it has half
 * of a layer that all need, until the others, who begin only then, have ended or wait. `components`: the first layer of one process is held until requests of all its components were seen.
 */
export type Meeting = 'alone' | 'first-request' | 'shared-layer' | 'own-layer' | 'half-layer' | 'components';

export interface MeetingPlan {
  readonly meeting: Meeting;
  /** Processes, or for `components` the components, that must meet. */
  readonly parties: number;
  /** Names of the processes. */
  readonly participants: readonly string[];
  /** Digests of the layers that are met at. */
  readonly layers: readonly string[];
  /** Repositories of the images that the commands name. */
  readonly repositories: readonly string[];
  readonly timeoutMs: number;
}

/** The gates that force a meeting; the recorded history must show that it took place. */
export function gatesFor({ meeting, parties, participants, layers, repositories, timeoutMs }: MeetingPlan): readonly GateRule[] {
  switch (meeting) {
    case 'alone':
      return [];
    case 'first-request':
      return [
        {
          name: 'first-request',
          hold: { resource: 'manifest' },
          until: { kind: 'arrivals', parties: 'participant', count: parties },
          timeoutMs,
        },
      ];
    case 'shared-layer':
    case 'own-layer':
      return [
        {
          name: meeting,
          hold: { resource: 'blob', references: layers },
          until: { kind: 'standstill', parties: 'participant', count: parties },
          timeoutMs,
        },
      ];
    case 'half-layer':
      return halfLayerGates({ parties, participants, layers, timeoutMs });
    case 'components':
      return [
        {
          name: 'components',
          hold: { resource: 'blob', references: layers },
          until: { kind: 'requests', parties: 'repository', count: parties, of: { resource: 'manifest', repositories } },
          timeoutMs,
        },
      ];
  }
}

function halfLayerGates({ parties, participants, layers, timeoutMs }: Pick<MeetingPlan, 'parties' | 'participants' | 'layers' | 'timeoutMs'>): readonly GateRule[] {
  return [
    {
      name: 'half-layer',
      hold: { resource: 'blob', references: layers, participants: participants.slice(0, 1) },
      at: 'middle',
      until: { kind: 'standstill', parties: 'participant', count: parties },
      timeoutMs,
    },
    {
      name: 'others',
      hold: { resource: 'manifest', participants: participants.slice(1) },
      until: { kind: 'reached', parties: 'participant', count: 1, gate: 'half-layer' },
      timeoutMs,
    },
  ];
}
