// SPDX-License-Identifier: Apache-2.0
import type { GateRule } from '../faults/gate.ts';
import type { CacheState } from '../history/event.ts';
import type { Digest } from '../oci/digest.ts';
import type { MeetingName } from './plan.ts';
import type { Participant } from './run.ts';

/** How participants are made to meet. Which schedules there are is not known here. */
export interface Meeting {
  readonly name: MeetingName;
  /** @throws StampedeError SCHEDULE_INVALID where these participants can't meet so; nothing has been started then */
  readonly force: (participants: readonly Participant[]) => Forced;
  /** Absent: the cache stays as it is. */
  readonly cache?: PreparedCache;
}

/** What forces a meeting. */
export interface Forced {
  readonly gates: readonly GateRule[];
  /** The layer that all of them read and that it is about. */
  readonly sharedLayer?: Digest;
}

/** A cache that is made to be in some state before the participants start. */
export interface PreparedCache {
  readonly state: CacheState;
  /** `folder`: where runs that this takes are stored. */
  readonly prepare: (participants: readonly Participant[], folder: string) => Promise<void>;
}

/** Nobody is held. */
export const alone: Meeting = { name: 'alone', force: () => ({ gates: [] }) };
