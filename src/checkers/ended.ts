// SPDX-License-Identifier: Apache-2.0
import { eventsOf, type Ending } from '../history/event.ts';
import { held, type Checker } from './checker.ts';

/** Every validator came to an end by itself: none hung, crashed, or flooded its output; but for those that the plan killed. */
export const ended: Checker = {
  name: 'ended',
  check(history) {
    const started = eventsOf(history, 'validator-started');
    const exited = eventsOf(history, 'validator-exited');
    if (started.length === 0) return { verdict: 'unknown', reason: 'no validator was started' };
    const killed = eventsOf(history, 'fault-struck').filter(({ fault }) => fault === 'kill').map(({ participant }) => participant);
    // In the order of names: those who hang together are ended together, and who goes first is chance.
    const inOrder = [...exited].sort((one, other) => one.participant.localeCompare(other.participant, 'en', { numeric: true }));
    const wrong = inOrder.filter(({ participant }) => !killed.includes(participant)).filter(({ ending }) => ending === 'deadline' || ending === 'output-limit' || ending === 'signalled');
    if (wrong.length > 0) {
      const each = wrong.map(({ participant, ending, signal }) => `${participant} ${wordsFor(ending)}${signal === null ? '' : ` (${signal})`}`);
      return { verdict: 'broken', sentence: each.join(', '), events: wrong.map(({ index }) => index) };
    }
    const stopped = exited.find(({ ending }) => ending === 'stopped');
    if (stopped !== undefined) return { verdict: 'unknown', reason: `${stopped.participant} was stopped before its end` };
    const missing = started.find(({ participant }) => !exited.some((exit) => exit.participant === participant));
    return missing === undefined ? held : { verdict: 'unknown', reason: `the end of ${missing.participant} was not recorded` };
  },
};

function wordsFor(ending: Ending): string {
  if (ending === 'deadline') return 'did not end within its deadline';
  return ending === 'output-limit' ? 'wrote more than is kept' : 'was ended by a signal of its own making';
}
