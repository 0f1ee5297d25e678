// SPDX-License-Identifier: Apache-2.0

/** How a known bug is forced: by which schedule, and which checker then says what the bug is about. */
export interface KnownSchedule {
  readonly schedule: string;
  readonly checker: string;
}

/** Why no schedule forces it. */
export interface OutOfReach {
  readonly needs: string;
}

const earlyClose = 'a reader that closes a layer before its end: the reference reads each to its end';

/** For every planted bug of the reference validator; a bug is forced only where its own symptom shows. */
export const knownSchedules: Readonly<Record<string, KnownSchedule | OutOfReach>> = {
  'in-place-write': { schedule: 'leader-follower/middle/1', checker: 'outcomes-agree' },
  'killed-writers-file-adopted': { schedule: 'leader-killed/middle/1', checker: 'outcomes-agree' },
  'broken-download-published': { schedule: 'leader-fails/reset/middle/1', checker: 'cache-intact' },
  'publish-refuses-existing': { schedule: 'two-writers/ahead/1', checker: 'outcomes-agree' },
  'shared-temporary-name': { schedule: 'two-writers/ahead/1', checker: 'outcomes-agree' },
  'delete-then-rename': { schedule: 'late-writer/look-1-tar/remove-1-tar', checker: 'outcomes-agree' },
  'removes-others-unfinished': { schedule: 'two-writers/ahead/1', checker: 'outcomes-agree' },
  'write-error-ignored': { schedule: 'disk-fails/ENOSPC/write/1', checker: 'outcomes-agree' },
  'temporary-on-another-disk': { schedule: 'leader-follower/close-1-tar/1', checker: 'outcomes-agree' },
  'append-after-publish': { schedule: 'two-writers/ahead/1', checker: 'cache-intact' },
  'index-read-before-download': { schedule: 'leader-follower/middle/1', checker: 'nothing-fetched' },
  'index-changed-without-lock': { schedule: 'leader-follower/close-4-folder/1', checker: 'nothing-fetched' },
  'size-published-first': { schedule: 'leader-follower/close-1-tar/1', checker: 'outcomes-agree' },
  'stat-then-open': { schedule: 'evict-while-reading/look-1-tar', checker: 'outcomes-agree' },
  'evicts-what-others-use': { schedule: 'evict-while-reading/rename-1', checker: 'outcomes-agree' },
  'no-verification': { schedule: 'damaged/truncated', checker: 'outcomes-agree' },
  'age-instead-of-content': { schedule: 'damaged/truncated', checker: 'outcomes-agree' },
  'any-error-is-a-miss': { schedule: 'damaged/folder', checker: 'trouble-told' },
  'key-without-digest': { schedule: 'unusual/same-size', checker: 'outcomes-agree' },
  'windows-name': { needs: 'Windows' },
  'lock-dropped-early': { schedule: 'two-writers/ahead/1', checker: 'outcomes-agree' },
  'lock-outside-the-cache': { schedule: 'two-writers/ahead/1', checker: 'outcomes-agree' },
  'stale-lock-file': { schedule: 'leader-killed/middle/1', checker: 'ended' },
  'one-lock-for-all': { schedule: 'bystander/middle/1', checker: 'not-delayed' },
  'impatient-waiter': { schedule: 'leader-stalls/middle/1', checker: 'outcomes-agree' },
  'hits-bypass-flight': { schedule: 'components-in-turn/middle', checker: 'outcomes-agree' },
  'flight-per-instance': { schedule: 'together', checker: 'fetched-once' },
  'no-single-flight': { schedule: 'together', checker: 'fetched-once' },
  'leader-cancels-all': { needs: 'a component that gives up while others go on: the reference has none' },
  'waiters-never-told': { schedule: 'components/reset/middle', checker: 'ended' },
  'waiters-told-success': { schedule: 'components/reset/all-but-one', checker: 'failure-told' },
  'error-remembered': { schedule: 'components-after-failure/reset', checker: 'asked-again' },
  'drain-not-awaited': { needs: earlyClose },
  'close-errors-dropped': { needs: earlyClose },
  'whole-layer-in-memory': { schedule: 'unusual/large-layer', checker: 'bounded' },
  'unbounded-readers': { needs: 'readers of one process that all have an entry open: nothing outside can hold them there' },
  'stream-handed-to-all': { schedule: 'components/go/middle', checker: 'outcomes-agree' },
  'buffer-used-by-all': { schedule: 'components/go/middle', checker: 'outcomes-agree' },
};
