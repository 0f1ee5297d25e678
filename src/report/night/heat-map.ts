// SPDX-License-Identifier: Apache-2.0
import { percent } from '../../nightly/rate-words.ts';
import type { Finding, NightSummary, TrendPoint } from '../../nightly/summary.ts';
import { counted, cut, grouped, html } from '../timeline/text.ts';
import { placeWords, statusWords } from './words.ts';

const mostNights = 30;
const mostRows = 30;
const side = 22;

/**
 * A table, so that it can be read without seeing it: a row a finding, a column a night. The height of a bar is the share of broken runs there, a tick
 * means that there were runs and all were clean, an empty cell that nobody looked.
 */
export function heatMap({ findings, trend }: NightSummary): string {
  const nights = trend.slice(-mostNights);
  if (findings.length === 0 || nights.length === 0) return '';
  const heads = nights.map(({ night, startedAt }, index) => `<th scope="col"${index === nights.length - 1 ? ' class="tonight"' : ''}><abbr title="${html(cut(night, 80))}">${html(startedAt.slice(5, 10))}</abbr></th>`);
  const rows = findings.slice(0, mostRows).map((finding) => rowOf(finding, nights));
  const more = findings.length - mostRows;
  return `<p class="quiet">Bars: the share of broken runs at that place. ✔: all clean. Empty: nobody looked.</p>
<div class="scroll latest" tabindex="0" role="region" aria-label="findings over nights"><table class="heat"><thead><tr><th scope="row">finding</th>${heads.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div>${more > 0 ? `<p class="quiet">and ${counted(more, 'more finding')}</p>` : ''}`;
}

function rowOf({ status, target, cause, key }: Finding, nights: readonly TrendPoint[]): string {
  const cells = nights.map(({ findings }, index) => cellOf(Object.hasOwn(findings, key) ? findings[key] : undefined, index === nights.length - 1));
  return `<tr><th scope="row">${statusWords[status].sign} ${html(cut(`${target.name}, ${placeWords(cause)}`, 90))} <span class="quiet">${html(cut(cause.symptom, 60))}</span></th>${cells.join('')}</tr>`;
}

function cellOf(count: TrendPoint['findings'][string] | undefined, isTonight: boolean): string {
  const style = isTonight ? ' class="tonight"' : '';
  if (count === undefined || count.runs === 0) return `<td${style}></td>`;
  const { hits, runs } = count;
  const share = Math.min(1, hits / runs);
  if (hits === 0) return `<td${style} title="0 of ${grouped(runs)}">${drawn('<path class="clean" d="M6 12l4 4l7 -9"/>')}0</td>`;
  const height = Math.max(3, Math.round(share * (side - 2)));
  return `<td${style} title="${grouped(hits)} of ${grouped(runs)}">${drawn(`<rect class="share" x="1" y="${side - 1 - height}" width="${side - 2}" height="${height}"/>`)}${percent(share).replace(' ', '')}</td>`;
}

/** The number under it says the same. */
function drawn(mark: string): string {
  return `<svg width="${side}" height="${side}" aria-hidden="true"><rect class="frame" x="0.5" y="0.5" width="${side - 1}" height="${side - 1}"/>${mark}</svg>`;
}
