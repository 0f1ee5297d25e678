// SPDX-License-Identifier: Apache-2.0
import { pWords, rateWords } from '../../nightly/rate-words.ts';
import type { NightSummary, TargetSummary } from '../../nightly/summary.ts';
import { counted, cut, grouped, html } from '../timeline/text.ts';

const mostRows = 40;

/** How surely: rates with their intervals, and what a count of zero leaves possible. */
export function targetsTable({ targets }: NightSummary): string {
  if (targets.length === 0) return '';
  const more = targets.length - mostRows;
  return `<p class="quiet">Rates are Wilson intervals at 95 %; of zero broken runs it is said what rate they leave possible. This is true of the schedules that were run, not of all there are.</p>
<div class="scroll" tabindex="0" role="region" aria-label="targets"><table class="counts"><thead><tr><th scope="row">target</th><th scope="col">build</th><th scope="col">broken</th><th scope="col">first in run</th><th scope="col">baseline</th><th scope="col">unknown</th></tr></thead><tbody>${targets.slice(0, mostRows).map(rowOf).join('')}</tbody></table></div>${more > 0 ? `<p class="quiet">and ${counted(more, 'more target')}</p>` : ''}`;
}

function rowOf({ target, counts, rate, runsToFirst, baseline }: TargetSummary): string {
  const compared = baseline === undefined ? '–' : `${html(rateWords(baseline.rate))}<small>${html(cut(baseline.build, 60))}, ${html(pWords(baseline.pValue))}</small>`;
  const silent = counts.unknown + counts.harness;
  return `<tr><th scope="row">${html(cut(target.name, 80))}</th><td>${html(cut(target.build, 60))}${target.version === undefined ? '' : `<small>${html(cut(target.version, 40))}</small>`}</td><td class="${rate.hits > 0 ? 'broken' : ''}">${rate.hits > 0 ? '✘ ' : ''}${html(rateWords(rate))}</td><td>${runsToFirst === undefined ? '–' : grouped(runsToFirst)}</td><td>${compared}</td><td class="${silent > 0 ? 'unknown' : ''}">${silent > 0 ? '? ' : ''}${grouped(silent)}</td></tr>`;
}
