// SPDX-License-Identifier: Apache-2.0
import { percent } from '../../nightly/rate-words.ts';
import type { NightSummary } from '../../nightly/summary.ts';
import { counted, cut, html } from '../timeline/text.ts';

const mostReasons = 15;

/** What the night does not know, against what it may not know. */
export function unknownSection({ unknown, counts }: NightSummary): string {
  const { share, allowed, isAbove, reasons } = unknown;
  const at = (part: number): number => Math.round(Math.min(1, part) * 1000) / 10;
  const words = `${percent(share)} of the runs are unknown; ${percent(allowed)} are allowed`;
  const meter = `<svg class="meter${isAbove ? ' above' : ''}" role="img" aria-label="${html(words)}"><rect class="rail" x="0.5" y="9.5" width="99.5%" height="16"/><rect class="level" x="0" y="10" width="${at(share)}%" height="15"/><line class="limit" x1="${at(allowed)}%" x2="${at(allowed)}%" y1="3" y2="32"/></svg>`;
  const listed = reasons.slice(0, mostReasons).map(({ sentence, runs }) => `<li>${counted(runs, 'run')}: ${html(cut(sentence, 400))}</li>`);
  return `<p>${isAbove ? '<b class="unknown">⚠ above what is allowed:</b> ' : ''}${html(words)} (the line). ${counted(counts.unknown, 'run')} came to no verdict, ${counted(counts.harness, 'run')} failed for reasons of the harness.</p>
${meter}${listed.length === 0 ? '' : `<h3>Why, without what differs from run to run</h3><ul>${listed.join('')}${reasons.length > mostReasons ? `<li>and ${reasons.length - mostReasons} more reasons</li>` : ''}</ul>`}`;
}
