// SPDX-License-Identifier: Apache-2.0
import { eventsOf, type CacheFileClass, type EventOf, type History } from '../history/event.ts';
import { held, type Checker, type Verdict } from './checker.ts';
import { isOpaque, isUsual } from './opaque.ts';

type Seen = EventOf<'cache-file-seen'>;

/**
 * What lies in the cache after a run is what its names promise, or what serial runs keep under them, and nothing was left behind but what those leave too. An entry that is
 * short by the tar's padding is a serial defect of some validators, not a race, and is let pass. One whose content
 * nobody knows proves nothing, unless it is as it was before. A cache whose files tell nothing is not judged by them.
 */
export const cacheIntact: Checker = {
  name: 'cache-intact',
  check(history) {
    if (!eventsOf(history, 'cache-looked-at').some(({ moment }) => moment === 'after')) {
      return { verdict: 'unknown', reason: 'nobody looked at the cache after the run' };
    }
    if (isOpaque(history)) return held;
    const bad = eventsOf(history, 'cache-file-seen').filter((seen) => seen.moment === 'after' && isBad(history, seen));
    if (bad.length === 0) return unverifiable(history) ?? held;
    return { verdict: 'broken', sentence: bad.map((seen) => `${seen.path} ${wordsFor(seen.class)}`).join('; '), events: bad.map(({ index }) => index) };
  },
};

function isBad(history: History, seen: Seen): boolean {
  switch (seen.class) {
    case 'prefix':
    case 'other-bytes':
      return !isUsual(history, seen);
    case 'foreign': {
      const wasThere = eventsOf(history, 'cache-file-seen').some(({ moment, path }) => moment === 'before' && path === seen.path);
      return !wasThere && !eventsOf(history, 'usual-files-known').some(({ paths }) => paths.includes(seen.path));
    }
    case 'exact':
    case 'short-by-padding':
    case 'unknown-content':
      return false;
  }
}

function unverifiable(history: History): Verdict | undefined {
  const seen = eventsOf(history, 'cache-file-seen');
  const unchanged = seen.filter(({ moment }) => moment === 'before').map(({ path, digest }) => `${path} ${digest}`);
  const strange = seen.find((file) => file.moment === 'after' && file.class === 'unknown-content' && !unchanged.includes(`${file.path} ${file.digest}`));
  if (strange === undefined) return undefined;
  return { verdict: 'unknown', reason: `${strange.path} does not hold what its name promises, and nobody knows how it should begin` };
}

function wordsFor(kind: CacheFileClass): string {
  if (kind === 'prefix') return 'holds only the beginning of its content';
  return kind === 'foreign' ? 'was left behind' : 'holds other bytes than its name promises';
}
