// SPDX-License-Identifier: Apache-2.0
import type { NightSummary } from '../../nightly/summary.ts';
import { counted, cut, grouped, html } from '../timeline/text.ts';
import { command } from './finding-card.ts';
import { minuteOf, span } from './words.ts';

const mostMissing = 20;
const mostShards = 40;

/** What is missing and how to make it; a night in one piece that came to its end has nothing to say here. */
export function shardsSection({ night: { shards }, missingShards }: NightSummary): string {
  const [only] = shards;
  if (missingShards.length === 0 && shards.length === 1 && only?.endedBy === null) return '';
  const missing = missingShards.slice(0, mostMissing).map(({ index, count, command: words }) => `<p>${count === 1 ? 'The night is not at its end' : `Shard ${index} of ${count} is missing or not at its end`}:</p>${command(words)}`);
  const more = missingShards.length - mostMissing;
  return `${missing.join('')}${more > 0 ? `<p class="quiet">and ${counted(more, 'more shard')}</p>` : ''}${tableOf(shards)}`;
}

function tableOf(shards: NightSummary['night']['shards']): string {
  const rows = shards.slice(0, mostShards).map(({ index, count, planned, done, state, endedBy, startedAt, busyMs }) => `<tr><th scope="row">${index}/${count}</th><td>${grouped(done)} of ${grouped(planned)}</td><td class="${state === 'open' ? 'unknown' : ''}">${state === 'open' ? '? open' : endedBy === null ? '✔ all done' : html(`ended by ${endedBy}`)}</td><td>${html(minuteOf(startedAt))}</td><td>${span(busyMs)}</td></tr>`);
  const more = shards.length - mostShards;
  return `<div class="scroll" tabindex="0" role="region" aria-label="shards"><table class="counts"><thead><tr><th scope="row">shard</th><th scope="col">runs</th><th scope="col">state</th><th scope="col">begun</th><th scope="col">time</th></tr></thead><tbody>${rows.join('')}</tbody></table></div>${more > 0 ? `<p class="quiet">and ${html(cut(counted(more, 'more shard'), 40))}</p>` : ''}`;
}
