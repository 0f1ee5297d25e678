// SPDX-License-Identifier: Apache-2.0
import { eventsOf } from '../history/event.ts';
import { held, type Checker } from './checker.ts';
import { isOfTheCache, isSlowness } from './excuses.ts';

/**
 * Who did not get what it asked for says so: a process whose download was refused, cut, shortened or changed does not end
 * with status 0. One that asked again and got it is excused.
 */
export const failureTold: Checker = {
  name: 'failure-told',
  check(history) {
    const struck = eventsOf(history, 'fault-struck').filter((one) => one.fault !== 'kill' && !isOfTheCache(one) && !isSlowness(one));
    if (struck.length === 0) return { verdict: 'unknown', reason: 'no download was made to fail' };
    const requests = eventsOf(history, 'request');
    const silent = struck.filter(({ participant, request, index }) => {
      const target = requests.find((asked) => asked.request === request)?.target;
      const again = requests.filter((asked) => asked.index > index && asked.participant === participant && asked.target.reference === target?.reference);
      const exit = eventsOf(history, 'validator-exited').find((one) => one.participant === participant);
      return again.length === 0 && exit?.exitCode === 0;
    });
    if (silent.length === 0) return held;
    return { verdict: 'broken', sentence: silent.map(({ participant, fault }) => `${participant} ended with status 0 although its download met ${fault}`).join('; '), events: silent.map(({ index }) => index) };
  },
};
