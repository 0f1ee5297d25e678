// SPDX-License-Identifier: Apache-2.0
import { pWords, percent, rateWords } from '../nightly/rate-words.ts';
import type { Finding, NightSummary, TargetSummary } from '../nightly/summary.ts';
import { timeLeft } from './nightly-progress.ts';

const mostFindings = 20;

/** What a person reads of a night in a terminal: findings, targets, unknowns, the verdict last. */
export function nightWords(summary: NightSummary): readonly string[] {
  const { night, findings, targets, unknown, verdict, reasons, counts, time } = summary;
  const more = findings.length - mostFindings;
  return [
    ...findings.slice(0, mostFindings).flatMap(findingWords),
    ...(more > 0 ? [`and ${more} more findings`] : []),
    '',
    ...targets.map(targetWords),
    ...unknown.reasons.map(({ sentence, runs }) => `  unknown ${runs} times: ${sentence}`),
    `night ${night.id}: ${counts.held} held, ${counts.broken} broken, ${counts.unknown} unknown${counts.harness === 0 ? '' : `, ${counts.harness} failed`}, ${timeLeft(time.busyMs)}, ${Math.round(time.runsPerMinute)} runs a minute, ${Math.round(time.overheadMsPerRun)} ms a run besides the validators`,
    ...reasons.map((reason) => `  ${reason}`),
    verdict,
  ];
}

function findingWords(finding: Finding): readonly string[] {
  const { status, target, cause, rate, runsToFirst, known, clean, firstBad, lastGood, baseline, firstSeen, sentence, replay } = finding;
  const isThere = rate.hits > 0;
  const place = [cause.strategy, cause.place].filter((part) => part !== '').join('/');
  return [
    `${status.padEnd(8)} ${target.name} ${place}  ${sentence}`,
    ...(known === undefined ? [] : [`         issue ${known.issue}${known.untilVersion === undefined ? '' : `, until version ${known.untilVersion}`}${known.untilDate === undefined ? '' : `, until ${known.untilDate}`}`]),
    ...(isThere ? [`         broken in ${rateWords(rate)}; seen first in run ${runsToFirst ?? '?'} there`] : []),
    ...(isThere && baseline !== undefined ? [`         ${baseline.build}: ${rateWords(baseline.rate)}; ${pWords(baseline.pValue)}`] : []),
    `         first bad build ${firstBad ?? 'unknown'}${lastGood === undefined ? ', no good one is known' : `, last good ${lastGood.build} (${rateWords(lastGood.rate)})`}; first seen in ${firstSeen.night}`,
    ...(isThere ? [] : [`         ${clean.runs} clean runs since, ${clean.isFixed ? 'enough' : `${Number.isFinite(clean.needed) ? clean.needed : 'no number'} are needed`} to call it fixed`]),
    ...(isThere && replay !== '' ? [`         again ${replay}`] : []),
  ];
}

function targetWords({ target, counts, rate, runsToFirst, baseline }: TargetSummary): string {
  const tail = [
    ...(runsToFirst === undefined ? [] : [`first in run ${runsToFirst}`]),
    ...(baseline === undefined ? [] : [`${baseline.build}: ${rateWords(baseline.rate)} (${pWords(baseline.pValue)})`]),
    ...(counts.unknown + counts.harness === 0 ? [] : [`${percent((counts.unknown + counts.harness) / (rate.runs + counts.unknown + counts.harness))} unknown`]),
  ];
  return `  ${[`${target.name} ${target.build}`, `broken ${rateWords(rate)}`, ...tail].join('  ')}`;
}
