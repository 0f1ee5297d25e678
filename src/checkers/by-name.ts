// SPDX-License-Identifier: Apache-2.0
import { askedAgain } from './asked-again.ts';
import { bounded } from './bounded.ts';
import { cacheEmpty } from './cache-empty.ts';
import { cacheIntact } from './cache-intact.ts';
import { cachePrepared } from './cache-prepared.ts';
import type { Checker } from './checker.ts';
import { diskFailed } from './disk-failed.ts';
import { ended } from './ended.ts';
import { entriesWhole, neverHalfWritten } from './entries-whole.ts';
import { failureTold } from './failure-told.ts';
import { fetchedOnce, sharedFetchedOnce } from './fetched-once.ts';
import { interleaved } from './interleaved.ts';
import { layersFetched, layersRead } from './layers-read.ts';
import { logConsistent } from './log-consistent.ts';
import { logFaultMet } from './log-fault-met.ts';
import { notDelayed } from './not-delayed.ts';
import { nothingFetched } from './nothing-fetched.ts';
import { outcomesAgree } from './outcomes-agree.ts';
import { overlapped } from './overlapped.ts';
import { troubleTold } from './trouble-told.ts';
import { uploadArrived } from './upload-arrived.ts';

/** Every checker, as stored verdicts name them. */
const all: readonly Checker[] = [
  askedAgain, bounded, cacheEmpty, cacheIntact, cachePrepared, diskFailed, ended, entriesWhole, neverHalfWritten, failureTold, fetchedOnce, sharedFetchedOnce, interleaved,
  layersRead, layersFetched, logConsistent, logFaultMet, notDelayed, nothingFetched, outcomesAgree, overlapped, troubleTold, uploadArrived,
];

/** Undefined where a stored verdict is of one that is gone. */
export function checkerNamed(name: string): Checker | undefined {
  return all.find((checker) => checker.name === name);
}
