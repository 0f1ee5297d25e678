// SPDX-License-Identifier: Apache-2.0
import { eventsOf } from '../history/event.ts';
import { held, type Checker } from './checker.ts';

/** Why it is unknown where a schedule of chance has not made anybody meet. */
export const nobodyInterrupted = 'each ran from its beginning to its end, nobody was interrupted';

/** Where turns were taken, somebody was interrupted in its middle: another one went on while it stood. */
export const interleaved: Checker = {
  name: 'interleaved',
  check(history) {
    const over = eventsOf(history, 'turns-over')[0];
    if (over === undefined) return { verdict: 'unknown', reason: 'no turns were taken' };
    if (over.reason === 'timeout') return { verdict: 'unknown', reason: `after ${over.steps} steps nobody could take another one` };
    const turns = eventsOf(history, 'turn-taken');
    const isInterrupted = turns.some(({ standing }, nth) => turns.slice(0, nth).some(({ participant }) => standing.includes(participant)));
    return isInterrupted ? held : { verdict: 'unknown', reason: nobodyInterrupted };
  },
};
