// SPDX-License-Identifier: Apache-2.0
import { percent } from '../../nightly/rate-words.ts';
import type { NightSummary, TrendPoint } from '../../nightly/summary.ts';
import { cut, grouped, html } from '../timeline/text.ts';
import { totalRuns } from './words.ts';

/** As many as the summary says that there are at most. */
const mostNights = 30;
const column = 40;
const left = 12;
const barHeight = 60;
const panelHeight = barHeight + 44;
const top = 8;

interface Panel {
  readonly title: string;
  readonly value: (point: TrendPoint) => number;
  readonly words: (value: number) => string;
  readonly style: (value: number) => string;
  /** A line that should not be crossed. */
  readonly limit?: number;
}

/** Three rows of bars over the same nights, each with its number: what is broken, what is unknown, how many runs there were. */
export function trendDrawing({ trend, unknown }: NightSummary): string {
  const points = trend.slice(-mostNights);
  if (points.length === 0) return '';
  const panels: readonly Panel[] = [
    { title: 'broken runs', value: ({ counts }) => counts.broken, words: short, style: () => 'fail' },
    { title: 'share of unknown runs', value: unknownShare, words: shareWords, style: (share) => (share > unknown.allowed ? 'blank above' : 'blank'), limit: unknown.allowed },
    { title: 'runs', value: ({ counts }) => totalRuns(counts), words: short, style: () => 'run' },
  ];
  // Wide enough for the titles where there is one night.
  const width = Math.max(left * 2 + points.length * column, 300);
  const height = top + panels.length * panelHeight + 22;
  const last = points.at(-1);
  const label = `${points.length} nights, oldest first. Tonight: ${last === undefined ? '' : panels.map(({ title, value, words }) => `${title} ${words(value(last))}`).join(', ')}. The table below has all numbers.`;
  const tonight = `<rect class="tonight" x="${left + (points.length - 1) * column}" y="0" width="${column}" height="${height}"/>`;
  const days = points.map(({ startedAt }, index) => `<text class="count quiet" x="${middle(index)}" y="${height - 6}">${html(startedAt.slice(5, 10))}</text>`);
  return `<div class="scroll latest" tabindex="0" role="region" aria-label="trend over nights"><svg class="trend" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${html(label)}">${tonight}${panels.map((panel, index) => panelOf(panel, points, { top: top + index * panelHeight, width })).join('')}${days.join('')}</svg></div>
${tableOf(points)}`;
}

function panelOf({ title, value, words, style, limit }: Panel, points: readonly TrendPoint[], { top: from, width }: { readonly top: number; readonly width: number }): string {
  const values = points.map(value);
  const most = Math.max(...values, (limit ?? 0) * 1.25, Number.MIN_VALUE);
  const floor = from + panelHeight - 8;
  const bars = values.map((one, index) => {
    const height = one === 0 ? 0 : Math.max(2, Math.round((one / most) * barHeight));
    const night = points[index]?.night ?? '';
    return `<g><title>${html(`${cut(night, 80)}: ${title} ${words(one)}`)}</title><rect class="${style(one)}" x="${middle(index) - 13}" y="${floor - height}" width="26" height="${height}"/><text class="count${one === 0 ? ' quiet' : ''}" x="${middle(index)}" y="${floor - height - 4}">${html(words(one))}</text></g>`;
  });
  const line = limit === undefined ? '' : `<path class="limit" d="M${left} ${Math.round(floor - (limit / most) * barHeight) + 0.5}H${width - left}"/>`;
  const heading = limit === undefined ? title : `${title}, - - ${percent(limit)} allowed`;
  return `<text class="title" x="${width - left}" y="${from + 12}">${html(heading)}</text><path class="base" d="M${left} ${floor + 0.5}H${width - left}"/>${line}${bars.join('')}`;
}

function middle(index: number): number {
  return left + index * column + column / 2;
}

function unknownShare({ counts }: TrendPoint): number {
  const total = totalRuns(counts);
  return total === 0 ? 0 : (counts.unknown + counts.harness) / total;
}

/** `9,999`, `12k`, `1.2M`: a bar is not wider. */
function short(count: number): string {
  if (count < 10_000) return grouped(count);
  return count < 1_000_000 ? `${Math.round(count / 1000)}k` : `${(count / 1_000_000).toFixed(1)}M`;
}

/** `0`, `<0.1%`, `6.3%`, `100%` */
function shareWords(share: number): string {
  if (share === 0) return '0';
  return share < 0.001 ? '<0.1%' : `${Number((share * 100).toFixed(share < 0.1 ? 1 : 0))}%`;
}

function tableOf(points: readonly TrendPoint[]): string {
  const rows = points.map(({ night, startedAt, counts }) => `<tr><th scope="row">${html(cut(night, 80))}</th><td>${html(startedAt.slice(0, 10))}</td>${(['held', 'broken', 'unknown', 'harness'] as const).map((verdict) => `<td>${grouped(counts[verdict])}</td>`).join('')}</tr>`);
  return `<details><summary class="quiet">all numbers as a table</summary><div class="scroll" tabindex="0" role="region" aria-label="nights as a table"><table class="counts"><thead><tr><th scope="col">night</th><th scope="col">begun</th><th scope="col">held</th><th scope="col">broken</th><th scope="col">unknown</th><th scope="col">failed for reasons of the harness</th></tr></thead><tbody>${rows.join('')}</tbody></table></div></details>`;
}
