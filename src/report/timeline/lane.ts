// SPDX-License-Identifier: Apache-2.0
import type { EventOf } from '../../history/event.ts';
import { binned, box, frame, mark, round, text, widthOf, type Canvas, type Drawing } from './drawing.ts';
import { fileCallRows } from './file-call-rows.ts';
import { requestRows } from './request-rows.ts';
import type { Lane } from './run-view.ts';
import { counted } from './text.ts';
import { endOf, sentenceOf } from './words.ts';

const lifeHeight = 20;
const lineHeight = 14;
const mostFaults = 200;

/** One participant: its life from start to end, what struck it, its requests, its file calls; right of it what became of it. */
export function laneOf(canvas: Canvas, lane: Lane, top: number): Drawing {
  const requests = requestRows(canvas, lane, top + lifeHeight);
  const calls = fileCallRows(canvas, lane, top + lifeHeight + requests.height);
  const result = resultOf(canvas, lane, top);
  const name = text(lane.participant, { x: 8, y: top + 12, room: frame.left - 20, style: 'name' });
  const marks = [name, life(canvas, lane, top), turns(canvas, lane, top), struck(canvas, lane, top), requests.marks, calls.marks, result.marks];
  return { marks: marks.join(''), height: Math.max(lifeHeight + requests.height + calls.height, result.height) + 8 };
}

function life({ view, scale }: Canvas, { started, exited }: Lane, top: number): string {
  const [from, to] = [scale.x(started?.at ?? view.history[0]?.at ?? 0), scale.x(exited?.at ?? view.history.at(-1)?.at ?? 0)];
  const ends = [...(started === undefined ? [] : [started]), ...(exited === undefined ? [] : [exited])];
  if (ends.length === 0) return '';
  const line = box({ x: from, y: top + 6, width: to - from, height: 4, style: `life${exited === undefined ? ' lost' : ''}` });
  const start = started === undefined ? '' : mark(view, [started], box({ x: from - 1, y: top + 2, width: 3, height: 12, style: 'edge' }));
  const end = exited === undefined ? '' : mark(view, [exited], `<circle cx="${to}" cy="${top + 8}" r="5" class="end ${exited.ending === 'exited' ? 'exited' : 'ended'}"/>`);
  return `${line}${start}${end}`;
}

/** Where turns are taken: when it was allowed to go on. */
function turns({ view, scale }: Canvas, lane: Lane, top: number): string {
  const shown = binned(lane.turns, scale, 3);
  return shown.map(({ x, events }) => mark(view, events, box({ x, y: top + 1, width: 2, height: 14, style: 'turn' }), wordsForTurns(lane, events))).join('');
}

function wordsForTurns({ participant }: Lane, events: readonly EventOf<'turn-taken'>[]): string {
  return `${participant} goes on, at ${counted(events.length, 'step')}: ${events.slice(0, 8).map(({ step }) => step).join(', ')}`;
}

/** Diamonds, the first of each kind with a word beside it, where there is room. */
function struck({ view, scale }: Canvas, { struck: faults }: Lane, top: number): string {
  let free = -Infinity;
  return faults
    .slice(0, mostFaults)
    .map((fault) => {
      const x = scale.x(fault.at);
      const width = Math.min(120, widthOf(fault.fault)) + 10;
      const isBefore = x + width > frame.right;
      const from = isBefore ? x - width : x;
      const label = from >= free ? text(fault.fault, { x: round(isBefore ? x - 9 : x + 9), y: top + 18, style: 'fault-word', room: 120, isBefore }) : '';
      if (label !== '') free = from + width + 4;
      return `${mark(view, [fault], `<path d="M${x} ${top + 1}l7 7l-7 7l-7 -7z" class="fault"/>`)}${label}`;
    })
    .join('');
}

/** How it ended, and whether it said what it says alone. */
function resultOf({ view }: Canvas, { started, exited, compared }: Lane, top: number): Drawing {
  const ending = exited === undefined ? (started === undefined ? [] : [['no end was recorded', started, ''] as const]) : [[endOf(exited), exited, exited.ending === 'exited' ? '' : 'bad'] as const];
  const comparisons = compared.slice(0, 3).map((event) => [saidOf(event), event, event.equal ? 'good' : event.isTold === true ? '' : 'bad'] as const);
  const lines = [...ending, ...comparisons].flatMap(([words, event, style]) => wrapped(words).map((line) => [line, event, style] as const));
  const marks = lines.map(([line, event, style], index) => mark(view, [event], text(line, { x: frame.right + 16, y: top + 12 + index * lineHeight, room: frame.width - frame.right - 20, style: `result ${style}` }), sentenceOf(event, view)));
  return { marks: marks.join(''), height: 6 + lines.length * lineHeight };
}

function saidOf({ equal, isTold }: EventOf<'outcome-compared'>): string {
  if (isTold === true) return 'says that it failed, and no more';
  return equal ? '= says what it says alone' : '≠ says something else';
}

/** Into lines that fit beside the picture; at most three. */
function wrapped(words: string): readonly string[] {
  const most = Math.floor((frame.width - frame.right - 20) / 6.4);
  const lines: string[] = [''];
  for (const word of words.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && line.length + 1 + word.length > most) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.slice(0, 3);
}
