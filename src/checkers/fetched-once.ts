// SPDX-License-Identifier: Apache-2.0
import { eventsOf } from '../history/event.ts';
import { held, type Checker } from './checker.ts';

/**
 * Each known layer's body was sent at most once. Not part of the default list: a cache without a lock between
 * processes may fetch twice and still be right.
 */
export const fetchedOnce: Checker = {
  name: 'fetched-once',
  check(history) {
    const layers = eventsOf(history, 'workload-known').flatMap((event) => event.layers);
    if (layers.length === 0) return { verdict: 'unknown', reason: 'no image of this run has layers that are read' };
    const sent = new Set(eventsOf(history, 'response').filter(({ status }) => status === 200).map(({ request }) => request));
    const fetches = eventsOf(history, 'request').filter(({ method, request }) => method === 'GET' && sent.has(request));
    const twice = layers
      .map(({ digest }) => ({ digest, events: fetches.filter(({ target }) => target.reference === digest) }))
      .filter(({ events }) => events.length > 1);
    if (twice.length === 0) return held;
    return {
      verdict: 'broken',
      sentence: twice.map(({ digest, events }) => `the layer ${digest} was fetched ${events.length} times`).join('; '),
      events: twice.flatMap(({ events }) => events.map(({ index }) => index)),
    };
  },
};
