// SPDX-License-Identifier: Apache-2.0
import type { Strategy } from './likelihood.ts';

const meeting = ['leader-follower', 'leader-stalls', 'two-writers', 'together', 'two-stops', 'together-stops', 'components-in-turn'] as const;

/** Under which strategies a failure is that of the class: what is found in another way is a weakness that the same bug has besides. */
const ofClass: Readonly<Record<string, readonly Strategy[]>> = {
  T1: ['components', ...meeting],
  T2: ['leader-killed', 'leader-fails', 'components', 'disk-fails'],
  T3: ['evict-while-reading', 'mending', ...meeting],
  T4: meeting,
  T5: meeting,
  T6: ['leader-killed', ...meeting],
  T7: ['late-writer', 'mending', ...meeting],
  T8: ['evict-while-reading', ...meeting],
  T9: meeting,
  T10: meeting,
  T11: ['leader-killed'],
  T12: ['bystander', ...meeting],
  T13: ['components', 'components-in-turn', 'components-after-failure', 'leader-fails'],
  T14: ['damaged', 'disk-fails', 'leader-fails'],
  T15: ['leader-killed', ...meeting],
  T17: meeting,
  T18: ['components', 'components-in-turn'],
  T19: ['unusual', ...meeting],
  T20: ['unusual'],
};

/** Whether a schedule, by its name, forces what the class is about; undefined for a class that nobody knows. */
export function isOwnRace(rootCause: string, schedule: string): boolean | undefined {
  return ofClass[rootCause]?.some((strategy) => strategy === schedule.split('/')[0]);
}
