// SPDX-License-Identifier: Apache-2.0
import type { CallFamily, EventOf } from '../../history/event.ts';
import { binned, box, frame, mark, tally, text, type Canvas, type Drawing } from './drawing.ts';
import { groupedBy, type Lane } from './run-view.ts';
import { counted } from './text.ts';
import { sentenceOf } from './words.ts';

type Call = EventOf<'file-call'>;

const rowHeight = 12;
const mostRows = 8;
const binWidth = 4;

/** What a call does to the entry; those that come later weigh more where several fall on one place. */
const styles = ['look', 'read', 'lock', 'write', 'name'] as const;
export type CallStyle = (typeof styles)[number];

const styleOf: Readonly<Record<CallFamily, CallStyle>> = {
  look: 'look', open: 'look', close: 'look', read: 'read', create: 'write', write: 'write', sync: 'write', rename: 'name', remove: 'name', lock: 'lock',
};

/** Errors that only say how things are. */
const usual = new Set(['ENOENT', 'EEXIST', 'EAGAIN', 'EINTR', 'ENOTDIR', 'EISDIR']);

/** The file calls of a participant: a row for each entry that it touches, ticks for the calls. */
export function fileCallRows(canvas: Canvas, { calls }: Pick<Lane, 'calls'>, top: number): Drawing {
  const groups = [...groupedBy(calls, ({ call }) => call.entry)].sort(([one], [other]) => compared(labelFor(canvas, one), labelFor(canvas, other)));
  const few = groups.length <= mostRows ? groups : [...groups.slice(0, mostRows - 1), ['others', groups.slice(mostRows - 1).flatMap(([, those]) => those)] as const];
  const drawn = few.map(([entry, those], row) => {
    const y = top + row * rowHeight;
    const label = text(labelFor(canvas, entry), { x: frame.left - 8, y: y + 8.5, room: frame.left - 30, style: 'small', isBefore: true });
    return `<line x1="${frame.left}" x2="${frame.right}" y1="${y + 4.5}" y2="${y + 4.5}" class="rule"/>${label}${ticks(canvas, those, y)}`;
  });
  return { marks: drawn.join(''), height: few.length * rowHeight };
}

function labelFor({ view }: Canvas, entry: string): string {
  if (entry === 'others') return 'other files';
  return entry === '' ? 'the cache’s folder' : view.names.in(entry);
}

/** Layers by their names, the folder after all. */
function compared(one: string, other: string): number {
  const key = (label: string): string => label.replace(/^tar of (.*)$/, '$1 tar').replace(/^the cache/, '~');
  return key(one) < key(other) ? -1 : 1;
}

function ticks({ view, scale }: Canvas, calls: readonly Call[], y: number): string {
  return binned(calls, scale, binWidth)
    .map(({ x, events }) => {
      const style = styles[Math.max(...events.map(({ call }) => styles.indexOf(styleOf[call.family] ?? 'look')))] ?? 'look';
      const failed = events.some(isFailure) ? ' failed' : '';
      return mark(view, events, box({ x, y, width: binWidth - 1, height: 9, style: `call ${style}${failed}` }), wordsFor(events, view));
    })
    .join('');
}

function isFailure({ call: { result } }: Call): boolean {
  return result.startsWith('E') && !usual.has(result);
}

function wordsFor(events: readonly Call[], view: Canvas['view']): string {
  const [first] = events;
  if (events.length === 1 && first !== undefined) return sentenceOf(first, view);
  const failures = events.filter(isFailure).map(({ call }) => call.result);
  const bytes = bytesOf(events, 'read');
  return `${counted(events.length, 'file call')} of ${first?.participant ?? ''}: ${tally(events.map(({ call }) => call.family))}${bytes > 0 ? `, ${counted(bytes, 'byte')} read` : ''}${failures.length > 0 ? `; ${tally(failures)}` : ''}`;
}

/** Bytes that the calls of a family moved, as far as the system said how many. */
export function bytesOf(calls: readonly Call[], family: CallFamily): number {
  return calls.filter(({ call }) => call.family === family).reduce((sum, { call }) => sum + (/^\d+$/.test(call.result) ? Number(call.result) : 0), 0);
}
