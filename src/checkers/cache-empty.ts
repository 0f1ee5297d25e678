// SPDX-License-Identifier: Apache-2.0
import { eventsOf } from '../history/event.ts';
import { held, type Checker } from './checker.ts';

/** Nothing lies in the cache after the run, as when it is switched off. */
export const cacheEmpty: Checker = {
  name: 'cache-empty',
  check(history) {
    const last = eventsOf(history, 'cache-looked-at').find(({ moment }) => moment === 'after');
    if (last === undefined) return { verdict: 'unknown', reason: 'nobody looked at the cache after the run' };
    if (last.files === 0) return held;
    const files = eventsOf(history, 'cache-file-seen').filter(({ moment }) => moment === 'after');
    return { verdict: 'broken', sentence: `the cache holds ${files.map(({ path }) => path).join(', ')}`, events: files.map(({ index }) => index) };
  },
};
