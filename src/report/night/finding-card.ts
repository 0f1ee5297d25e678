// SPDX-License-Identifier: Apache-2.0
import { pWords, rateWords } from '../../nightly/rate-words.ts';
import type { BuildRate, Finding } from '../../nightly/summary.ts';
import { counted, cut, grouped, html, ordinal } from '../timeline/text.ts';
import type { NightPictures } from './pictures.ts';
import { buildsSentence, cleanSentence, isCount, knownSentence, minuteOf, placeWords, statusWords } from './words.ts';

const longest = 400;
const mostBuilds = 12;

/** One thing to look at, however often it was seen: what, how often, since when, and what to type. `isOpen`: its picture is seen at once. */
export function findingCard(finding: Finding, pictures: NightPictures, isOpen = false): string {
  const { status, target, cause, sentence, rate, replay } = finding;
  const { sign, look, meaning } = statusWords[status];
  const facts = factsOf(finding).map(([name, words]) => `<dt>${name}</dt><dd>${words}</dd>`);
  return `<article class="card ${look}" data-status="${status}"><h3><span class="badge ${look}" title="${meaning}">${sign} ${status}</span>${text(target.name)} · ${text(placeWords(cause))}</h3>
<p class="sentence">${text(sentence.replace(/:\s*$/, ''))}</p>
<dl class="facts">${facts.join('')}</dl>
${replay === '' ? '' : command(replay)}${pictureOf(finding, pictures, isOpen)}${rate.runs === 0 && finding.builds.length === 0 ? '' : buildsOf(finding.builds)}</article>`;
}

/** A line that a person copies. */
export function command(words: string): string {
  return `<div class="command"><pre><code>${html(cut(words, 4000))}</code></pre></div>`;
}

function factsOf(finding: Finding): readonly (readonly [name: string, words: string])[] {
  const { status, rate, runsToFirst, baseline, firstSeen, clean } = finding;
  const known = knownSentence(finding);
  const isThere = rate.hits > 0;
  const first = firstSeen.night === '' ? '' : `in the night ${text(firstSeen.night)}${firstSeen.at === '' ? '' : ` (${html(minuteOf(firstSeen.at))})`}, by the build <b>${text(firstSeen.build)}</b>`;
  const progress = isCount(clean.needed) && clean.needed > 0 ? ` <progress max="${clean.needed}" value="${Math.min(clean.runs, clean.needed)}" aria-label="clean runs of those needed">${clean.runs}</progress>` : '';
  return [
    ['status', statusWords[status].meaning],
    ...(known === '' ? [] : [['known as', text(known)] as const]),
    ...(isThere ? [['how often', `broken in <b>${html(rateWords(rate))}</b> at 95 %${runsToFirst === undefined ? '' : `; seen first in the ${ordinal(runsToFirst)} run there`}`] as const] : []),
    ...(baseline === undefined ? [] : [['baseline', `${text(baseline.build)}: ${html(rateWords(baseline.rate))}; the difference has ${html(pWords(baseline.pValue))}`] as const]),
    ['first seen', first],
    ['cause', `<code>${text(finding.cause.symptom)}</code>`],
    ['builds', text(buildsSentence(finding))],
    ['fixed?', isThere ? fixedWhen(finding) : `${html(cleanSentence(finding))}${progress}`],
  ];
}

function fixedWhen({ clean: { needed } }: Finding): string {
  return isCount(needed) && needed > 0 ? `not to be called fixed before ${counted(needed, 'clean run')} at this place` : 'no number of clean runs is known that would show it';
}

function pictureOf({ examples }: Finding, pictures: NightPictures, isOpen: boolean): string {
  const drawn = examples.flatMap((run) => {
    const picture = pictures.get(run.id);
    return picture === undefined ? [] : [{ run, picture }];
  });
  const links = drawn.flatMap(({ run, picture: { href } }) => (href === undefined ? [] : [`<a href="${html(href)}">timeline of run ${grouped(run.position)}, ${text(run.schedule)}</a>`]));
  const excerpt = drawn.find(({ picture }) => picture.excerpt !== undefined)?.picture.excerpt;
  return `${links.length === 0 ? '' : `<p>${links.join(', ')}</p>`}${excerpt === undefined ? '' : `<details class="picture"${isOpen ? ' open' : ''}><summary>What happened</summary>${excerpt}</details>`}`;
}

function buildsOf(builds: readonly BuildRate[]): string {
  if (builds.length < 2) return '';
  const rows = builds.slice(-mostBuilds).map(({ build, version, rate }) => `<tr><th scope="row">${text(build)}${version === undefined ? '' : ` (${text(version)})`}</th><td class="${rate.hits > 0 ? 'broken' : ''}">${rate.hits > 0 ? '✘ ' : rate.runs > 0 ? '✔ ' : ''}${html(rateWords(rate))}</td></tr>`);
  const left = builds.length > mostBuilds ? `, the last ${mostBuilds} of ${grouped(builds.length)}` : '';
  return `<details><summary class="quiet">by build, oldest first${left}</summary><div class="scroll" tabindex="0" role="region" aria-label="by build"><table class="counts"><thead><tr><th scope="col">build</th><th scope="col">broken</th></tr></thead><tbody>${rows.join('')}</tbody></table></div></details>`;
}

function text(words: string): string {
  return html(cut(words, longest));
}
