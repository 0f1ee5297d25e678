// SPDX-License-Identifier: Apache-2.0
import type { Finding, NightSummary } from '../../nightly/summary.ts';
import type { RunRecord } from '../../nightly/record.ts';

/** How a run looks: on a page of its own, and maybe on this one, too. */
export interface NightPicture {
  /** Relative to the page; undefined where it could not be drawn on a page of its own. */
  readonly href: string | undefined;
  /** The picture itself, as HTML made by `timelineExcerpt`; undefined where there is enough on the page. */
  readonly excerpt: string | undefined;
}

/** By id of a run; a run whose folder was not kept has none. */
export type NightPictures = ReadonlyMap<string, NightPicture>;

const mostPictures = 12;

/** Runs that are worth a picture, the worst first: of each finding that is there the first whose folder was kept, then the slowest. */
export function runsToDraw({ findings, slowest }: Pick<NightSummary, 'findings' | 'slowest'>): readonly RunRecord[] {
  const worst = findings.flatMap((finding) => exampleOf(finding) ?? []);
  const all = [...worst, ...slowest.filter(({ folder }) => folder !== null)];
  return [...new Map(all.map((run) => [run.id, run])).values()].slice(0, mostPictures);
}

function exampleOf({ examples, rate }: Finding): RunRecord | undefined {
  return rate.hits === 0 ? undefined : examples.find(({ folder }) => folder !== null);
}
