// SPDX-License-Identifier: Apache-2.0
import type { NightSummary } from '../../nightly/summary.ts';
import { cut, html } from '../timeline/text.ts';
import { findingsSection } from './findings-section.ts';
import { headOf } from './head.ts';
import { heatMap } from './heat-map.ts';
import { matrixTable } from './matrix-table.ts';
import type { NightPictures } from './pictures.ts';
import { resourcesSection } from './resources.ts';
import { script, scriptSource } from './script.ts';
import { shardsSection } from './shards-section.ts';
import { style } from './style.ts';
import { targetsTable } from './targets-table.ts';
import { trendDrawing } from './trend.ts';
import { unknownSection } from './unknown-section.ts';
import { verdictSigns } from './words.ts';

const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src ${scriptSource}; base-uri 'none'; form-action 'none'`;

/**
 * A night as one page of HTML that stands alone: nothing is fetched by it, and nothing in a summary can change that. Its size has a bound, whatever
 * was found: what is left out is counted, and stands in the summary as JSON.
 */
export function nightPage(summary: NightSummary, pictures: NightPictures): string {
  const { night, verdict, reasons } = summary;
  const sections = [
    ['findings', 'Findings', findingsSection(summary, pictures)],
    ['trend', 'Nights', trendDrawing(summary)],
    ['heat', 'Findings over nights', heatMap(summary)],
    ['matrix', 'Targets and strategies', matrixTable(summary)],
    ['targets', 'What the runs allow to be said', targetsTable(summary)],
    ['unknown', 'Unknown runs', unknownSection(summary)],
    ['shards', 'Shards', shardsSection(summary)],
    ['time', 'Time and resources', resourcesSection(summary, pictures)],
  ].filter(([, , body]) => body !== '');
  const links = sections.map(([id = '', title = '']) => `<li><a href="#${id}">${title}</a></li>`).join('');
  const body = sections.map(([id = '', title = '', content = '']) => `<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>\n${content}</section>`).join('\n');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="referrer" content="no-referrer">
<title>${html(cut(`${verdictSigns[verdict]}: ${night.id}${reasons[0] === undefined ? '' : `: ${reasons[0]}`}`, 160))}</title><style>${style}</style></head>
<body>${headOf(summary)}
<nav aria-label="parts of this page"><ul>${links}</ul></nav>
<main>${body}</main>
<script>${script}</script></body></html>
`;
}
