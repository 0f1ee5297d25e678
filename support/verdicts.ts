// SPDX-License-Identifier: Apache-2.0
import { askedAgain } from '../src/checkers/asked-again.ts';
import { cacheEmpty } from '../src/checkers/cache-empty.ts';
import { cacheIntact } from '../src/checkers/cache-intact.ts';
import type { Checker } from '../src/checkers/checker.ts';
import { ended } from '../src/checkers/ended.ts';
import { neverHalfWritten } from '../src/checkers/entries-whole.ts';
import { failureTold } from '../src/checkers/failure-told.ts';
import { fetchedOnce, sharedFetchedOnce } from '../src/checkers/fetched-once.ts';
import { layersRead } from '../src/checkers/layers-read.ts';
import { notDelayed } from '../src/checkers/not-delayed.ts';
import { nothingFetched } from '../src/checkers/nothing-fetched.ts';
import { overlapped } from '../src/checkers/overlapped.ts';
import { troubleTold } from '../src/checkers/trouble-told.ts';

/** Verdicts that steps ask for, each from the history of the last run alone. */
export const verdicts = {
  overlapped, layersRead, cacheIntact, cacheEmpty, fetchedOnce, sharedFetchedOnce, nothingFetched, ended, neverHalfWritten, failureTold, troubleTold, notDelayed, askedAgain,
} as const satisfies Readonly<Record<string, Checker>>;

export type VerdictName = keyof typeof verdicts;
