// SPDX-License-Identifier: Apache-2.0
import { eventsOf, type EventOf, type FileCall, type History } from '../history/event.ts';

/** True for faults of the disk, `ENOSPC/write`, and of others who use the cache: who validates must come out right all the same. */
export function isOfTheCache({ fault }: Pick<EventOf<'fault-struck'>, 'fault'>): boolean {
  return fault === 'evict' || fault.includes('/');
}

/** A fault of the disk that was struck, and that no file call of its process met. */
export function unmetDiskFault(history: History): EventOf<'fault-struck'> | undefined {
  const struck = eventsOf(history, 'fault-struck').filter((one) => isOfTheCache(one) && one.fault !== 'evict');
  return struck.find(({ participant, fault }) => !eventsOf(history, 'file-call').some((one) => one.participant === participant && isMetBy(one.call, fault)));
}

/** Descriptors run out for whoever opens, to read or to create. */
function isMetBy({ result, family }: FileCall, fault: string): boolean {
  return `${result}/${family}` === fault || (result === 'EMFILE' && fault.startsWith('EMFILE/'));
}

/** Those whose calls on the cache were made to fail. */
export function withFailingDisk(history: History): readonly string[] {
  return eventsOf(history, 'fault-struck').filter((struck) => isOfTheCache(struck) && struck.fault !== 'evict').map(({ participant }) => participant);
}

/** True for faults that take time and nothing else: who is patient comes out right. */
export function isSlowness({ fault }: Pick<EventOf<'fault-struck'>, 'fault'>): boolean {
  return /^(?:delay|trickle) /.test(fault);
}

/** Those whose process or download was struck: they can't be expected to say what they would have said. */
export function excused(history: History): readonly string[] {
  return eventsOf(history, 'fault-struck').filter((struck) => !isOfTheCache(struck) && !isSlowness(struck)).map(({ participant }) => participant);
}
