// SPDX-License-Identifier: Apache-2.0
import { eventsOf } from '../history/event.ts';
import { held, type Checker } from './checker.ts';

/**
 * The participants really met: every gate opened because its condition was met, and every process was running
 * before the first one ended. Without it a run says nothing about concurrency; it never blames the validator.
 */
export const overlapped: Checker = {
  name: 'overlapped',
  check(history) {
    const openings = eventsOf(history, 'gate-opened');
    const starts = eventsOf(history, 'validator-started');
    const exits = eventsOf(history, 'validator-exited');
    if (openings.length === 0) return { verdict: 'unknown', reason: 'nothing was held, so nothing proves that the participants met' };
    const unmet = openings.find(({ reason }) => reason !== 'condition');
    if (unmet !== undefined) {
      const { gate, reason, arrived, wanted } = unmet;
      return { verdict: 'unknown', reason: `the gate "${gate}" opened by ${reason}, with ${arrived} of ${wanted} there` };
    }
    const shut = eventsOf(history, 'gate-arrived').find(({ gate }) => !openings.some((opening) => opening.gate === gate));
    if (shut !== undefined) return { verdict: 'unknown', reason: `the gate "${shut.gate}", where ${shut.participant} stood, was not seen to open` };
    const firstExit = Math.min(...exits.map(({ index }) => index));
    const late = starts.find(({ index }) => index > firstExit);
    return late === undefined ? held : { verdict: 'unknown', reason: `${late.participant} started after another had ended` };
  },
};
