// SPDX-License-Identifier: Apache-2.0
import type { Event } from '../../history/event.ts';
import type { RunView } from './run-view.ts';
import { counted, cut, duration, grouped, html } from './text.ts';
import type { TimeScale } from './time-scale.ts';
import { sentenceOf } from './words.ts';

/** A part of the picture, from `top` down. */
export interface Drawing {
  readonly marks: string;
  readonly height: number;
}

/** What every part is drawn with. */
export interface Canvas {
  readonly view: RunView;
  readonly scale: TimeScale;
}

/** Pixels: names stand left of the time, what became of somebody right of it. */
export const frame = { width: 1280, left: 178, right: 1050 } as const;

/** Of the monospaced letters in a picture, a little more than the widest of the usual fonts needs. */
export const letterWidth = 6.4;

/** Shapes that stand for events, with what happened in words and where to look it up. */
export function mark(view: RunView, events: readonly Event[], shapes: string, words?: string): string {
  const blamed = events.some(({ index }) => view.blamed.has(index));
  return `<g class="mark${blamed ? ' blamed' : ''}"><title>${html(titleOf(view, events, words))}</title>${shapes}</g>`;
}

function titleOf(view: RunView, events: readonly Event[], words: string | undefined): string {
  const [first, last] = [events[0], events.at(-1)];
  if (first === undefined || last === undefined) return words ?? '';
  const told = words ?? (events.length === 1 ? sentenceOf(first, view) : counted(events.length, 'event'));
  if (first === last) return `event ${first.index}, ${duration(first.at)}: ${told}`;
  return `events ${first.index} ${events.length === 2 ? 'and' : 'to'} ${last.index}, ${duration(first.at)} to ${duration(last.at)}: ${told}`;
}

export interface TextPlace {
  readonly x: number;
  readonly y: number;
  /** Pixels that it may take; more is cut off. */
  readonly room?: number;
  readonly style?: string;
  readonly isBefore?: boolean;
}

/** One line of text; of letters that may be wider than others the width is set, so that nothing is written over. */
export function text(content: string, { x, y, room = 600, style = '', isBefore = false }: TextPlace): string {
  const shown = cut(content, Math.floor(room / letterWidth));
  const fixed = /^[\x20-\x7e…·]*$/.test(shown) ? '' : ` textLength="${Math.round([...shown].length * 6.2)}" lengthAdjust="spacingAndGlyphs"`;
  return `<text x="${x}" y="${y}"${style === '' ? '' : ` class="${style}"`}${isBefore ? ' text-anchor="end"' : ''}${fixed}>${html(shown)}</text>`;
}

export function widthOf(content: string): number {
  return [...content].length * letterWidth;
}

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly style: string;
}

/** Never thinner than can be seen and pointed at. */
export function box({ x, y, width, height, style }: Box): string {
  return `<rect x="${round(x)}" y="${round(y)}" width="${round(Math.max(2, width))}" height="${height}" class="${style}"/>`;
}

export function round(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}

/** Events that fall on the same few pixels. */
export interface Bin<E extends Event> {
  readonly x: number;
  readonly events: readonly E[];
}

/** Thousands of events can't be told apart; those that would be drawn over each other become one mark. */
export function binned<E extends Event>(events: readonly E[], scale: TimeScale, width: number): readonly Bin<E>[] {
  const bins = new Map<number, E[]>();
  for (const event of events) {
    const place = Math.floor(scale.x(event.at) / width) * width;
    const bin = bins.get(place);
    if (bin === undefined) bins.set(place, [event]);
    else bin.push(event);
  }
  return [...bins].map(([place, those]) => ({ x: place, events: those }));
}

/** `3 write, 1 rename`, the most frequent first. */
export function tally(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const sorted = [...counts].sort(([, one], [, other]) => other - one);
  return sorted.slice(0, 6).map(([word, count]) => `${grouped(count)} ${word}`).join(', ');
}
