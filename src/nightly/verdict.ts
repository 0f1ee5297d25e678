// SPDX-License-Identifier: Apache-2.0
import { ExitStatus } from '../foundation/errors.ts';
import type { Finding, FindingStatus, NightSummary, NightVerdict } from './summary.ts';
import { cleanWords, percent } from './rate-words.ts';

type Facts = Pick<NightSummary, 'night' | 'counts' | 'findings' | 'vanished' | 'missingShards' | 'unknown'>;

/** What nobody has excused. */
export const failing: readonly FindingStatus[] = ['new', 'back', 'standing', 'expired'];

/** Broken where something is broken that is not known; else unknown where too little is known or a part is missing; else held. */
export function judgeNight(facts: Facts): Pick<NightSummary, 'verdict' | 'reasons' | 'exitStatus'> {
  const { counts, missingShards, unknown, night } = facts;
  const failures = facts.findings.filter(({ status }) => failing.includes(status));
  const isOfHarness = night.shards.some(({ endedBy }) => endedBy === 'harness');
  const verdict: NightVerdict = failures.length > 0 ? 'broken' : isOfHarness ? 'harness' : unknown.isAbove || missingShards.length > 0 || counts.held + counts.broken === 0 ? 'unknown' : 'held';
  return { verdict, exitStatus: ExitStatus[verdict], reasons: [...reasonsOf(facts, failures), ...(isOfHarness ? ['the night was ended, as run after run failed for reasons of the harness'] : [])] };
}

function reasonsOf({ counts, findings, vanished: gone, missingShards, unknown, night }: Facts, failures: readonly Finding[]): readonly string[] {
  const of = (status: FindingStatus): number => findings.filter((one) => one.status === status).length;
  const clean = counts.held + counts.broken;
  const excused = of('known') === 0 ? '' : ` and is not known (${of('known')} known)`;
  return [
    ...(failures.length > 0 ? [`${failures.length} broken: ${of('new')} new, ${of('back')} back, ${of('standing')} seen before, ${of('expired')} no longer excused`] : []),
    ...(failures.length === 0 && clean > 0 ? [counts.broken === 0 ? cleanWords(clean) : `nothing is broken${excused}`] : []),
    ...(unknown.isAbove ? [`${percent(unknown.share)} of the runs are unknown, and ${percent(unknown.allowed)} are allowed`] : []),
    ...(clean === 0 ? ['no run came to held or broken: nothing is shown'] : []),
    ...missingShards.map(({ index, count, command }) => (count === 1 ? `the night is not at its end: ${command}` : `shard ${index}/${count} is missing or not at its end: ${command}`)),
    ...(new Set(night.shards.map(({ plansDigest }) => plansDigest)).size > 1 ? ['shards did not see the same places: their lists of runs differ'] : []),
    ...findings.filter(({ status }) => status === 'expired').map(({ known, target }) => `issue ${known?.issue ?? ''} is excused no more: known until ${known?.untilVersion ?? known?.untilDate ?? ''}, and ${target.name} is ${target.version ?? target.build}`),
    ...gone.map(({ known: { issue }, cleanRuns }) => `issue ${issue} is listed as known and was not seen: ${cleanWords(cleanRuns)}`),
  ];
}
