// SPDX-License-Identifier: Apache-2.0
import type { RunRecord } from '../../nightly/record.ts';
import type { NightSummary } from '../../nightly/summary.ts';
import { cut, duration, grouped, html } from '../timeline/text.ts';
import type { NightPictures } from './pictures.ts';
import { mebibytes, span, totalRuns } from './words.ts';

const mostSlow = 5;

/** What the night has cost, and its slowest runs. */
export function resourcesSection({ time, counts, night, slowest }: NightSummary, pictures: NightPictures): string {
  const { busyMs, validatorMs, overheadMsPerRun, runsPerMinute, peakRssBytes } = time;
  const facts = [
    ['runs', `${grouped(totalRuns(counts))} of ${grouped(night.planned)} planned, ${grouped(Math.round(runsPerMinute))} a minute`],
    ['time', `${span(busyMs)} on ${grouped(night.shards.length)} ${night.shards.length === 1 ? 'machine' : 'machines'}; validators ran for ${span(validatorMs)}`],
    ['besides validators', `${duration(overheadMsPerRun)} a run`],
    ['memory', peakRssBytes === undefined ? 'not told by this system' : `one validator had up to ${mebibytes(peakRssBytes)}`],
  ].map(([name, words]) => `<dt>${name}</dt><dd>${words}</dd>`);
  return `<dl class="facts">${facts.join('')}</dl>${slowest.length === 0 ? '' : slowOf(slowest.slice(0, mostSlow), pictures)}`;
}

function slowOf(runs: readonly RunRecord[], pictures: NightPictures): string {
  const rows = runs.map(({ id, target, schedule, verdict, durationMs }) => {
    const href = pictures.get(id)?.href;
    const name = html(cut(schedule, 120));
    return `<tr><th scope="row">${href === undefined ? name : `<a href="${html(href)}">${name}</a>`}</th><td>${html(cut(target, 80))}</td><td>${verdict}</td><td>${duration(durationMs)}</td></tr>`;
  });
  return `<h3>The slowest runs</h3><div class="scroll" tabindex="0" role="region" aria-label="the slowest runs"><table class="counts"><thead><tr><th scope="row">schedule</th><th scope="col">target</th><th scope="col">verdict</th><th scope="col">time</th></tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}
