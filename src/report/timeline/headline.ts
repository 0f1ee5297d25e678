// SPDX-License-Identifier: Apache-2.0
import { isFinding } from '../../foundation/errors.ts';
import type { Verdict } from '../../checkers/checker.ts';
import { eventsOf } from '../../history/event.ts';
import type { RunView } from './run-view.ts';
import { storyOf } from './story.ts';
import { html } from './text.ts';

/** What is known besides the runs. */
export interface Told {
  /** What to type to see it again. */
  readonly again: string | undefined;
  /** Why it was drawn, where that is no verdict: a step that failed. */
  readonly failure: string | undefined;
}

/** The one sentence that stands above all. */
export interface Headline {
  readonly verdict: Verdict['verdict'];
  readonly sentence: string;
  /** Who says so, and of which run. */
  readonly source: string;
  /** The run that it is about. */
  readonly view: RunView | undefined;
}

/** broken beats unknown beats held; of several, what comes first in the first run that has one. */
export function headlineOf(views: readonly RunView[], { failure }: Pick<Told, 'failure'>): Headline {
  const all = views.flatMap((view) => view.verdicts.map(({ checker, verdict }) => ({ view, checker, verdict })));
  const broken = all.find(({ verdict }) => verdict.verdict === 'broken');
  const last = views.at(-1);
  if (broken?.verdict.verdict === 'broken') return { verdict: 'broken', sentence: oneLine(broken.verdict.sentence, broken.view), source: sourceOf(broken), view: broken.view };
  if (failure !== undefined) {
    const isOfValidator = isFinding(/^[A-Z_]+(?=:)/.exec(failure)?.[0] ?? '');
    return { verdict: isOfValidator ? 'broken' : 'unknown', sentence: failure, source: isOfValidator ? 'a step says so' : 'this says nothing about the validator', view: last };
  }
  const unknown = all.find(({ verdict }) => verdict.verdict === 'unknown');
  if (unknown?.verdict.verdict === 'unknown') return { verdict: 'unknown', sentence: oneLine(unknown.verdict.reason, unknown.view), source: `${sourceOf(unknown)}; it says nothing about the validator`, view: unknown.view };
  if (all.length === 0) return { verdict: 'unknown', sentence: 'no verdicts are stored with this run', source: '', view: last };
  return { verdict: 'held', sentence: 'every verdict held', source: '', view: views.find(({ name }) => name === 'scheduled') ?? last };
}

function sourceOf({ view, checker }: { readonly view: RunView; readonly checker: string }): string {
  return `says the checker ${checker} of the ${view.name === 'calm' || view.name === 'scheduled' ? `${view.name} run` : `run ${view.name}`}`;
}

function oneLine(sentence: string, { names }: RunView): string {
  return names.in(sentence.split('\n')[0] ?? '').replace(/:$/, '');
}

const signs = { broken: '✘ broken', unknown: '? unknown', held: '✔ held' } as const;

export function headOf({ verdict, sentence, source, view }: Headline, { again }: Pick<Told, 'again'>): string {
  const command = again === undefined ? '' : `<p class="again">again: <code>${html(again)}</code></p>`;
  const { meeting = '', subject = '', seed = '' } = view?.planned ?? {};
  const cache = view === undefined ? undefined : eventsOf(view.history, 'workload-known')[0]?.cache;
  const about = [source, meeting, cache === undefined ? '' : `${cache} cache`, subject === '' ? '' : `subject ${subject}`, seed === '' ? '' : `seed ${seed}`].filter((part) => part !== '').join(' · ');
  return `<header class="${verdict}"><h1><b>${signs[verdict]}</b> ${html(sentence)}</h1>${command}<p>${html(about)}</p>${story(view)}</header>`;
}

function story(view: RunView | undefined): string {
  const sentences = view === undefined ? [] : storyOf(view);
  if (sentences.length === 0) return '';
  return `<p class="story">${sentences.map((sentence) => `${html(sentence)}.`).join(' ')}</p>`;
}
