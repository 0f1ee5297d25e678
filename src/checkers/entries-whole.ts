// SPDX-License-Identifier: Apache-2.0
import { eventsOf } from '../history/event.ts';
import { held, type Checker } from './checker.ts';

/**
 * Whenever everybody was stopped to look at the cache, each entry was whole, but for what had been damaged before: what has an
 * entry's name may be read by anybody. For caches that promise it.
 */
export const entriesWhole: Checker = {
  name: 'entries-whole',
  check(history) {
    if (!eventsOf(history, 'cache-looked-at').some(({ moment }) => moment === 'held')) return { verdict: 'unknown', reason: 'nobody looked at the cache while somebody was held' };
    const files = eventsOf(history, 'cache-file-seen');
    const before = files.filter(({ moment }) => moment === 'before').map(({ path, digest }) => `${path} ${digest}`);
    const half = files.filter((seen) => seen.moment === 'held' && (seen.class === 'prefix' || seen.class === 'other-bytes') && !before.includes(`${seen.path} ${seen.digest}`));
    if (half.length === 0) return held;
    return { verdict: 'broken', sentence: half.map(({ path, size }) => `${path} could be seen with ${size} bytes of it`).join('; '), events: half.map(({ index }) => index) };
  },
};
