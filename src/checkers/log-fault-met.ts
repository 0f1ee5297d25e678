// SPDX-License-Identifier: Apache-2.0
import { eventsOf, type History } from '../history/event.ts';
import { held, type Checker } from './checker.ts';

/** True when the log was told to take no entry. */
export function refusesUploads(history: History): boolean {
  return eventsOf(history, 'log-told').some(({ answer }) => answer === 'upload-refused');
}

/**
 * The log failed as it was told to, while somebody was asking: otherwise the run says nothing about a log that fails.
 * One that is told to go down later must have answered before, one that is told to refuse entries must have been sent one.
 */
export const logFaultMet: Checker = {
  name: 'log-fault-met',
  check(history) {
    const wanted = eventsOf(history, 'log-fault').at(-1);
    const asked = eventsOf(history, 'log-asked');
    if (wanted === undefined && !refusesUploads(history)) return { verdict: 'unknown', reason: 'the log was not told to fail' };
    const wasSpared = refusesUploads(history) && !asked.some(({ outcome }) => outcome === 'upload-refused');
    if (wasSpared) return { verdict: 'unknown', reason: 'the log was told to refuse entries, and was sent none' };
    if (wanted === undefined) return held;
    const failed = asked.filter(({ outcome }) => outcome === wanted.fault);
    if (failed.length === 0) return { verdict: 'unknown', reason: `the log was asked ${asked.length} times, and never failed by "${wanted.fault}"` };
    const answered = asked.length - failed.length;
    if (answered < wanted.after) return { verdict: 'unknown', reason: `the log was to answer ${wanted.after} times before, and answered ${answered} times` };
    return held;
  },
};
