// SPDX-License-Identifier: Apache-2.0
import { eventsOf } from '../history/event.ts';
import { held, type Checker } from './checker.ts';
import { excused } from './excuses.ts';

/**
 * Every outcome equals that of the same command run alone without a cache: silently wrong output is the worst bug.
 * A failure that is told is none, where the program promises no more. Where the log was told to go down in the middle, who meets that is chance, and no cache is to blame for it.
 */
export const outcomesAgree: Checker = {
  name: 'outcomes-agree',
  check(history) {
    const compared = eventsOf(history, 'outcome-compared');
    if (compared.length === 0) return { verdict: 'unknown', reason: 'no outcome was compared' };
    const unequal = compared.filter(({ equal, isTold }) => !equal && isTold !== true);
    // Who was struck can't be expected to say what it would have said.
    const struck = excused(history);
    const left = eventsOf(history, 'validator-started').find(({ participant }) => !struck.includes(participant) && !compared.some((comparison) => comparison.participant === participant));
    if (unequal.length === 0) return left === undefined ? held : { verdict: 'unknown', reason: `the outcome of ${left.participant} was not compared` };
    const down = eventsOf(history, 'log-asked').find(({ outcome }) => outcome === 'down');
    if (down !== undefined) return { verdict: 'unknown', reason: 'the log was told to go down, and not all of them met that' };
    const each = unequal.map(({ participant, against, difference }) => `${participant} differs from the ${against}:\n${difference}`);
    return { verdict: 'broken', sentence: each.join('\n'), events: unequal.map(({ index }) => index) };
  },
};
