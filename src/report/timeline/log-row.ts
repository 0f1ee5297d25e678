// SPDX-License-Identifier: Apache-2.0
import { eventsOf, type Event } from '../../history/event.ts';
import { binned, box, frame, mark, tally, text, type Canvas, type Drawing } from './drawing.ts';
import { sentenceOf } from './words.ts';

const rowHeight = 18;
const binWidth = 5;
/** What a log may well answer when nothing is wrong with it. */
const harmless: ReadonlySet<string> = new Set(['upload-accepted', 'index-empty', 'index-found']);

/** What was asked of the log and seen in it, and what was compared with snapshots: ticks, red where something was wrong. */
export function logRows(canvas: Canvas, top: number): Drawing {
  const { history } = canvas.view;
  const log = history.filter(({ kind }) => kind.startsWith('log-'));
  const rows = ([['log', log], ['snapshots', eventsOf(history, 'snapshot-compared')]] as const).filter(([, events]) => events.length > 0);
  return { marks: rows.map(([name, events], row) => tickRow(canvas, { name, events, top: top + row * rowHeight })).join(''), height: rows.length * rowHeight };
}

interface TickRow {
  readonly name: string;
  readonly events: readonly Event[];
  readonly top: number;
}

function tickRow({ view, scale }: Canvas, { name, events, top }: TickRow): string {
  const ticks = binned(events, scale, binWidth).map(({ x, events: those }) => {
    const words = those.length === 1 ? undefined : tally(those.map((event) => sentenceOf(event, view)));
    return mark(view, those, box({ x, y: top + 3, width: binWidth - 1, height: 11, style: `seen${those.some(isTrouble) ? ' failed' : ''}` }), words);
  });
  return `${text(name, { x: 8, y: top + 12, style: 'name' })}<line x1="${frame.left}" x2="${frame.right}" y1="${top + 8.5}" y2="${top + 8.5}" class="rule"/>${ticks.join('')}`;
}

function isTrouble(event: Event): boolean {
  if (event.kind === 'log-asked') return event.outcome !== 'answered' && !harmless.has(event.outcome);
  if (event.kind === 'snapshot-compared') return event.outcome === 'mismatched' || event.outcome === 'missing';
  if (event.kind === 'log-looked-at') return !event.answered || event.problem !== null;
  return event.kind === 'log-fault' || (event.kind === 'log-entry-seen' && event.problem !== null);
}
