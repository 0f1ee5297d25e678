// SPDX-License-Identifier: Apache-2.0
import { eventsOf, type CacheMoment, type History } from '../history/event.ts';
import { held, type Checker, type Verdict } from './checker.ts';
import { isOpaque } from './opaque.ts';

/**
 * Whenever everybody was stopped to look at the cache, each entry was whole, but for what had been damaged before: what has an
 * entry's name may be read by anybody. For caches that promise it.
 */
export const entriesWhole: Checker = { name: 'entries-whole', check: (history) => wholeAt(history, ['held']) };

/** The same, and at the end of the run: whatever was killed or failed meanwhile, nobody could ever see half an entry. */
export const neverHalfWritten: Checker = { name: 'never-half-written', check: (history) => wholeAt(history, ['held', 'after']) };

function wholeAt(history: History, moments: readonly CacheMoment[]): Verdict {
  const unseen = moments.find((wanted) => !eventsOf(history, 'cache-looked-at').some(({ moment }) => moment === wanted));
  if (unseen !== undefined) return { verdict: 'unknown', reason: `nobody looked at the cache ${unseen === 'held' ? 'while somebody was held' : 'after the run'}` };
  if (isOpaque(history)) return { verdict: 'unknown', reason: 'the files of this cache are not named after what is in them (cacheEntries in the subject file)' };
  const files = eventsOf(history, 'cache-file-seen');
  const before = files.filter(({ moment }) => moment === 'before').map(({ path, digest }) => `${path} ${digest}`);
  const half = files.filter((seen) => moments.includes(seen.moment) && (seen.class === 'prefix' || seen.class === 'other-bytes') && !before.includes(`${seen.path} ${seen.digest}`));
  if (half.length === 0) return held;
  return { verdict: 'broken', sentence: half.map(({ path, size }) => `${path} could be seen with ${size} bytes of it`).join('; '), events: half.map(({ index }) => index) };
}
