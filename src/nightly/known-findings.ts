// SPDX-License-Identifier: Apache-2.0
import type { Cause } from '../explore/cause.ts';
import type { HistoryOfPlaces } from './history-of-places.ts';
import type { KnownFinding, Target } from './record.ts';
import type { NightSummary } from './summary.ts';
import { compareVersions, versionOf } from './versions.ts';

/** The first of the list that speaks of it. */
export function knownAs(known: readonly KnownFinding[], target: Target, cause: Cause): KnownFinding | undefined {
  return known.find((one) => speaksOf(one, target, cause) && (one.symptom === undefined || cause.symptom.includes(one.symptom)));
}

function speaksOf({ subject, strategy, place }: KnownFinding, target: Pick<Target, 'subject'>, where: Pick<Cause, 'strategy' | 'place'>): boolean {
  return (subject === undefined || subject === target.subject) && (strategy === undefined || strategy === where.strategy) && (place === undefined || place === where.place);
}

/** True from the version, or the day, on that it was to be mended by. A build without a version is not known to have come so far. */
export function isExpired({ untilVersion, untilDate }: KnownFinding, target: Target, today: string): boolean {
  if (untilDate !== undefined && today >= untilDate) return true;
  const version = versionOf(target);
  return untilVersion !== undefined && version !== undefined && (compareVersions(version, untilVersion) ?? -1) >= 0;
}

/** What is listed and was not seen tonight, although there were runs where it would be. */
export function vanished(history: HistoryOfPlaces): NightSummary['vanished'] {
  const night = history.nights.at(-1);
  return (night?.known ?? []).flatMap((known) => {
    const seenIn = history.failures().flatMap((failure) => {
      return history.nightsOf(failure).filter((at) => {
        const target = history.targetIn(at, failure.target);
        return target !== undefined && knownAs([known], target, failure) !== undefined;
      });
    });
    const last = Math.max(-1, ...seenIn);
    if (last === history.tonight) return [];
    const isMeant = (place: { target: string; strategy: string; place: string }): boolean => {
      const target = history.targetIn(history.tonight, place.target);
      return target !== undefined && speaksOf(known, target, place);
    };
    return history.runsAt(isMeant, history.tonight) === 0 ? [] : [{ known, cleanRuns: history.runsAt(isMeant, last + 1) }];
  });
}
