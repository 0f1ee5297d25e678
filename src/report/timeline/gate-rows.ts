// SPDX-License-Identifier: Apache-2.0
import { box, frame, mark, round, text, widthOf, type Canvas, type Drawing } from './drawing.ts';
import { whyItOpened } from './gate-words.ts';
import type { GateSpan } from './run-view.ts';

const rowHeight = 20;
const mostRows = 24;

/** Each gate from the first who came to its opening, and why it opened. */
export function gateRows(canvas: Canvas, top: number): Drawing {
  const { gates } = canvas.view;
  const shown = gates.slice(0, mostRows);
  const marks = shown.map((span, row) => gateRow(canvas, span, top + row * rowHeight)).join('');
  const more = gates.length > shown.length ? text(`and ${gates.length - shown.length} more gates`, { x: 8, y: top + shown.length * rowHeight + 12, style: 'small' }) : '';
  return { marks: marks + more, height: (shown.length + (more === '' ? 0 : 1)) * rowHeight };
}

function gateRow({ view, scale }: Canvas, { gate, arrivals, opened }: GateSpan, top: number): string {
  const from = scale.x(arrivals[0]?.at ?? opened?.at ?? 0);
  const to = scale.x(opened?.at ?? view.history.at(-1)?.at ?? 0);
  const why = opened === undefined ? 'was not seen to open' : `opens: ${whyItOpened(opened, view.planned.gates.get(gate))}`;
  const isMet = opened?.reason === 'condition';
  const name = text(`gate ${gate}`, { x: 8, y: top + 12, room: frame.left - 20, style: 'name' });
  const band = box({ x: from, y: top + 3, width: to - from, height: 10, style: `gate${isMet ? '' : ' unmet'}` });
  const came = arrivals.slice(0, 200).map((arrival) => mark(view, [arrival], `<path d="M${scale.x(arrival.at)} ${top + 12}l-4 -10h8z" class="came"/>`));
  const opening = opened === undefined ? '' : mark(view, [opened], `<path d="M${to} ${top}v16" class="opening${isMet ? '' : ' unmet'}"/>`);
  return `${name}${band}${came.join('')}${opening}${labelBeside({ from, to, top, words: why, style: isMet ? 'small' : 'warn' })}`;
}

interface Beside {
  readonly from: number;
  readonly to: number;
  readonly top: number;
  readonly words: string;
  readonly style: string;
}

/** Right of the bar, else where more room is. */
function labelBeside({ from, to, top, words, style }: Beside): string {
  const after = frame.width - to - 12;
  const before = from - frame.left - 12;
  const y = top + 12;
  if (widthOf(words) <= after || after >= before) return text(words, { x: round(to + 8), y, room: after, style });
  return text(words, { x: round(from - 8), y, room: before, style, isBefore: true });
}
