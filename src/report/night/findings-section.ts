// SPDX-License-Identifier: Apache-2.0
import type { Finding, NightSummary } from '../../nightly/summary.ts';
import { cleanWords } from '../../nightly/rate-words.ts';
import { failing } from '../../nightly/verdict.ts';
import { counted, cut, html } from '../timeline/text.ts';
import { findingCard } from './finding-card.ts';
import type { NightPictures } from './pictures.ts';
import { knownSentence } from './words.ts';

const mostCards = 40;
const mostVanished = 30;

/** What is to be acted on lies open; what is excused and what is gone is folded below it. */
export function findingsSection({ findings, vanished, counts }: NightSummary, pictures: NightPictures): string {
  const of = (isMeant: (finding: Finding) => boolean): readonly Finding[] => findings.filter(isMeant);
  const bad = of(({ status }) => failing.includes(status));
  const shown = counts.held + counts.broken;
  const none = `<p>${shown === 0 ? 'No run came to held or broken: nothing was looked at.' : `Nothing is broken that is not known. ${html(cleanWords(shown))}, if every run is as likely to show it.`}</p>`;
  return [
    '<div id="filter" class="filter"></div>',
    bad.length === 0 ? none : cards(bad, pictures),
    group('known and excused', of(({ status }) => status === 'known'), pictures),
    group('gone', of(({ status }) => status === 'gone'), pictures),
    group('seen before, not looked for tonight', of(({ status }) => status === 'not-run'), pictures),
    vanishedOf(vanished),
  ].join('\n');
}

function cards(findings: readonly Finding[], pictures: NightPictures): string {
  const more = findings.length - mostCards;
  return `${findings.slice(0, mostCards).map((finding, index) => findingCard(finding, pictures, index === 0 && failing.includes(finding.status))).join('\n')}${more > 0 ? `<p class="quiet">and ${counted(more, 'more finding')}, in the summary as JSON</p>` : ''}`;
}

function group(title: string, findings: readonly Finding[], pictures: NightPictures): string {
  return findings.length === 0 ? '' : `<details class="group"${findings.length <= 3 ? ' open' : ''}><summary><h3>${counted(findings.length, 'finding')} ${title}</h3></summary>${cards(findings, pictures)}</details>`;
}

function vanishedOf(vanished: NightSummary['vanished']): string {
  if (vanished.length === 0) return '';
  const more = vanished.length - mostVanished;
  const items = vanished.slice(0, mostVanished).map(({ known, cleanRuns }) => `<li>${html(cut(knownSentence({ known }), 400))}: ${html(cleanWords(cleanRuns))}</li>`);
  return `<h3>Listed as known, and not seen tonight</h3><p class="quiet">To be struck off the list when the clean runs are enough.</p><ul>${items.join('')}${more > 0 ? `<li>and ${more} more</li>` : ''}</ul>`;
}
