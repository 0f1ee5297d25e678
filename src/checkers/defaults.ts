// SPDX-License-Identifier: Apache-2.0
import { eventsOf, type History } from '../history/event.ts';
import { cacheIntact } from './cache-intact.ts';
import type { Checker } from './checker.ts';
import { cachePrepared } from './cache-prepared.ts';
import { diskFailed } from './disk-failed.ts';
import { ended } from './ended.ts';
import { isOfTheCache } from './excuses.ts';
import { logConsistent } from './log-consistent.ts';
import { logFaultMet, refusesUploads } from './log-fault-met.ts';
import { outcomesAgree } from './outcomes-agree.ts';
import { overlapped } from './overlapped.ts';

/**
 * The checkers that judge every run, asked for or not: what a run claims to be decides which. One with several
 * participants, or with gates, must prove that they met; one that was made to find a cache in some state, or a disk that
 * fails, that it did. What a killed process has left is for a later run to mend, and judged there.
 */
export function checkersFor(history: History): readonly Checker[] {
  const isGathering = eventsOf(history, 'validator-started').length > 1 || eventsOf(history, 'gate-opened').length > 0;
  const hasCompared = eventsOf(history, 'outcome-compared').length > 0;
  const hasLookedAtLog = eventsOf(history, 'log-looked-at').length > 0;
  const hasLogFault = eventsOf(history, 'log-fault').length > 0 || refusesUploads(history);
  const strokes = eventsOf(history, 'fault-struck');
  const isKilled = strokes.some(({ fault }) => fault === 'kill');
  const hasDiskFault = strokes.some((struck) => isOfTheCache(struck) && struck.fault !== 'evict');
  const isPrepared = eventsOf(history, 'workload-known').some(({ cache }) => cache !== undefined);
  return [ended, ...(isKilled ? [] : [cacheIntact]), ...(isPrepared ? [cachePrepared] : []), ...(hasDiskFault ? [diskFailed] : []), ...(hasLogFault ? [logFaultMet] : []), ...(hasLookedAtLog ? [logConsistent] : []), ...(isGathering ? [overlapped] : []), ...(hasCompared ? [outcomesAgree] : [])];
}
