// SPDX-License-Identifier: Apache-2.0

/** What takes part of a row, in pixels. */
export interface Extent {
  readonly from: number;
  readonly to: number;
}

/** For each the first row, counted from 0, in which nothing is at its place; at most `most` rows, the last one takes the rest. */
export function rowsFor(extents: readonly Extent[], most: number): readonly number[] {
  const ends: number[] = [];
  return extents.map(({ from, to }) => {
    const free = ends.findIndex((end) => end <= from);
    const row = free >= 0 ? free : Math.min(ends.length, most - 1);
    ends[row] = Math.max(ends[row] ?? -Infinity, to);
    return row;
  });
}

/** How many rows are needed so that nothing is drawn over anything else. */
export function rowCount(extents: readonly Extent[]): number {
  return Math.max(0, ...rowsFor(extents, Infinity)) + (extents.length > 0 ? 1 : 0);
}
