// SPDX-License-Identifier: Apache-2.0
import { eventsOf } from '../history/event.ts';
import { held, type Checker } from './checker.ts';

/** A warm cache serves: no known layer was asked for. */
export const nothingFetched: Checker = {
  name: 'nothing-fetched',
  check(history) {
    const layers = new Set<string>(eventsOf(history, 'workload-known').flatMap((event) => event.layers.map(({ digest }) => digest)));
    if (layers.size === 0) return { verdict: 'unknown', reason: 'no image of this run has layers that are read' };
    if (eventsOf(history, 'request').length === 0) return { verdict: 'unknown', reason: 'the run asked the registry for nothing at all' };
    const fetches = eventsOf(history, 'request').filter(({ target }) => target.resource === 'blob' && layers.has(target.reference ?? ''));
    if (fetches.length === 0) return held;
    const each = fetches.map(({ participant, target }) => `${participant} asked for ${target.reference ?? ''}`);
    return { verdict: 'broken', sentence: each.join('; '), events: fetches.map(({ index }) => index) };
  },
};
