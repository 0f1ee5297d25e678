// SPDX-License-Identifier: Apache-2.0
import { headOf, headlineOf, type Told } from './timeline/headline.ts';
import { eventTable } from './timeline/event-table.ts';
import { legend } from './timeline/legend.ts';
import { momentsOf, type Moment } from './timeline/moments.ts';
import { namesFor } from './timeline/names.ts';
import { pictureOf } from './timeline/picture.ts';
import { viewOf, type DrawnRun, type RunView } from './timeline/run-view.ts';
import { style } from './timeline/style.ts';
import { duration, grouped, html } from './timeline/text.ts';
import { verdictTable } from './timeline/verdict-table.ts';

/** What a page shows: runs that belong together, as those of one schedule. */
export interface TimelinePage extends Told {
  readonly runs: readonly DrawnRun[];
}

/**
 * Runs as one page of HTML that stands alone: what is wrong and how to see it again, then a picture of the run in which it is, what happened in words, the
 * verdicts, all events; other runs folded below. Nothing is fetched or run by it, and nothing in a history can change that.
 */
export function timelinePage({ runs, ...told }: TimelinePage): string {
  const names = namesFor(runs.map(({ history }) => history));
  const views = runs.map((run) => viewOf(run, names));
  const headline = headlineOf(views, told);
  const sections = views.map((view) => section(view, view === headline.view || views.length === 1));
  const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${html(headline.verdict)}: ${html(headline.sentence)}</title><style>${style}</style></head>
<body>${headOf(headline, told)}
${sections.join('\n')}
</body></html>
`;
}

/**
 * Of runs that belong together the one that it is about, as a part of another page that has `style`: what is wrong, the picture, what happened in words.
 * All else is on the page of its own.
 */
export function timelineExcerpt(runs: readonly DrawnRun[]): string {
  const names = namesFor(runs.map(({ history }) => history));
  const { view, verdict, sentence } = headlineOf(runs.map((run) => viewOf(run, names)), { failure: undefined });
  if (view === undefined) return '';
  const moments = momentsOf(view);
  const picture = pictureOf(view, moments);
  return `<p><b class="${verdict}">${html(verdict)}</b> ${html(sentence)}</p><figure tabindex="0" role="region" aria-label="timeline">${picture}</figure>${stepByStep(moments)}${legend(picture)}`;
}

function section(view: RunView, isOpen: boolean): string {
  const moments = momentsOf(view);
  const span = duration((view.history.at(-1)?.at ?? 0) - (view.history[0]?.at ?? 0));
  const heading = `<summary><h2>${html(titles[view.name] ?? view.name)}</h2> <span class="quiet">${span}, to scale but where cut${view.planned.meeting === '' ? '' : `; ${html(view.planned.meeting)}`}</span></summary>`;
  const picture = pictureOf(view, moments);
  const parts = [`<figure>${picture}</figure>`, stepByStep(moments), legend(picture), namesOf(view), verdictTable(view), eventTable(view)];
  return `<details class="run"${isOpen ? ' open' : ''}>${heading}${parts.join('\n')}</details>`;
}

const titles: Readonly<Record<string, string>> = {
  before: 'The run before, which filled the cache',
  scheduled: 'The run under the schedule',
  calm: 'The calm run after it, on the same cache',
};

function namesOf({ names }: RunView): string {
  if (names.layers.length === 0) return '';
  const each = names.layers.slice(0, 40).map(({ name, digest, diffId, size }) => `<li><b>${html(name)}</b>: <code>${html(digest)}</code>, ${grouped(size)} bytes as it travels; its tar is <code>${html(diffId)}</code></li>`);
  return `<details><summary class="quiet">which layer is which</summary><ul>${each.join('')}</ul></details>`;
}

function stepByStep(moments: readonly Moment[]): string {
  if (moments.length === 0) return '';
  const items = moments.map(({ events, words, isBlamed }) => `<li${isBlamed ? ' class="wrong"' : ''}>${html(words)}. <small>${duration(events[0]?.at ?? 0)}, ${events.length === 1 ? 'event' : 'events'} ${events.slice(0, 12).map(({ index }) => grouped(index)).join(', ')}${events.length > 12 ? ' and more' : ''}</small></li>`);
  return `<h3>Step by step</h3><ol class="moments">${items.join('')}</ol>`;
}
