// SPDX-License-Identifier: Apache-2.0
import { eventsOf, type EventOf, type History } from '../history/event.ts';
import { isOpaque, isUsual } from './opaque.ts';
import { held, type Checker } from './checker.ts';

type KnownLayer = EventOf<'workload-known'>['layers'][number];

/**
 * The run was not vacuous: each known layer came through the cache, fetched in this run or there before it, and
 * lies in the cache afterwards; of a cache whose files tell nothing, that something lay there has to do. Otherwise a green run only shows that nobody looked.
 */
export const layersRead: Checker = {
  name: 'layers-read',
  check(history) {
    const layers = eventsOf(history, 'workload-known').flatMap((event) => event.layers);
    if (layers.length === 0) return { verdict: 'unknown', reason: 'no image of this run has layers that are read' };
    const there = (layer: KnownLayer, moment: Moment): boolean => (isOpaque(history) ? hasFiles(history, moment) : layIn(history, layer, moment));
    const unread = layers.find((layer) => !wasFetched(history, layer) && !there(layer, 'before'));
    if (unread !== undefined) return { verdict: 'unknown', reason: `the layer ${unread.digest} was neither fetched nor in the cache before${hintFor(history, 'before')}` };
    const unkept = layers.find((layer) => !there(layer, 'after'));
    if (unkept !== undefined) return { verdict: 'unknown', reason: `the layer ${unkept.digest} is not whole in the cache afterwards${hintFor(history, 'after')}` };
    return held;
  },
};

type Moment = 'before' | 'after';

function hasFiles(history: History, moment: Moment): boolean {
  return eventsOf(history, 'cache-looked-at').some((look) => look.moment === moment && look.files > 0);
}

/** Where something lies there, and none of it is an entry by its name. */
function hintFor(history: History, moment: Moment): string {
  const there = eventsOf(history, 'cache-file-seen').filter((seen) => seen.moment === moment);
  if (there.length === 0 || there.some((seen) => seen.class !== 'foreign')) return '';
  return `; no file there is named after a digest: cacheEntries: 'opaque' in the subject file is for caches that keep layers in another way`;
}

/** The same where no cache is used: each known layer was fetched in this run. */
export const layersFetched: Checker = {
  name: 'layers-fetched',
  check(history) {
    const layers = eventsOf(history, 'workload-known').flatMap((event) => event.layers);
    if (layers.length === 0) return { verdict: 'unknown', reason: 'no image of this run has layers that are read' };
    const unread = layers.find((layer) => !wasFetched(history, layer));
    return unread === undefined ? held : { verdict: 'unknown', reason: `the layer ${unread.digest} was not fetched` };
  },
};

/** Whole or not: readers of a tar may hang up at its end, before the padding. */
function wasFetched(history: History, { digest }: KnownLayer): boolean {
  const sent = new Set(eventsOf(history, 'response').filter(({ status }) => status === 200 || status === 206).map(({ request }) => request));
  return eventsOf(history, 'request').some(
    ({ method, target, request }) => method === 'GET' && target.resource === 'blob' && target.reference === digest && sent.has(request),
  );
}

/** Whether the layer's entry was whole then, or what serial runs keep for whole. Entries go by the diffID, compressed ones by the digest. */
export function layIn(history: History, { digest, diffId }: KnownLayer, moment: Moment): boolean {
  const names = [hex(digest), hex(diffId)];
  return eventsOf(history, 'cache-file-seen').some(
    (seen) => seen.moment === moment && names.some((name) => seen.path.endsWith(name)) && (seen.class === 'exact' || seen.class === 'short-by-padding' || isUsual(history, seen)),
  );
}

function hex(name: string): string {
  return name.slice('sha256:'.length);
}
