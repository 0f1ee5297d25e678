// SPDX-License-Identifier: Apache-2.0
import { visible } from '../foundation/visible.ts';
import { eventsOf } from '../history/event.ts';
import type { DrawnRun } from '../report/timeline/run-view.ts';
import type { Count } from '../statistics/proportion.ts';
import type { Case } from './case.ts';
import { symptomWords, type Report } from './report.ts';

export interface Told {
  readonly report: Report;
  readonly smallest: Case;
  readonly shown: Count;
  readonly runs: readonly DrawnRun[];
  readonly explanation: string;
  /** What to type: with the bundle, or without it. */
  readonly again: string;
  /** Of the validator, of this project, of what is under them; a line each. */
  readonly versions: Readonly<Record<string, string>>;
  readonly system: Readonly<Record<string, string>>;
}

/** As Markdown, under the headings that maintainers ask for. Nothing that a program under test has written can end a block or make a link. */
export function issueText({ report, smallest, shown, runs, explanation, again, versions, system }: Told): string {
  const { participants, shape, schedule } = smallest;
  const commands = runs.flatMap(({ history }) => eventsOf(history, 'validator-started').map(({ participant, command }) => `${participant}: ${command.join(' ')}`));
  const differences = runs.flatMap(({ history }) => eventsOf(history, 'outcome-compared').filter(({ equal }) => !equal).map(({ difference }) => difference));
  const sections = [
    `# ${inline(report.title)}`,
    ...(report.description === undefined ? [] : [report.description.split('\n').map((line) => `> ${visible(line)}`).join('\n')]),
    '## Steps',
    `${participants} processes share one cache, the images have ${shape.layers === 1 ? 'one layer' : `${shape.layers} layers`} of ${shape.layerBytes} bytes, and the schedule is \`${schedule}\`. With the bundle beside this text:`,
    block(again),
    ...(commands.length === 0 ? [] : ['Each process:', block([...new Set(commands)].slice(0, 8).join('\n'))]),
    '## Expected',
    'Each process says what it says when it is alone, without a cache, and what it leaves in the cache is whole.',
    '## Actual',
    `${capital(symptomWords(report.symptom))}: ${shown.hits} of ${shown.runs} times under this schedule.`,
    ...(explanation === '' ? [] : [inline(explanation)]),
    ...differences.slice(0, 1).map((difference) => block(cutLines(difference, 40))),
    '## Version',
    table(versions),
    '## System',
    table(system),
  ];
  return `${sections.join('\n\n')}\n`;
}

function table(values: Readonly<Record<string, string>>): string {
  return Object.entries(values).map(([name, value]) => `- ${inline(name)}: ${inline(value)}`).join('\n');
}

/** A fence that is longer than any in it. */
function block(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${visible(text)}\n${fence}`;
}

/** What means something to Markdown or HTML means itself. */
function inline(text: string): string {
  return visible(text.replaceAll('\n', ' ')).replaceAll(/[\\`*_[\]<>#|~]/g, (sign) => (sign === '<' ? '&lt;' : sign === '>' ? '&gt;' : `\\${sign}`));
}

function cutLines(text: string, most: number): string {
  const lines = text.split('\n');
  return lines.length <= most ? text : [...lines.slice(0, most), `... ${lines.length - most} more lines`].join('\n');
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
