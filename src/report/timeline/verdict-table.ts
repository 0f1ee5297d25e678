// SPDX-License-Identifier: Apache-2.0
import type { NamedVerdict } from '../../checkers/checker.ts';
import type { Names } from './names.ts';
import type { RunView } from './run-view.ts';
import { cut, grouped, html } from './text.ts';

/** What every checker said of the run, the worst first. */
export function verdictTable({ verdicts, names }: RunView): string {
  if (verdicts.length === 0) return '<p class="quiet">No verdicts are stored with this run.</p>';
  const weight = { broken: 0, unknown: 1, held: 2 } as const;
  const sorted = [...verdicts].sort((one, other) => weight[one.verdict.verdict] - weight[other.verdict.verdict]);
  return `<h3>Verdicts</h3><table><tbody>${sorted.slice(0, mostVerdicts).map((one) => rowOf(one, names)).join('')}</tbody></table>`;
}

function rowOf({ checker, verdict }: NamedVerdict, names: Names): string {
  const head = `<td class="short">${html(checker)}</td><td class="short"><b class="${verdict.verdict}">${verdict.verdict}</b></td>`;
  switch (verdict.verdict) {
    case 'held':
      return `<tr>${head}<td></td></tr>`;
    case 'unknown':
      return `<tr>${head}<td>${html(names.in(verdict.reason))}</td></tr>`;
    case 'broken': {
      const [sentence = '', ...rest] = verdict.sentence.split('\n');
      const events = verdict.events.slice(0, 20).map(grouped).join(', ');
      return `<tr>${head}<td>${html(names.in(sentence))}${rest.length === 0 ? '' : difference(rest)} <span class="quiet">${verdict.events.length === 1 ? 'event' : 'events'} ${html(events)}${verdict.events.length > 20 ? ' and more' : ''}</span></td></tr>`;
    }
  }
}

const mostLines = 80;
const mostVerdicts = 100;

/** Lines that were taken away and added, told apart. */
function difference(lines: readonly string[]): string {
  const shown = lines.slice(0, mostLines).map((line) => {
    const kind = line.startsWith('-') ? 'minus' : line.startsWith('+') ? 'plus' : '';
    return kind === '' ? html(cut(line, 300)) : `<span class="${kind}">${html(cut(line, 300))}</span>`;
  });
  const more = lines.length > mostLines ? `\n… ${lines.length - mostLines} lines more, in history.ndjson` : '';
  return `<pre>${shown.join('\n')}${more}</pre>`;
}
