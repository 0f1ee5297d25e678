// SPDX-License-Identifier: Apache-2.0
import { duration } from './text.ts';

/** Where a moment stands in the picture. */
export interface TimeScale {
  /** Pixels from the left for a time in milliseconds. */
  x(at: number): number;
  /** Round times that have room beside each other. */
  readonly ticks: readonly { readonly x: number; readonly text: string }[];
  /** Where nothing happened for long, the scale is cut. */
  readonly breaks: readonly { readonly from: number; readonly to: number; readonly text: string }[];
}

interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly isCut: boolean;
}

const cutWidth = 46;
const mostCuts = 5;
const leastCutMs = 60;
/** Of what is left when longer ones are cut. */
const leastCutShare = 0.22;
const tickRoom = 64;

/**
 * To scale between `left` and `right`, but for long stretches in which nothing happened: a process that needs a third of a second to start, or hangs
 * until its deadline, would leave no room for what matters. Each is drawn as a cut with its duration.
 */
export function timeScale(times: readonly number[], { left, right }: { readonly left: number; readonly right: number }): TimeScale {
  const sorted = [...times].sort((one, other) => one - other);
  const stretches = stretchesOf(sorted);
  const shown = stretches.reduce((sum, { from, to, isCut }) => sum + (isCut ? 0 : to - from), 0);
  const cuts = stretches.filter(({ isCut }) => isCut).length;
  const perMs = shown > 0 ? (right - left - cuts * cutWidth) / shown : 0;
  const placed: Placed[] = [];
  for (let x = left, index = 0; index < stretches.length; index += 1) {
    const stretch = stretches[index] as Stretch;
    const width = stretch.isCut ? cutWidth : (stretch.to - stretch.from) * perMs;
    placed.push({ ...stretch, x, width });
    x += width;
  }
  return {
    x: (at) => placeOf(placed, at) ?? left,
    ticks: ticksOf(placed, perMs),
    breaks: placed.filter(({ isCut }) => isCut).map(({ x, width, from, to }) => ({ from: x, to: x + width, text: duration(to - from) })),
  };
}

interface Placed extends Stretch {
  readonly x: number;
  readonly width: number;
}

/** What happens before the first or after the last moment is drawn there. */
function placeOf(placed: readonly Placed[], at: number): number | undefined {
  const here = placed.find(({ to }) => at <= to) ?? placed.at(-1);
  if (here === undefined) return undefined;
  const share = here.to > here.from ? (at - here.from) / (here.to - here.from) : 0;
  return Math.round((here.x + Math.min(1, Math.max(0, share)) * here.width) * 10) / 10;
}

function stretchesOf(sorted: readonly number[]): readonly Stretch[] {
  const gaps = sorted.slice(1).map((to, index) => ({ from: sorted[index] ?? to, to }));
  const cut = cutGaps(gaps.map(({ from, to }) => to - from));
  const stretches: Stretch[] = [];
  for (const [index, gap] of gaps.entries()) {
    const last = stretches.at(-1);
    if (!cut.has(index) && last?.isCut === false) stretches[stretches.length - 1] = { ...last, to: gap.to };
    else stretches.push({ ...gap, isCut: cut.has(index) });
  }
  return stretches;
}

/** The longest first, as long as it takes a good part of what is left and is far longer than the others. */
function cutGaps(gaps: readonly number[]): ReadonlySet<number> {
  const cut = new Set<number>();
  const byLength = gaps.map((length, index) => ({ length, index })).sort((one, other) => other.length - one.length);
  let left = gaps.reduce((sum, length) => sum + length, 0);
  for (const { length, index } of byLength.slice(0, mostCuts)) {
    const others = (left - length) / Math.max(1, gaps.length - cut.size - 1);
    if (length < leastCutMs || length < left * leastCutShare || length < others * 4) break;
    cut.add(index);
    left -= length;
  }
  return cut;
}

function ticksOf(placed: readonly Placed[], perMs: number): TimeScale['ticks'] {
  if (perMs === 0) return placed.slice(0, 1).map(({ x, from }) => ({ x, text: duration(from) }));
  const step = roundStep(tickRoom / perMs);
  const ticks: { x: number; text: string }[] = [];
  for (const { from, to, x, isCut } of placed) {
    if (isCut) continue;
    for (let at = Math.ceil(from / step) * step; at <= to; at += step) {
      const place = Math.round(x + (at - from) * perMs);
      if (place - (ticks.at(-1)?.x ?? -Infinity) >= tickRoom) ticks.push({ x: place, text: duration(at) });
    }
  }
  return ticks;
}

/** The next of 1, 2, 5, 10, 20... from `least` up. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5].find((factor) => power * factor >= least) ?? 10);
}
