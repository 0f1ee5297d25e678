// SPDX-License-Identifier: Apache-2.0
import { eventsOf } from '../history/event.ts';
import { held, type Checker } from './checker.ts';
import { unmetDiskFault } from './excuses.ts';

/** A cache that can't be read or written is no reason to fail, and one to say something about on standard error. */
export const troubleTold: Checker = {
  name: 'trouble-told',
  check(history) {
    const exits = eventsOf(history, 'validator-exited');
    if (exits.length === 0) return { verdict: 'unknown', reason: 'no end of a validator was recorded' };
    const unmet = unmetDiskFault(history);
    if (unmet !== undefined) return { verdict: 'unknown', reason: `there was no trouble: no file call of ${unmet.participant} met ${unmet.fault}` };
    if (exits.some(({ stderr }) => stderr.bytes > 0)) return held;
    return { verdict: 'broken', sentence: 'nobody said anything of the trouble that the cache was in', events: exits.map(({ index }) => index) };
  },
};
