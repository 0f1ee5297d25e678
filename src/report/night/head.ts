// SPDX-License-Identifier: Apache-2.0
import { percent } from '../../nightly/rate-words.ts';
import type { NightSummary } from '../../nightly/summary.ts';
import { cut, grouped, html, listed } from '../timeline/text.ts';
import { minuteOf, span, statuses, statusWords, totalRuns, verdictSigns } from './words.ts';

const mostReasons = 12;

/** The verdict and why, then the alarm about unknown runs where there is one, then what there is in numbers. */
export function headOf(summary: NightSummary): string {
  const { verdict, night, reasons } = summary;
  const builds = listed(night.targets.map(({ name, build, version }) => `${cut(name, 60)} ${cut(build, 60)}${version === undefined ? '' : ` (${cut(version, 40)})`}`), 6);
  const shown = reasons.slice(0, mostReasons).map((reason) => `<li>${html(cut(reason, 400))}</li>`);
  const more = reasons.length > mostReasons ? `<li>and ${grouped(reasons.length - mostReasons)} more reasons</li>` : '';
  return `<header class="${verdict}"><h1><b>${verdictSigns[verdict]}</b> <small>exit status ${summary.exitStatus}</small></h1>
<ul>${shown.join('')}${more}</ul>
<p>Night <b>${html(cut(night.id, 100))}</b> of the campaign ${html(cut(night.campaign, 100))}, begun ${html(minuteOf(night.startedAt))}, seed <code>${html(cut(night.seed, 80))}</code></p>
<p>${html(builds)}${night.baseline === null ? '' : `; compared with the build ${html(cut(night.baseline, 80))}`}</p></header>
${alarm(summary)}<ul class="tiles">${tiles(summary)}</ul>`;
}

/** An alarm of its own: a night in which most runs said nothing looks as clean as a good one. */
function alarm({ unknown: { share, allowed, isAbove } }: NightSummary): string {
  return isAbove ? `<p class="alarm" role="alert"><b>⚠ Too much is unknown.</b> ${percent(share)} of the runs came to no verdict, and ${percent(allowed)} are allowed: what is clean here is clean for lack of looking. <a href="#unknown">Why they are unknown</a></p>\n` : '';
}

function tiles({ findings, counts, unknown, time }: NightSummary): string {
  const found = statuses.flatMap((status) => {
    const count = findings.filter((one) => one.status === status).length;
    const { sign, look } = statusWords[status];
    return count === 0 && status !== 'new' && status !== 'known' && status !== 'gone' ? [] : [tile(`${sign} ${grouped(count)}`, `${status} ${count === 1 ? 'finding' : 'findings'}`, count === 0 ? 'plain' : look)];
  });
  return [
    ...found,
    tile(grouped(totalRuns(counts)), 'runs', 'plain'),
    tile(grouped(counts.broken), 'of them broken', counts.broken === 0 ? 'plain' : 'wrong'),
    tile(`${unknown.isAbove ? '⚠ ' : ''}${percent(unknown.share)}`, `unknown, ${percent(unknown.allowed)} allowed`, unknown.isAbove ? 'warn' : 'plain'),
    tile(span(time.busyMs), 'of runs', 'plain'),
  ].join('');
}

function tile(number: string, words: string, look: string): string {
  return `<li class="${look}"><b>${number}</b><span>${words}</span></li>`;
}
