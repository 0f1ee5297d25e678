// SPDX-License-Identifier: Apache-2.0
import { eventsOf } from '../history/event.ts';
import { held, type Checker } from './checker.ts';

/**
 * The log failed as it was told to, while somebody was asking: otherwise the run says nothing about a log that fails.
 * One that is told to go down later must have answered before.
 */
export const logFaultMet: Checker = {
  name: 'log-fault-met',
  check(history) {
    const wanted = eventsOf(history, 'log-fault').at(-1);
    if (wanted === undefined) return { verdict: 'unknown', reason: 'the log was not told to fail' };
    const asked = eventsOf(history, 'log-asked');
    const failed = asked.filter(({ outcome }) => outcome === wanted.fault);
    if (failed.length === 0) return { verdict: 'unknown', reason: `the log was asked ${asked.length} times, and never failed by "${wanted.fault}"` };
    const answered = asked.length - failed.length;
    if (answered < wanted.after) return { verdict: 'unknown', reason: `the log was to answer ${wanted.after} times before, and answered ${answered} times` };
    return held;
  },
};
