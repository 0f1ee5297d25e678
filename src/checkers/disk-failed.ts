// SPDX-License-Identifier: Apache-2.0
import { eventsOf } from '../history/event.ts';
import { isOfTheCache, unmetDiskFault } from './excuses.ts';
import { held, type Checker } from './checker.ts';

/** Where the disk was to fail, it did: somebody tried to use the cache and met the error. */
export const diskFailed: Checker = {
  name: 'disk-failed',
  check(history) {
    const struck = eventsOf(history, 'fault-struck').filter(isOfTheCache).filter(({ fault }) => fault !== 'evict');
    if (struck.length === 0) return { verdict: 'unknown', reason: 'the disk was not made to fail' };
    const spared = unmetDiskFault(history);
    return spared === undefined ? held : { verdict: 'unknown', reason: `no file call of ${spared.participant} met ${spared.fault}` };
  },
};
