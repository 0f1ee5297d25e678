// SPDX-License-Identifier: Apache-2.0
import type { Finding, FindingStatus, NightSummary, NightVerdict } from '../../nightly/summary.ts';
import { counted, grouped } from '../timeline/text.ts';

/** A word and a sign for each: colours alone tell nobody anything. */
export const verdictSigns: Readonly<Record<NightVerdict, string>> = { held: '✔ held', broken: '✘ broken', unknown: '? unknown', harness: '! harness' };

export interface StatusWords {
  readonly sign: string;
  readonly meaning: string;
  /** As the page paints it. */
  readonly look: 'wrong' | 'warn' | 'good' | 'plain';
}

/** In the order in which they are to be looked at. */
export const statusWords: Readonly<Record<FindingStatus, StatusWords>> = {
  new: { sign: '✘', meaning: 'never seen before tonight', look: 'wrong' },
  back: { sign: '↩', meaning: 'was called fixed, and is here again', look: 'wrong' },
  expired: { sign: '⚠', meaning: 'is listed as known, but its time has come', look: 'wrong' },
  standing: { sign: '■', meaning: 'seen before, and nobody has taken it up', look: 'wrong' },
  known: { sign: '◆', meaning: 'listed with an issue, and excused', look: 'warn' },
  gone: { sign: '○', meaning: 'seen before, not tonight', look: 'good' },
  'not-run': { sign: '–', meaning: 'seen before, and nobody looked there tonight', look: 'plain' },
};

export const statuses = Object.keys(statusWords) as readonly FindingStatus[];

/** `leader-follower at middle` */
export function placeWords({ strategy, place }: Finding['cause']): string {
  return place === '' ? strategy : `${strategy} at ${place}`;
}

/** How far a finding that was not seen is from being called fixed. JSON has no Infinity, so a number that is none is one as well. */
export function cleanSentence({ clean: { runs, needed, isFixed } }: Pick<Finding, 'clean'>): string {
  if (isFixed) return `${counted(runs, 'clean run')} since it was seen, ${grouped(needed)} are enough: fixed`;
  if (!isCount(needed)) return `${counted(runs, 'clean run')} since it was seen; no number is enough to call it fixed`;
  return `${counted(runs, 'clean run')} since it was seen, of ${grouped(needed)} that it takes: not to be called fixed yet`;
}

export function isCount(needed: number | null): needed is number {
  return needed !== null && Number.isFinite(needed);
}

/** `issue 12, known until version 1.4.0`; empty where nobody has listed it. */
export function knownSentence({ known }: Pick<Finding, 'known'>): string {
  if (known === undefined) return '';
  const until = [...(known.untilVersion === undefined ? [] : [`version ${known.untilVersion}`]), ...(known.untilDate === undefined ? [] : [known.untilDate])];
  return `issue ${known.issue}${until.length === 0 ? '' : `, known until ${until.join(' or ')}`}${known.note === undefined ? '' : `: ${known.note}`}`;
}

/** `first bad build b3, last good b2` */
export function buildsSentence({ firstBad, lastGood }: Pick<Finding, 'firstBad' | 'lastGood'>): string {
  return `first bad build ${firstBad ?? 'unknown'}, ${lastGood === undefined ? 'no good one is known' : `last good ${lastGood.build}`}`;
}

export function totalRuns({ held, broken, unknown, harness }: NightSummary['counts']): number {
  return held + broken + unknown + harness;
}

/** `2 h 14 min`, `3 min 20 s`, `12.3 s`, `799 ms` */
export function span(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes >= 60) return `${grouped(Math.floor(minutes / 60))} h ${minutes % 60} min`;
  return `${minutes} min${minutes >= 10 || seconds % 60 === 0 ? '' : ` ${seconds % 60} s`}`;
}

/** `812 MiB` */
export function mebibytes(bytes: number): string {
  const size = bytes / 1024 / 1024;
  return `${size < 10 ? size.toFixed(1) : grouped(Math.round(size))} MiB`;
}

/** `2026-11-27 02:00 UTC`, of a time in ISO 8601. */
export function minuteOf(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 16)} UTC`;
}
