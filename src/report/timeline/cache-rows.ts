// SPDX-License-Identifier: Apache-2.0
import type { CacheFileClass, CacheMoment, EventOf } from '../../history/event.ts';
import { frame, mark, text, widthOf, type Canvas, type Drawing } from './drawing.ts';
import { groupedBy, type Look } from './run-view.ts';
import { counted, grouped } from './text.ts';
import { sizeOf } from './words.ts';

type Seen = EventOf<'cache-file-seen'>;

const rowHeight = 16;
const mostRows = 16;
const leastApart = 16;
const mostLooks = 40;
const headHeight = 18;

/** The cache: a row for each file in it, a sign for what it was at each moment at which it was looked at. */
export function cacheRows(canvas: Canvas, top: number): Drawing {
  const { looks } = canvas.view;
  if (looks.length === 0) return { marks: '', height: 0 };
  // Very many would leave the picture: the first and the last are those that tell most.
  const few = looks.length <= mostLooks ? looks : [...looks.slice(0, mostLooks - 5), ...looks.slice(-5)];
  const places = placesOf(canvas, few);
  const files = filesIn(canvas, few);
  const shown = files.slice(0, mostRows);
  const rows = shown.map((file, row) => fileRow(canvas, { file, places, y: top + headHeight + row * rowHeight }));
  const left = files.slice(mostRows);
  const rest = left.length === 0 ? '' : text(restWords(left), { x: frame.left, y: top + headHeight + shown.length * rowHeight + 11, style: 'small' });
  return { marks: head(few, canvas, { places, top }) + rows.join('') + rest, height: headHeight + (shown.length + (rest === '' ? 0 : 1)) * rowHeight + 4 };
}

/** From left to right, apart enough for their signs. */
function placesOf({ scale }: Canvas, looks: readonly Look[]): readonly number[] {
  const places: number[] = [];
  for (const { at } of looks) places.push(Math.max(scale.x(at.at), (places.at(-1) ?? -Infinity) + leastApart));
  return places;
}

interface CacheFile {
  readonly path: string;
  /** By the look, counted from 0. */
  readonly states: ReadonlyMap<number, Seen>;
  readonly isTelling: boolean;
}

/** Those that were once not whole come first, where not all can be shown. */
function filesIn({ view }: Canvas, looks: readonly Look[]): readonly CacheFile[] {
  const all = looks.flatMap(({ files }, look) => files.map((seen) => ({ look, seen })));
  const files = [...groupedBy(all, ({ seen }) => seen.path)].map(([path, those]) => ({
    path,
    states: new Map(those.map(({ look, seen }) => [look, seen] as const)),
    isTelling: those.some(({ seen }) => seen.class !== 'exact' || view.blamed.has(seen.index)),
  }));
  const byName = files.sort((one, other) => (view.names.in(one.path) < view.names.in(other.path) ? -1 : 1));
  return byName.length <= mostRows ? byName : [...byName.filter(({ isTelling }) => isTelling), ...byName.filter(({ isTelling }) => !isTelling)];
}

function restWords(files: readonly CacheFile[]): string {
  const bad = files.filter(({ isTelling }) => isTelling).length;
  return `and ${counted(files.length, 'file')} more, ${bad === 0 ? 'whole whenever they were looked at' : `${grouped(bad)} of them not always whole`}`;
}

const shortWords: Readonly<Record<CacheMoment, string>> = { before: 'before', held: 'while nobody moved', after: 'after' };

function head(shown: readonly Look[], { view }: Canvas, { places, top }: { readonly places: readonly number[]; readonly top: number }): string {
  const name = text('cache', { x: 8, y: top + 12, room: frame.left - 20, style: 'name' });
  let free = frame.left;
  const looks = shown.map(({ at }, index) => {
    const x = places[index] ?? frame.left;
    const words = shortWords[at.moment];
    const from = Math.max(free, x - widthOf(words) / 2);
    const isFree = from <= x + 4 && from + widthOf(words) < frame.width;
    if (isFree) free = from + widthOf(words) + 10;
    return mark(view, [at], `<path d="M${x} ${top + 14}v4" class="look-edge"/>${isFree ? text(words, { x: Math.round(from), y: top + 11, style: 'small' }) : ''}`);
  });
  return name + looks.join('');
}

interface FileRow {
  readonly file: CacheFile;
  readonly places: readonly number[];
  readonly y: number;
}

function fileRow({ view }: Canvas, { file: { path, states }, places, y }: FileRow): string {
  const label = text(view.names.in(path), { x: frame.left - 8, y: y + 11, room: frame.left - 20, style: 'small', isBefore: true });
  const signs = places.map((x, look) => {
    const seen = states.get(look);
    const next = places[look + 1];
    const line = seen !== undefined && next !== undefined && states.has(look + 1) ? `<path d="M${x} ${y + 8}H${next}" class="rule"/>` : '';
    if (seen === undefined) return `<path d="M${x - 2} ${y + 8}h4" class="rule"/>`;
    const words = sizeOf(seen, view);
    const before = states.get(look - 1);
    const last = (places[look - 1] ?? frame.left) + (before === undefined || before.class === 'exact' ? 0 : widthOf(sizeOf(before, view)) + 16);
    const size = seen.class === 'exact' ? '' : sizeBeside(words, { x, y, next: next ?? frame.width, last });
    return `${line}${mark(view, [seen], sign(seen.class, x, y + 8) + size)}`;
  });
  return label + signs.join('');
}

interface Beside {
  readonly x: number;
  readonly y: number;
  readonly next: number;
  readonly last: number;
}

/** Right of the sign, else left of it, where no other sign is in the way. */
function sizeBeside(words: string, { x, y, next, last }: Beside): string {
  const needed = widthOf(words) + 16;
  if (needed <= next - x) return text(words, { x: x + 9, y: y + 11.5, style: 'small on-line' });
  return needed <= x - last ? text(words, { x: x - 9, y: y + 11.5, style: 'small on-line', isBefore: true }) : '';
}

/** Told apart by shape, not by colour alone. */
export function sign(kind: CacheFileClass, x: number, y: number): string {
  switch (kind) {
    case 'exact':
      return `<circle cx="${x}" cy="${y}" r="5" class="exact"/>`;
    case 'short-by-padding':
      return `<circle cx="${x}" cy="${y}" r="5" class="exact padding"/>`;
    case 'prefix':
      return `<circle cx="${x}" cy="${y}" r="5" class="prefix-rest"/><path d="M${x} ${y - 5}a5 5 0 0 0 0 10z" class="prefix"/>`;
    case 'other-bytes':
      return `<path d="M${x - 5} ${y - 5}l10 10m0 -10l-10 10" class="other-bytes"/>`;
    case 'foreign':
      return `<rect x="${x - 4}" y="${y - 4}" width="8" height="8" class="foreign"/>`;
    case 'unknown-content':
      return `<path d="M${x} ${y - 5}l5 10h-10z" class="unknown-content"/>`;
  }
}
