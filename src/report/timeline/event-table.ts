// SPDX-License-Identifier: Apache-2.0
import type { Event } from '../../history/event.ts';
import { tally } from './drawing.ts';
import type { RunView } from './run-view.ts';
import { counted, cut, duration, grouped, html } from './text.ts';
import { sentenceOf } from './words.ts';

const mostRows = 1500;
const mostSingle = 600;

/** Every event in words, folded away; of very many, file calls and turns that follow each other are one row. */
export function eventTable(view: RunView): string {
  const rows = view.history.length <= mostSingle ? view.history.map((event) => [event]) : folded(view);
  const shown = rows.slice(0, mostRows).map((events) => rowOf(events, view));
  const left = rows.slice(mostRows).flat().length;
  const rest = left === 0 ? '' : `<p class="quiet">and ${counted(left, 'event')} more, in history.ndjson</p>`;
  return `<details><summary><h3>${counted(view.history.length, 'event')}</h3> <span class="quiet">as in history.ndjson</span></summary><table><thead><tr><th>event</th><th>ms</th><th>what happened</th></tr></thead><tbody>${shown.join('')}</tbody></table>${rest}</details>`;
}

function folded({ history, blamed }: RunView): readonly (readonly Event[])[] {
  const rows: Event[][] = [];
  let open: Event[] | undefined;
  for (const event of history) {
    const isOwnRow = !isFoldable(event) || blamed.has(event.index);
    if (open !== undefined && !isOwnRow) open.push(event);
    else {
      rows.push([event]);
      open = isOwnRow ? undefined : rows.at(-1);
    }
  }
  return rows;
}

function isFoldable({ kind }: Event): boolean {
  return kind === 'file-call' || kind === 'turn-taken' || kind === 'log-asked';
}

function rowOf(events: readonly Event[], view: RunView): string {
  const [first, last] = [events[0] as Event, events.at(-1) as Event];
  const isOne = first === last;
  const words = isOne ? cut(sentenceOf(first, view), 400) : tally(events.map((event) => (event.kind === 'file-call' ? `${event.call.family} of ${event.participant}` : 'participant' in event ? `turn of ${event.participant}` : event.kind)));
  const wrong = events.some(({ index }) => view.blamed.has(index)) ? ' class="wrong"' : '';
  return `<tr${wrong}><td class="number">${isOne ? grouped(first.index) : `${grouped(first.index)} to ${grouped(last.index)}`}</td><td class="number" title="${html(duration(first.at))}">${first.at.toFixed(1)}</td><td>${html(words)}</td></tr>`;
}
