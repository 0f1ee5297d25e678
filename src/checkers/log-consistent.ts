// SPDX-License-Identifier: Apache-2.0
import { eventsOf } from '../history/event.ts';
import { held, type Checker } from './checker.ts';

/**
 * The transparency log keeps what was posted: each entry reads back the same, is promised, is in the tree, and every
 * tree that the log has signed is the beginning of its newest one.
 * https://www.rfc-editor.org/rfc/rfc6962#section-2.1
 */
export const logConsistent: Checker = {
  name: 'log-consistent',
  check(history) {
    const look = eventsOf(history, 'log-looked-at').at(-1);
    if (look === undefined) return { verdict: 'unknown', reason: 'nobody looked at the log' };
    const seen = eventsOf(history, 'log-entry-seen');
    const bad = [...seen, look].filter(({ problem }) => problem !== null);
    if (bad.length > 0) return { verdict: 'broken', sentence: bad.map(({ problem }) => problem).join('; '), events: bad.map(({ index }) => index) };
    if (!look.answered) return { verdict: 'unknown', reason: 'the log did not answer' };
    return seen.length === 0 ? { verdict: 'unknown', reason: 'the scenario has logged nothing' } : held;
  },
};
