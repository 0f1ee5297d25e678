// SPDX-License-Identifier: Apache-2.0
import type { Cell, NightSummary } from '../../nightly/summary.ts';
import { counted, cut, grouped, html } from '../timeline/text.ts';
import { span } from './words.ts';

const mostRows = 40;
const mostColumns = 24;

/** Targets down, strategies across; where everything held there is a tick, else how many did not. */
export function matrixTable({ matrix }: NightSummary): string {
  if (matrix.length === 0) return '';
  const [targets, strategies] = [[...new Set(matrix.map(({ target }) => target))], [...new Set(matrix.map(({ strategy }) => strategy))]];
  const cells = new Map(matrix.map((cell) => [JSON.stringify([cell.target, cell.strategy]), cell]));
  const shown = strategies.slice(0, mostColumns);
  const heads = shown.map((strategy) => `<th scope="col">${html(cut(strategy, 40))}</th>`).join('');
  const rows = targets.slice(0, mostRows).map((target) => `<tr><th scope="row">${html(cut(target, 80))}</th>${shown.map((strategy) => cellOf(cells.get(JSON.stringify([target, strategy])))).join('')}</tr>`);
  const left = [...(targets.length > mostRows ? [counted(targets.length - mostRows, 'more target')] : []), ...(strategies.length > mostColumns ? [counted(strategies.length - mostColumns, 'more strategy').replace(/ys$/, 'ies')] : [])];
  return `<div class="scroll" tabindex="0" role="region" aria-label="targets and strategies"><table class="counts"><thead><tr><th scope="row">target</th>${heads}</tr></thead><tbody>${rows.join('')}</tbody></table></div>${left.length === 0 ? '' : `<p class="quiet">and ${left.join(', ')}</p>`}`;
}

function cellOf(cell: Cell | undefined): string {
  if (cell === undefined) return '<td class="none"><span aria-label="not run">–</span></td>';
  const { held, broken, unknown, harness } = cell.counts;
  const silent = unknown + harness;
  const parts = [...(broken > 0 ? [`✘ ${grouped(broken)} broken`] : []), ...(silent > 0 ? [`? ${grouped(silent)} unknown`] : []), ...(held > 0 ? [`✔ ${grouped(held)} held`] : [])];
  const [first = '–', ...rest] = parts;
  return `<td class="${broken > 0 ? 'broken' : held === 0 && silent > 0 ? 'unknown' : 'held'}" title="${span(cell.durationMs)}">${first}${rest.map((part) => `<small>${part}</small>`).join('')}</td>`;
}
