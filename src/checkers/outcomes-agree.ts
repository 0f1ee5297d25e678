// SPDX-License-Identifier: Apache-2.0
import { eventsOf } from '../history/event.ts';
import { held, type Checker } from './checker.ts';

/** Every outcome equals that of the same command run alone without a cache: silently wrong output is the worst bug. */
export const outcomesAgree: Checker = {
  name: 'outcomes-agree',
  check(history) {
    const compared = eventsOf(history, 'outcome-compared');
    if (compared.length === 0) return { verdict: 'unknown', reason: 'no outcome was compared' };
    const unequal = compared.filter(({ equal }) => !equal);
    const left = eventsOf(history, 'validator-started').find(({ participant }) => !compared.some((comparison) => comparison.participant === participant));
    if (unequal.length === 0) return left === undefined ? held : { verdict: 'unknown', reason: `the outcome of ${left.participant} was not compared` };
    const each = unequal.map(({ participant, against, difference }) => `${participant} differs from the ${against}:\n${difference}`);
    return { verdict: 'broken', sentence: each.join('\n'), events: unequal.map(({ index }) => index) };
  },
};
