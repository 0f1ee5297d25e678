// SPDX-License-Identifier: Apache-2.0
import { StampedeError } from '../foundation/errors.ts';
import { visible } from '../foundation/visible.ts';
import type { Attempt } from '../explore/attempt.ts';
import { wordsFor } from '../explore/words-for.ts';
import type { Case } from './case.ts';
import type { Report } from './report.ts';

export interface Kept {
  readonly report: Report;
  readonly smallest: Pick<Case, 'schedule' | 'participants' | 'shape'>;
  /** Of an attempt that has shown it. */
  readonly verdicts: Attempt['verdicts'];
}

/** What a feature says of what a checker has found broken; those that are missing judge every scenario without being asked. */
const steps: Readonly<Record<string, string>> = {
  ended: 'no validator hangs',
  'outcomes-agree': 'every validator reports what a serial run without cache reports',
  'entries-whole': 'no cache entry was ever visible half-written',
  'fetched-once': 'the shared layer was fetched once',
  'failure-told': 'the failure is told',
  'trouble-told': 'the trouble with the cache is told',
  'asked-again': 'the layer whose download failed is asked for again',
  'not-delayed': 'nobody waits for the first one',
};

/** Schedules in which one process is enough: what happens to it is seen in its own outcome. */
const forOne = ['damaged', 'evict-while-reading'];

/**
 * A feature in the reporter's words: the situation that shows it, and what must hold there.
 * @throws StampedeError SCHEDULE_INVALID for a schedule that a scenario can't force
 */
export function regressionFeature({ report, smallest, verdicts }: Kept): string {
  const { schedule, participants, shape } = smallest;
  const [strategy = ''] = schedule.split('/');
  if (['random', 'naive'].includes(strategy) || schedule === 'unusual/large-layer') throw new StampedeError('SCHEDULE_INVALID', `no scenario can force ${schedule}: it is no meeting of a feature's images`, { hint: 'keep the bundle: npm run reproduce -- --bundle FILE' });
  const strange = shape.flags.find((flag) => /\s|"/.test(flag));
  if (strange !== undefined) throw new StampedeError('SCHEDULE_INVALID', `a step can't say the flag ${JSON.stringify(strange)}`, { hint: 'a flag in a step has no blanks and no quotes' });
  const tags = ['@regression', ...issueTag(report.link), ...(/-\d/.test(schedule.replaceAll(/byte-\d+|status-\d+/g, '')) || strategy === 'disk-fails' ? ['@file-calls'] : [])];
  const about = [report.link, report.source === undefined ? undefined : `seen in: ${report.source}`, report.class === undefined ? undefined : `class: ${report.class}`, report.plantedBug === undefined ? undefined : `stands for the planted bug ${report.plantedBug}`].filter((line) => line !== undefined);
  return `${[
    ...about.map((line) => `# ${oneLine(line)}`),
    tags.join(' '),
    `Feature: ${oneLine(report.title)}`,
    ...(report.description === undefined ? [] : ['', ...report.description.trimEnd().split('\n').map(described)]),
    '',
    '  Background:',
    '    Given a key pair named "known"',
    '    And a git repository named "bundle-policy" with',
    '      | main.rego | examples/bundle_files.rego |',
    '    And policy configuration named "ec-policy" with specification',
    '      """',
    '      { "sources": [ { "policy": [ "git::https://${GITHOST}/git/bundle-policy.git" ] } ] }',
    '      """',
    `    And ${imagesOf(strategy, participants)}, signed and attested by the "known" key`,
    '',
    `  Scenario: ${situation(schedule)}`,
    `    When ${meeting(smallest)}`,
    ...expected(verdicts).map((step, index) => `    ${index === 0 ? 'Then' : 'And'} ${step}`),
  ].join('\n')}\n`;
}

function imagesOf(strategy: string, participants: number): string {
  if (strategy === 'unusual') return 'an operator bundle image named "acceptance/bundle" whose layers have one size';
  return `${takingPart(strategy, participants)} operator bundle images named "acceptance/bundle" that share a layer`;
}

/** Without the cache, where there is more to say. */
function situation(schedule: string): string {
  if (schedule === 'unusual/same-size') return 'an image whose layers have one size';
  const words = wordsFor(schedule.replace(/\/2$/, '/1'))?.words ?? `under the schedule ${schedule}`;
  return words.replace(/^one (?:cold|warm) cache and /, '');
}

/** A third one takes part where one is late. */
function takingPart(strategy: string, participants: number): number {
  return strategy === 'late-writer' ? participants + 1 : participants;
}

function meeting({ schedule, participants, shape: { flags } }: Kept['smallest']): string {
  const [strategy = ''] = schedule.split('/');
  // Images are alike: who leads is the first one.
  const name = schedule.replace(/\/2$/, '/1');
  const said = wordsFor(name);
  const rest = `--policy acceptance/ec-policy --rekor-url \${REKOR} --public-key \${known_PUBLIC_KEY} --output json${flags.map((flag) => ` ${flag}`).join('')}`;
  if (strategy === 'unusual') return `1 validator shares one cold cache, with "validate image --image \${REGISTRY}/acceptance/bundle ${rest}"`;
  if (said?.who === 'components') {
    const components = Array.from({ length: participants }, (_, index) => `{"name":"${index + 1}","containerImage":"\${REGISTRY}/acceptance/bundle-${index + 1}"}`);
    return `${participants} components of one validator share ${said.words}, with "validate image --json-input {"components":[${components.join(',')}]} ${rest}"`;
  }
  const count = forOne.includes(strategy) ? 1 : takingPart(strategy, participants);
  const command = `"validate image --image \${REGISTRY}/acceptance/bundle-\${PARTICIPANT} ${rest}"`;
  if (said === undefined) return `${count} validators meet under the schedule "${name}", with ${command}`;
  return `${count} validator${count === 1 ? ' shares' : 's share'} ${said.words}, with ${command}`;
}

/** What was broken must hold; and whatever comes later must come out right. */
function expected(verdicts: Attempt['verdicts']): readonly string[] {
  const broken = verdicts.filter(({ verdict }) => verdict.verdict === 'broken');
  const scheduled = broken.filter(({ run }) => run === 'scheduled').flatMap(({ checker }) => (steps[checker] === undefined ? [] : [steps[checker]]));
  const nothing = broken.some(({ checker, run }) => checker === 'nothing-fetched' && run === 'calm');
  return [...new Set([...scheduled, 'a later run on what is left comes out right', ...(nothing ? ['a later run on what is left fetches nothing'] : [])])];
}

function issueTag(link: string | undefined): readonly string[] {
  const number = /\/(?:issues|pull)\/(\d+)/.exec(link ?? '')?.[1];
  return number === undefined ? [] : [`@issue-${number}`];
}

function oneLine(text: string): string {
  return visible(text).replaceAll(/\s+/g, ' ').trim();
}

/** A line of the reporter's that means nothing to Gherkin. */
function described(line: string): string {
  const text = oneLine(line);
  const means = /^(?:[@#|*]|"""|```|(?:Feature|Rule|Background|Examples?|Scenario(?: Outline| Template)?|Scenarios|Given|When|Then|And|But)\b)/.test(text);
  return text === '' ? '' : `  ${means ? `> ${text}` : text}`;
}
