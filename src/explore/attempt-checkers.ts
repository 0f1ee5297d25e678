// SPDX-License-Identifier: Apache-2.0
import type { Checker } from '../checkers/checker.ts';
import { askedAgain } from '../checkers/asked-again.ts';
import { bounded } from '../checkers/bounded.ts';
import { cacheEmpty } from '../checkers/cache-empty.ts';
import { cacheIntact } from '../checkers/cache-intact.ts';
import { diskFailed } from '../checkers/disk-failed.ts';
import { ended } from '../checkers/ended.ts';
import { entriesWhole } from '../checkers/entries-whole.ts';
import { failureTold } from '../checkers/failure-told.ts';
import { fetchedOnce } from '../checkers/fetched-once.ts';
import { interleaved } from '../checkers/interleaved.ts';
import { layersFetched, layersRead } from '../checkers/layers-read.ts';
import { nothingFetched } from '../checkers/nothing-fetched.ts';
import { notDelayed } from '../checkers/not-delayed.ts';
import { outcomesAgree } from '../checkers/outcomes-agree.ts';
import { overlapped } from '../checkers/overlapped.ts';
import { troubleTold } from '../checkers/trouble-told.ts';
import type { AttemptSettings } from './attempt.ts';
import { isSlowness, type Schedule } from './schedule.ts';

/** Who judges. */
type Judged = Pick<AttemptSettings, 'isStrict' | 'isWithoutCache'>;

/** What one process takes differs by some megabytes from run to run: only layers that are far larger than that tell anything. */
export function isLarge(schedule: Schedule): boolean {
  return schedule.strategy === 'unusual' && schedule.which === 'large-layer';
}

/** True where all processes come to their end on a disk that works: what they have kept is there for the next one. */
function isKept(schedule: Schedule): boolean {
  const { strategy } = schedule;
  if (strategy === 'leader-fails') return isSlowness(schedule.how);
  return ['together', 'first-request', 'own-layers', 'components-under-way', 'leader-follower', 'leader-stalls', 'two-writers', 'two-stops', 'together-stops', 'random', 'bystander', 'unusual', 'naive'].includes(strategy);
}

function cacheCheckers({ isWithoutCache }: Judged): readonly Checker[] {
  return isWithoutCache ? [cacheEmpty, layersFetched] : [cacheIntact, layersRead];
}

/** Of the run on what the schedule has left. */
export function calmCheckers(schedule: Schedule, settings: Judged): readonly Checker[] {
  return [ended, outcomesAgree, ...cacheCheckers(settings), ...(settings.isStrict && isKept(schedule) ? [nothingFetched] : [])];
}

function usualCheckers(settings: Judged) {
  const { isStrict } = settings;
  return { isStrict, always: [ended, outcomesAgree], cache: cacheCheckers(settings), fetched: isStrict ? [fetchedOnce] : [], once: isStrict ? [fetchedOnce, entriesWhole] : [] };
}

/** What a killed process leaves is for the next run to mend; what fails downloads is no promise to fetch once. */
export function scheduledCheckers(schedule: Schedule, settings: Judged): readonly Checker[] {
  const { isStrict, always, cache, fetched, once } = usualCheckers(settings);
  switch (schedule.strategy) {
    case 'first-request':
    case 'components-under-way':
      return [...always, overlapped, ...cache, ...fetched];
    case 'together':
    case 'own-layers':
    case 'leader-follower':
    case 'leader-stalls':
    case 'two-writers':
    case 'two-stops':
    case 'together-stops':
    case 'components-in-turn':
      return [...always, overlapped, ...cache, ...once];
    case 'random':
      return [...always, interleaved, ...cache, ...fetched];
    case 'leader-killed':
      return [...always, overlapped];
    case 'leader-fails':
      return isSlowness(schedule.how) ? [...always, overlapped, ...cache, ...once] : [...always, overlapped, failureTold];
    case 'components':
      return schedule.how === 'go' ? [...always, overlapped, ...cache, ...once] : [ended, overlapped, failureTold];
    case 'disk-fails':
      return [...always, overlapped, cacheIntact, diskFailed, ...(isStrict ? [troubleTold] : [])];
    case 'evict-while-reading':
    case 'mending':
    case 'late-writer':
      return [...always, overlapped, cacheIntact];
    case 'bystander':
      return [...always, overlapped, notDelayed, ...cache, ...once];
    case 'components-after-failure':
      return [ended, overlapped, failureTold, ...(isStrict ? [askedAgain] : [])];
    case 'damaged':
      return [...always, ...cache, ...(isStrict ? [troubleTold] : [])];
    case 'unusual':
    case 'naive':
      return [...always, ...cache, ...fetched, ...(isLarge(schedule) ? [bounded] : [])];
  }
}
