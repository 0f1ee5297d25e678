// SPDX-License-Identifier: Apache-2.0
import type { Event } from '../../history/event.ts';
import { binned, box, frame, letterWidth, mark, round, tally, text, widthOf, type Canvas, type Drawing } from './drawing.ts';
import { hexIn } from './names.ts';
import { rowCount, rowsFor, type Extent } from './rows.ts';
import type { Asked, Lane, Stand } from './run-view.ts';
import { counted, cut, duration, grouped, ordinal } from './text.ts';
import { placeOf, sentenceOf } from './words.ts';

const rowHeight = 15;
const flatRowHeight = 6;
const gap = 8;
const mostApart = 300;

/** One bar of a lane, with its label beside or on it. */
interface Item {
  readonly from: number;
  readonly to: number;
  readonly label: string;
  /** Where the label may stand on the bar, and how it looks there. */
  readonly on: Extent & { readonly style: string };
  /** Of a layer that the run is about, or held: told of when there is no room for all. */
  readonly isTelling: boolean;
  /** For a row and its height. */
  readonly draw: (top: number, height: number) => string;
}

/** Requests as bars from question to answer, and the places after file calls at which the process stood. */
export function requestRows({ view, scale }: Canvas, lane: Lane, top: number): Drawing {
  const canvas = { view, scale };
  const { apart, together } = sorted(canvas, lane.asked);
  const items = [...apart.map((asked) => requestItem(canvas, asked)), ...lane.stands.slice(0, mostApart).map((stand) => standItem(canvas, stand))].sort((one, other) => one.from - other.from);
  const { labels, most, height } = density(items, view.lanes.length <= 3 ? 9 : 6);
  const rows = rowsFor(items.map((item) => extentOf(item, labels(item))), most);
  const drawn = items.map((item, index) => {
    const y = top + (rows[index] ?? 0) * height;
    return item.draw(y, height) + (labels(item) ? labelOf(item, y) : '');
  });
  const used = (Math.max(-1, ...rows) + 1) * height;
  return { marks: drawn.join('') + heap(canvas, together, top + used), height: used + (together.length > 0 ? rowHeight : 0) };
}

/** Of very many requests only those for layers, or held, are bars of their own. */
function sorted({ view }: Canvas, asked: Lane['asked']): { readonly apart: Lane['asked']; readonly together: Lane['asked'] } {
  if (asked.length <= mostApart) return { apart: asked, together: [] };
  const telling = asked.filter(({ request, stands }) => stands.length > 0 || view.names.isLayer(hexIn(request.target.reference ?? ''))).slice(0, mostApart);
  const apart = new Set(telling);
  return { apart: telling, together: asked.filter((one) => !apart.has(one)) };
}

/** Ticks, each for all requests that begin there. */
function heap({ view, scale }: Canvas, asked: Lane['asked'], top: number): string {
  const bins = binned(asked.map(({ request }) => request), scale, 4);
  return bins.map(({ x, events }) => mark(view, events, box({ x, y: top, width: 3, height: rowHeight - 4, style: 'request' }), `${counted(events.length, 'request')} of ${events[0]?.participant ?? ''}: ${tally(events.map(({ target }) => target.resource))}`)).join('');
}

interface Density {
  readonly labels: (item: Item) => boolean;
  readonly most: number;
  readonly height: number;
}

/** All labels while that takes few rows, then only those that tell most, then none. */
function density(items: readonly Item[], most: number): Density {
  const all = () => true;
  if (rowCount(items.map((item) => extentOf(item, true))) <= most) return { labels: all, most, height: rowHeight };
  const telling = ({ isTelling }: Item): boolean => isTelling;
  if (rowCount(items.map((item) => extentOf(item, item.isTelling))) <= most) return { labels: telling, most, height: rowHeight };
  return { labels: () => false, most: 24, height: flatRowHeight };
}

/** On the bar where it is wide enough, else right of it, else left. */
function sideOf({ from, to, label, on }: Item): 'on' | 'after' | 'before' {
  const width = widthOf(label);
  if (on.to - on.from >= width + gap) return 'on';
  return to + 4 + width <= frame.right + 40 || from - width < frame.left ? 'after' : 'before';
}

function extentOf(item: Item, isLabelled: boolean): Extent {
  const { from, to, label } = item;
  const end = Math.max(to, from + 2) + 3;
  if (!isLabelled) return { from, to: end };
  switch (sideOf(item)) {
    case 'on':
      return { from, to: end };
    case 'after':
      return { from, to: Math.max(end, to + 4 + widthOf(label) + gap) };
    case 'before':
      return { from: from - 4 - widthOf(label) - gap, to: end };
  }
}

function labelOf(item: Item, top: number): string {
  const side = sideOf(item);
  const y = top + 9.5;
  if (side === 'on') return text(item.label, { x: round(item.on.from + 4), y, style: item.on.style, room: item.on.to - item.on.from });
  if (side === 'after') return text(item.label, { x: round(item.to + 4), y, style: 'small', room: frame.width - item.to - 8 });
  return text(item.label, { x: round(item.from - 4), y, style: 'small', isBefore: true, room: item.from - frame.left });
}

function requestItem({ view, scale }: Canvas, asked: Asked): Item {
  const { request, response, stands } = asked;
  const { names } = view;
  const from = scale.x(request.at);
  const to = scale.x(response?.at ?? stands.at(-1)?.until ?? request.at);
  const events: readonly Event[] = [request, ...stands.map(({ arrival }) => arrival), ...(response === undefined ? [] : [response])];
  const words = [sentenceOf(request, view), ...stands.map((stand) => `${placeOf(stand.arrival, view)}, until ${duration(stand.until)}`), response === undefined ? 'no answer was seen' : sentenceOf(response, view)].join('; ');
  const isOfLayer = names.isLayer(hexIn(request.target.reference ?? ''));
  const style = `request${isOfLayer ? ' layer' : ''}${isTroubled(asked) ? ' troubled' : ''}`;
  const draw = (top: number, height: number): string => {
    const thick = height - (height > 8 ? 4 : 1);
    const held = stands.map((stand) => box({ x: scale.x(stand.arrival.at), y: top, width: scale.x(stand.until) - scale.x(stand.arrival.at), height: thick, style: 'held' }));
    return mark(view, events, box({ x: from, y: top, width: to - from, height: thick, style }) + held.join(''), words);
  };
  const [stand] = stands;
  const on = stand === undefined ? { from, to, style: isOfLayer ? 'on-layer' : 'on' } : { from: scale.x(stand.arrival.at), to: scale.x(stand.until), style: 'on' };
  return { from, to: Math.max(to, from + 2), label: requestLabel(asked, view.names), on, isTelling: isOfLayer || stands.length > 0, draw };
}

function isTroubled({ response }: Asked): boolean {
  return response === undefined || !response.complete || response.status === 0 || response.status >= 400;
}

/** Short: the bar's title has all of it. */
function requestLabel(asked: Asked, names: Canvas['view']['names']): string {
  const { request: { method, target }, response, stands } = asked;
  const reference = names.in(target.reference ?? '').replace(/^sha256-/, '');
  const what = target.resource === 'blob' && !reference.includes('…') ? reference : `${target.resource} ${reference}`.trim();
  const passed = stands.map(({ arrival }) => arrival.afterBytes).filter((bytes) => bytes !== undefined);
  const total = names.sizeOf(hexIn(target.reference ?? ''));
  const held = stands.length === 0 ? '' : passed.length === 0 ? ', held' : `, held: ${passed.map(grouped).join(', ')}${total === undefined ? ' bytes' : ` of ${grouped(total)} bytes`}`;
  const trouble = !isTroubled(asked) ? '' : response === undefined ? ', no answer' : response.complete && response.status > 0 ? ` ${response.status}` : ', broken off';
  return cut(`${method === 'GET' ? '' : `${method} `}${what}${held}${trouble}`, 70);
}

function standItem({ view, scale }: Canvas, stand: Stand): Item {
  const { arrival, until } = stand;
  const [from, to] = [scale.x(arrival.at), scale.x(until)];
  const { call } = arrival;
  const label = call === undefined ? 'stands' : `stands after its ${ordinal(call.nth)} ${call.family}, ${call.path === '' ? 'folder' : view.names.in(call.path)}`;
  const draw = (top: number, height: number): string =>
    mark(view, [arrival], box({ x: from, y: top, width: to - from, height: Math.max(5, height - 4), style: 'held' }), `${sentenceOf(arrival, view)}; until ${duration(until)}`);
  return { from, to: Math.max(to, from + 2), label: cut(label, Math.floor(500 / letterWidth)), on: { from, to, style: 'on' }, isTelling: true, draw };
}
