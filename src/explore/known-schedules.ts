// SPDX-License-Identifier: Apache-2.0

/** How a known bug is forced: by which schedule, and which checker then says what the bug is about. */
export interface KnownSchedule {
  readonly schedule: string;
  readonly checker: string;
}

/** What a bug needs that a schedule of requests can't give. */
export interface OutOfReach {
  readonly needs: string;
}

const twoCalls = 'a stop between two file calls';

/** For every planted bug of the reference validator; a bug is forced only where its own symptom shows. */
export const knownSchedules: Readonly<Record<string, KnownSchedule | OutOfReach>> = {
  'in-place-write': { schedule: 'leader-follower/middle/1', checker: 'outcomes-agree' },
  'killed-writers-file-adopted': { schedule: 'leader-killed/middle/1', checker: 'outcomes-agree' },
  'broken-download-published': { schedule: 'leader-fails/reset/middle/1', checker: 'cache-intact' },
  'publish-refuses-existing': { schedule: 'two-writers/ahead/1', checker: 'outcomes-agree' },
  'shared-temporary-name': { schedule: 'two-writers/ahead/1', checker: 'outcomes-agree' },
  'delete-then-rename': { needs: `two stops: ${twoCalls}` },
  'write-error-ignored': { needs: 'a full disk' },
  'temporary-on-another-disk': { needs: twoCalls },
  'append-after-publish': { schedule: 'two-writers/ahead/1', checker: 'cache-intact' },
  'index-read-before-download': { needs: 'a run that asks for what the index lost' },
  'index-changed-without-lock': { needs: twoCalls },
  'size-published-first': { needs: twoCalls },
  'stat-then-open': { needs: 'somebody who removes entries' },
  'evicts-what-others-use': { needs: 'a reader that is stopped between seeing and opening' },
  'no-verification': { schedule: 'damaged/truncated', checker: 'outcomes-agree' },
  'age-instead-of-content': { schedule: 'damaged/truncated', checker: 'outcomes-agree' },
  'any-error-is-a-miss': { needs: 'an entry that can\'t be read, and a look at what is warned of' },
  'key-without-digest': { needs: 'two layers of one size' },
  'windows-name': { needs: 'Windows' },
  'lock-dropped-early': { schedule: 'two-writers/ahead/1', checker: 'outcomes-agree' },
  'lock-outside-the-cache': { schedule: 'two-writers/ahead/1', checker: 'outcomes-agree' },
  'stale-lock-file': { schedule: 'leader-killed/middle/1', checker: 'ended' },
  'one-lock-for-all': { needs: 'a process that needs another layer, with a bound on its time' },
  'impatient-waiter': { schedule: 'leader-stalls/middle/1', checker: 'outcomes-agree' },
  'hits-bypass-flight': { schedule: 'components-in-turn/middle', checker: 'outcomes-agree' },
  'flight-per-instance': { schedule: 'together', checker: 'fetched-once' },
  'no-single-flight': { schedule: 'together', checker: 'fetched-once' },
  'leader-cancels-all': { needs: 'a component that gives up' },
  'waiters-never-told': { schedule: 'components/reset/middle', checker: 'ended' },
  'waiters-told-success': { schedule: 'components/reset/all-but-one', checker: 'failure-told' },
  'error-remembered': { needs: 'a component that asks after another one has failed' },
  'drain-not-awaited': { needs: 'a reader that closes early' },
  'close-errors-dropped': { needs: 'a reader that closes early' },
  'whole-layer-in-memory': { needs: 'a bound on memory' },
  'unbounded-readers': { needs: 'a bound on open files' },
  'buffer-used-by-all': { schedule: 'components/go/middle', checker: 'outcomes-agree' },
};
