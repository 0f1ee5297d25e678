// SPDX-License-Identifier: Apache-2.0
import { monotonicMs } from '../foundation/clock.ts';
import { cpuTimeOf, waits } from '../foundation/process-table.ts';

/** Whether participants do anything, as far as one can see from outside. */
export interface Idleness {
  started(participant: string, pid: number): void;
  /** Something is on its way to the participant, until the function returned is called. */
  answering(participant: string): () => void;
  /** The answer that is on its way is held, until the function returned is called. */
  holding(participant: string): () => void;
  /** The participant has been stopped and is seen to stand, until the function returned is called. */
  standing(participant: string): () => void;
  /**
   * True for one whose threads have all slept whenever one looked, for `forMs`, which has had next to no CPU time meanwhile, and is owed
   * no answer: it waits for somebody else, or looks again and again whether it may go on. Where the system does not tell, nobody is idle.
   */
  isIdle(participant: string, forMs?: number): boolean;
}

/** How often it is worth asking. */
export const sampleMs = 10;
/** Longer than a local service takes to answer, and than a thread waits for a lock that is about to be free. */
const idleMs = 150;
/** Of the time, for looking whether a lock file is still there; who works takes far more, or is seen to want to. */
const pollingShare = 0.04;

interface Watched {
  readonly pid: number;
  /** Its CPU time, in nanoseconds, at `since`. */
  ran: bigint | undefined;
  since: number;
  owed: number;
  stands: number;
}

export function watchIdleness(now: () => number = monotonicMs): Idleness {
  const watched = new Map<string, Watched>();
  const count = (participant: string, what: 'owed' | 'stands', change: 1 | -1): (() => void) => {
    const one = watched.get(participant);
    if (one === undefined) return () => undefined;
    one[what] += change;
    // Who is let go has something to do, even before it is seen to run.
    return () => Object.assign(one, { [what]: one[what] - change, ran: undefined, since: now() });
  };
  return {
    started: (participant, pid) => void watched.set(participant, { pid, ran: undefined, since: now(), owed: 0, stands: 0 }),
    answering: (participant) => count(participant, 'owed', 1),
    holding: (participant) => count(participant, 'owed', -1),
    standing: (participant) => count(participant, 'stands', 1),
    isIdle: (participant, forMs = idleMs) => {
      const one = watched.get(participant);
      if (one === undefined) return false;
      if (one.stands > 0) return true;
      const [ran, at] = [cpuTimeOf(one.pid), now()];
      const forLooking = BigInt(Math.floor((at - one.since) * pollingShare * 1e6));
      const hasWorked = ran === undefined || one.ran === undefined || ran - one.ran > forLooking;
      if (hasWorked || one.owed > 0 || !waits(one.pid)) Object.assign(one, { ran, since: at });
      return at - one.since >= forMs;
    },
  };
}
