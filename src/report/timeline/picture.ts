// SPDX-License-Identifier: Apache-2.0
import { cacheRows } from './cache-rows.ts';
import { frame, mark, round, text, type Canvas, type Drawing } from './drawing.ts';
import { gateRows } from './gate-rows.ts';
import { laneOf } from './lane.ts';
import { logRows } from './log-row.ts';
import type { Moment } from './moments.ts';
import { rowsFor } from './rows.ts';
import type { RunView } from './run-view.ts';
import { html } from './text.ts';
import { timeScale } from './time-scale.ts';

const axisHeight = 34;
const balloonHeight = 19;
const mostBalloonRows = 4;
const mostLanes = 40;

/** The whole run as one drawing: time from left to right, those who took part from top to bottom. */
export function pictureOf(view: RunView, moments: readonly Moment[]): string {
  const scale = timeScale(view.history.map(({ at }) => at), { left: frame.left + 8, right: frame.right - 8 });
  const canvas: Canvas = { view, scale };
  const lanes = view.lanes.slice(0, mostLanes);
  const parts: ((top: number) => Drawing)[] = [
    (top) => balloons(canvas, moments, top),
    (top) => gateRows(canvas, top),
    ...lanes.map((lane) => (top: number) => ruled(laneOf(canvas, lane, top + 4), top)),
    (top) => (view.lanes.length > lanes.length ? { marks: text(`and ${view.lanes.length - lanes.length} more participants`, { x: 8, y: top + 12, style: 'small' }), height: 18 } : { marks: '', height: 0 }),
    (top) => logRows(canvas, top),
    (top) => ruled(cacheRows(canvas, top + 4), top),
  ];
  let top = axisHeight;
  let marks = '';
  for (const part of parts) {
    const drawn = part(top);
    marks += drawn.marks;
    top += drawn.height;
  }
  const height = Math.ceil(top + 6);
  const title = `Timeline of the run ${view.name}`;
  return `<svg viewBox="0 0 ${frame.width} ${height}" role="img" aria-label="${html(title)}">${axis(canvas, height)}${lines(canvas, moments, height)}${marks}</svg>`;
}

/** A line above each part. */
function ruled({ marks, height }: Drawing, top: number): Drawing {
  if (height === 0) return { marks, height };
  return { marks: `<path d="M0 ${top + 0.5}H${frame.width}" class="lane-edge"/>${marks}`, height: height + 4 };
}

function axis({ scale }: Canvas, height: number): string {
  const ticks = scale.ticks.map(({ x, text: words }) => `<path d="M${x} ${axisHeight - 6}V${height}" class="grid"/>${text(words, { x, y: axisHeight - 10, style: 'small middle' })}`);
  const cuts = scale.breaks.map(({ from, to, text: words }) => {
    const middle = Math.round((from + to) / 2);
    return `<g class="mark"><title>${html(`nothing was seen for ${words}: the scale is cut here`)}</title><rect x="${from}" y="${axisHeight - 6}" width="${to - from}" height="${height - axisHeight + 6}" class="cut"/><path d="M${middle - 4} ${axisHeight - 2}l4 -6v10l4 -6" class="cut-sign"/>${text(words, { x: middle, y: 9, style: 'small middle' })}</g>`;
  });
  return cuts.join('') + ticks.join('');
}

/** Gates that open, and what a verdict names, are lines through all that took part; the time that somebody stood half-way is tinted. */
function lines({ view, scale }: Canvas, moments: readonly Moment[], height: number): string {
  const at = (x: number, style: string): string => `<path d="M${x} ${axisHeight}V${height}" class="${style}"/>`;
  const openings = view.gates.flatMap(({ opened }) => (opened === undefined ? [] : [at(scale.x(opened.at), `opening-line${opened.reason === 'condition' ? '' : ' unmet'}`)]));
  const blamed = moments.filter(({ isBlamed }) => isBlamed).map(({ events }) => at(scale.x(events[0]?.at ?? 0), 'blamed-line'));
  const meanwhile = view.gates.flatMap((span) => {
    const since = span.arrivals.find(({ afterBytes, call }) => afterBytes !== undefined || call !== undefined)?.at;
    const [from, to] = [scale.x(since ?? 0), scale.x(span.opened?.at ?? view.history.at(-1)?.at ?? 0)];
    return since === undefined ? [] : [`<rect x="${from}" y="${axisHeight}" width="${round(to - from)}" height="${height - axisHeight}" class="meanwhile"/>`];
  });
  return [...meanwhile.slice(0, 12), ...openings.slice(0, 60), ...blamed].join('');
}

/** Numbers, told of in words below the picture. */
function balloons({ view, scale }: Canvas, moments: readonly Moment[], top: number): Drawing {
  const places = moments.map(({ events }) => scale.x(events[0]?.at ?? 0));
  const extents = places.map((x) => ({ from: x - 9, to: x + 9 }));
  const sorted = extents.map((extent, index) => ({ ...extent, index })).sort((one, other) => one.from - other.from);
  const rows = rowsFor(sorted, Infinity);
  const shown = sorted.flatMap(({ index }, place) => {
    const [row, moment] = [rows[place] ?? 0, moments[index]];
    if (row >= mostBalloonRows || moment === undefined) return [];
    const [x, y] = [places[index] ?? 0, top + row * balloonHeight + 9];
    const shapes = `<circle cx="${x}" cy="${y}" r="8.5" class="balloon${moment.isBlamed ? ' wrong' : ''}"/><text x="${x}" y="${y + 3.5}" class="number${moment.isBlamed ? ' wrong' : ''}">${index + 1}</text>`;
    return [{ row, marks: mark(view, moment.events, shapes, moment.words) }];
  });
  const height = shown.length === 0 ? 0 : (Math.max(...shown.map(({ row }) => row)) + 1) * balloonHeight + 4;
  return { marks: shown.map(({ marks }) => marks).join(''), height };
}
