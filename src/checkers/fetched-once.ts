// SPDX-License-Identifier: Apache-2.0
import { eventsOf, type EventOf, type History } from '../history/event.ts';
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
    const twice = layers
      .map(({ digest }) => ({ digest, events: fetchesOf(history, digest) }))
      .filter(({ events }) => events.length > 1);
    if (twice.length === 0) return held;
    return {
      verdict: 'broken',
      sentence: twice.map(({ digest, events }) => `the layer ${digest} was fetched ${events.length} times`).join('; '),
      events: twice.flatMap(({ events }) => events.map(({ index }) => index)),
    };
  },
};

/** The body of the layer that the run's schedule is about was sent once, and not only not twice. */
export const sharedFetchedOnce: Checker = {
  name: 'shared-fetched-once',
  check(history) {
    const shared = eventsOf(history, 'workload-known')[0]?.shared;
    if (shared === undefined) return { verdict: 'unknown', reason: 'the run is about no layer that all read' };
    const fetches = fetchesOf(history, shared);
    if (fetches.length === 1) return held;
    if (fetches.length === 0) return { verdict: 'unknown', reason: `nobody fetched the shared layer ${shared}` };
    return { verdict: 'broken', sentence: `the shared layer ${shared} was fetched ${fetches.length} times`, events: fetches.map(({ index }) => index) };
  },
};

/** Requests for it that were answered with its body. */
function fetchesOf(history: History, digest: string): readonly EventOf<'request'>[] {
  const sent = new Set(eventsOf(history, 'response').filter(({ status }) => status === 200).map(({ request }) => request));
  return eventsOf(history, 'request').filter(({ method, request, target }) => method === 'GET' && sent.has(request) && target.reference === digest);
}
