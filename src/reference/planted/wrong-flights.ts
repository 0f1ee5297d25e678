// SPDX-License-Identifier: Apache-2.0
import type { Readable } from 'node:stream';
import type { Flight } from '../cache/flight.ts';
import { safeParts } from '../cache/parts.ts';
import { verified } from '../cache/verify.ts';
import type { PlantedBug } from './planted-bug.ts';
import { inPlace, trusting, withoutLock } from './wrong-parts.ts';

const shared = Buffer.alloc(4 * 1024 * 1024);

/** How those who want the same at the same time get it. */
export const wrongFlights: readonly PlantedBug[] = [
  {
    name: 'hits-bypass-flight',
    class: 'T1',
    symptom: 'One of several components of a run reads half a layer.',
    cause: 'Who finds a file under the entry\'s name reads it, although it is just being written by the same process.',
    fix: 'Whoever asks for an entry that is being made joins in.',
    seen: 'review of conforma/cli pull request 3150; conforma/cli 1109',
    parts: { ...trusting, files: inPlace, share: (_flights, _key, begin) => begin() },
  },
  {
    name: 'flight-per-instance',
    class: 'T9',
    symptom: 'A layer is fetched once for each image, although each fetch is shared.',
    cause: 'The list of what is being fetched belongs to an object that each image makes anew, and processes share nothing.',
    fix: 'One list for the directory in a process, one lock for it between processes.',
    seen: 'review of conforma/cli pull request 3150; roboll/helmfile 1705',
    parts: withoutLock,
  },
  {
    name: 'no-single-flight',
    class: 'T19',
    symptom: 'A layer that n components share is fetched n times at once.',
    cause: 'Everybody who misses fetches.',
    fix: 'One fetch for all who ask while it lasts.',
    seen: 'helmfile pull request 2301; sprocket pull request 1089',
    parts: { ...withoutLock, share: (_flights, _key, begin) => begin() },
  },
  {
    name: 'leader-cancels-all',
    class: 'T13',
    symptom: 'When the one who asked first gives up, all others fail with its cancellation.',
    cause: 'The shared fetch uses the context of the first caller.',
    fix: 'A fetch ends early only when nobody wants it any more.',
    seen: 'bucketeer 2552',
    parts: { isWanted: ({ aborted }) => aborted === 0 },
  },
  {
    name: 'waiters-never-told',
    class: 'T13',
    symptom: 'After a failed download the run hangs.',
    cause: 'Waiters wait on a reader that nobody closes when the download fails.',
    fix: 'Success or failure, every waiter is told.',
    seen: 'review of conforma/cli pull request 3150; osscontainertools/kaniko 775',
    parts: {
      settle: (reader, outcome) => {
        if (outcome.kind !== 'failed') reader.settle(outcome);
      },
    },
  },
  {
    name: 'waiters-told-success',
    class: 'T13',
    symptom: 'After a failed download the layer seems short or empty, and what should be denied passes.',
    cause: 'The failure of the shared fetch is logged and not passed on.',
    fix: 'The first caller\'s error reaches everybody, as cause.',
    seen: 'rueidis pull request 1014',
    parts: { settle: (reader, outcome) => reader.settle(outcome.kind === 'failed' ? { kind: 'fetched' } : outcome) },
  },
  {
    name: 'error-remembered',
    class: 'T13',
    symptom: 'One failed download, and the layer can\'t be had for the rest of the run.',
    cause: 'The failed fetch stays in the list of fetches.',
    fix: 'Forget a fetch when it is over, however it ended.',
    seen: 'docker-agent pull request 3206',
    parts: {
      share: (flights, key, begin) => {
        const flight = flights.get(key) ?? begin();
        flights.set(key, flight);
        return flight;
      },
    },
  },
  {
    name: 'drain-not-awaited',
    class: 'T2',
    symptom: 'What was still being kept when the run ended is lost, or half there.',
    cause: 'The rest of a layer is read in the background, and nobody waits for it.',
    fix: 'Closing the cache waits for what is under way.',
    seen: 'review of conforma/cli pull request 3150',
    parts: { close: async () => await Promise.resolve() },
  },
  {
    name: 'close-errors-dropped',
    class: 'T14',
    symptom: 'An entry could not be kept, and nobody is told.',
    cause: 'Errors of draining and closing are thrown away.',
    fix: 'Report them when the cache is closed.',
    seen: 'review of conforma/cli pull request 3150',
    parts: { conclude: () => undefined },
  },
  {
    name: 'whole-layer-in-memory',
    class: 'T19',
    symptom: 'Memory grows with the size of layers, times the number of readers.',
    cause: 'A layer is collected in memory before it is passed on.',
    fix: 'Pass on and write chunk by chunk.',
    seen: 'review of conforma/cli pull request 3150; go-containerregistry 2120',
    parts: {
      fetched: async function* (source, key) {
        const chunks: Buffer[] = [];
        for await (const chunk of verified(source, key)) chunks.push(chunk);
        yield Buffer.concat(chunks);
      },
    },
  },
  {
    name: 'unbounded-readers',
    class: 'T19',
    symptom: 'With many components: "too many open files".',
    cause: 'Every reader opens a file of its own, and nobody counts.',
    fix: 'A bounded number of open entries; who comes later waits.',
    seen: 'review of conforma/cli pull request 3150; conforma/cli pull request 1303',
    parts: { openEntries: Number.POSITIVE_INFINITY },
  },
  {
    name: 'stream-handed-to-all',
    class: 'T18',
    symptom: 'Of several who ask for a layer at once each gets some of its bytes, and nobody all of them.',
    cause: 'What the shared fetch returns is its one stream, which everybody reads from.',
    fix: 'One fetch, and a stream of its own for each who asks.',
    seen: 'gomods/athens pull request 2050',
    parts: { share: (flights, key, begin) => safeParts.share(flights, key, () => handedToAll(begin())) },
  },
  {
    name: 'buffer-used-by-all',
    class: 'T18',
    symptom: 'Bytes of one layer turn up in another one.',
    cause: 'All downloads of a process are read into one buffer, which is not yet written when the next chunk comes.',
    fix: 'A chunk belongs to one reader until it is done with it.',
    seen: 'podman 2420; go-gh 252; darkweak/souin pull request 704',
    parts: {
      ...trusting,
      fetched: async function* (source, key) {
        for await (const chunk of verified(source, key)) yield shared.subarray(0, chunk.copy(shared));
      },
    },
  },
];

function handedToAll(flight: Flight): Flight {
  let stream: Promise<Readable> | undefined;
  return { settled: flight.settled, isCancelled: () => flight.isCancelled(), join: async (signal) => await (stream ??= flight.join(signal)) };
}
