// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Query } from '@cucumber/query';
import type { Envelope } from '@cucumber/messages';
import { beforeAll, expect, it } from 'vitest';
import { outcomeOf, type ScenarioOutcome } from './outcome.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));

const feature = `Feature: how scenarios end

  Scenario: held
    Given it works

  Scenario: broken
    Given it works
    Then it fails with "VERDICT_BROKEN: cache-intact: half an entry"
    And it works

  Scenario: expectation
    Then it fails with "EXPECTATION_BROKEN: expected 1 to equal 0"

  Scenario: snapshot
    Then it fails with "SNAPSHOT_MISMATCH: stdout differs"

  Scenario: unknown
    Then it fails with "VERDICT_UNKNOWN: overlapped: nobody met"

  Scenario: harness
    Then it fails with "SERVICE_START_FAILED: git did not start"

  Scenario: no code
    Then it fails with "Cannot read properties of undefined: VERDICT_BROKEN: no"

  Scenario: undefined
    Given nobody knows this

  Scenario: ambiguous
    Given it is told twice

  Scenario: pending
    Given it works
    And it is pending because "there is no cluster"
    Then it fails with "VERDICT_BROKEN: never reached"

  Scenario: pending without a word
    Given it is pending

  Scenario: broken, then pending
    Then it fails with "VERDICT_BROKEN: x"
    And it is pending

  @hook-harness
  Scenario: pending, and the hook fails
    Given it is pending

  @hook-unknown
  Scenario: pending, and the hook is unknown
    Given it is pending

  Scenario: skipped
    Given it is skipped
    And it works

  Scenario: empty

  @hook-broken
  Scenario: hook
    Given it works

  @hook-broken
  Scenario: unknown, and the hook is broken
    Then it fails with "VERDICT_UNKNOWN: overlapped: nobody met"

  @hook-harness
  Scenario: broken, and the hook fails
    Then it fails with "VERDICT_BROKEN: ended: it hung"

  @hook-harness
  Scenario: unknown, and the hook fails
    Then it fails with "VERDICT_UNKNOWN: overlapped: nobody met"

  @artifacts
  Scenario: artifacts
    Then it fails with "VERDICT_BROKEN: ended: it hung"

  Scenario Outline: row <word>
    Then it fails with "<word>: x"

    Examples:
      | word           |
      | VERDICT_BROKEN |
      | GIT_FAILED     |

  Rule: a rule

    Background:
      Given it works

    Scenario: in a rule
      Then it fails with "VERDICT_BROKEN: x"
`;

const steps = `
import { After, Given, Then } from '@cucumber/cucumber';
Given('it works', () => undefined);
Then('it fails with {string}', (message) => { throw new Error(message); });
Given('it is told twice', () => undefined);
Given(/^it is told (.*)$/, () => undefined);
Given('it is pending', () => 'pending');
Given('it is pending because {string}', function (reason) { this.log(reason); return 'pending'; });
Given('it is skipped', () => 'skipped');
After({ name: 'judge', tags: '@hook-broken' }, () => { throw new Error('VERDICT_BROKEN: cache-intact: half an entry'); });
After({ name: 'look', tags: '@hook-unknown' }, () => { throw new Error('VERDICT_UNKNOWN: overlapped: nobody met'); });
After({ name: 'tidy', tags: '@hook-harness' }, () => { throw new Error('TEARDOWN_FAILED: could not release'); });
After({ tags: '@artifacts' }, function () {
  this.attach('{"not":"these"}', 'application/json');
  this.attach(JSON.stringify({ folder: '/runs/s-1', commands: ["ec 'a b'"] }), 'application/vnd.stampede.artifacts+json');
});
`;

const driver = `
import { loadConfiguration, runCucumber } from '@cucumber/cucumber/api';
import { writeFileSync, appendFileSync } from 'node:fs';
const provided = { paths: ['features/ends.feature'], import: ['steps.mjs'], format: [['message', 'own.ndjson']] };
const { runConfiguration } = await loadConfiguration({ file: false, provided });
await runCucumber(runConfiguration, {}, (envelope) => appendFileSync('messages.ndjson', JSON.stringify(envelope) + '\\n'));
`;

let outcomes: Map<string, ScenarioOutcome>;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'outcome-test-'));
  await mkdir(join(folder, 'features'));
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await writeFile(join(folder, 'features', 'ends.feature'), feature);
  await writeFile(join(folder, 'steps.mjs'), steps);
  await writeFile(join(folder, 'driver.mjs'), driver);
  await run(process.execPath, ['driver.mjs'], { cwd: folder, env: { PATH: process.env['PATH'] } });
  const query = new Query();
  outcomes = new Map();
  for (const line of (await readFile(join(folder, 'messages.ndjson'), 'utf8')).trim().split('\n')) {
    const envelope = JSON.parse(line) as Envelope;
    query.update(envelope);
    if (envelope.testCaseFinished === undefined) continue;
    const outcome = outcomeOf(query, envelope.testCaseFinished)!;
    outcomes.set(outcomes.has(outcome.title) ? `${outcome.title} again` : outcome.title, outcome);
  }
  await rm(folder, { recursive: true });
});

const lineOf = (words: string): number => feature.split('\n').findIndex((line) => line.trim() === words) + 1;

it.each([
  ['held', 'held'],
  ['broken', 'broken'],
  ['expectation', 'broken'],
  ['snapshot', 'broken'],
  ['unknown', 'unknown'],
  ['harness', 'harness'],
  ['no code', 'harness'],
  ['undefined', 'harness'],
  ['ambiguous', 'harness'],
  ['pending', 'pending'],
  ['pending without a word', 'pending'],
  ['broken, then pending', 'broken'],
  ['pending, and the hook fails', 'harness'],
  ['pending, and the hook is unknown', 'unknown'],
  ['skipped', 'skipped'],
  ['empty', 'harness'],
  ['hook', 'broken'],
  ['unknown, and the hook is broken', 'broken'],
  ['broken, and the hook fails', 'broken'],
  ['unknown, and the hook fails', 'harness'],
  ['row VERDICT_BROKEN', 'broken'],
  ['row GIT_FAILED', 'harness'],
  ['in a rule', 'broken'],
])('%s is %s', (title, verdict) => {
  expect(outcomes.get(title)?.verdict).toBe(verdict);
});

it('every scenario has an outcome, and its feature', () => {
  expect(outcomes.size).toBe(24);
  expect([...outcomes.values()].every((outcome) => outcome.feature === 'how scenarios end' && outcome.durationMs >= 0)).toBe(true);
});

it('a failure says step, place, definition and message; steps after it say nothing', () => {
  expect(outcomes.get('broken')).toMatchObject({ title: 'broken', at: `features/ends.feature:${lineOf('Scenario: broken')}`, artifacts: undefined });
  expect(outcomes.get('broken')?.failures).toEqual([
    {
      step: 'Then it fails with "VERDICT_BROKEN: cache-intact: half an entry"',
      at: `features/ends.feature:${lineOf('Scenario: broken') + 2}`,
      definition: 'steps.mjs:4',
      message: 'VERDICT_BROKEN: cache-intact: half an entry',
    },
  ]);
  expect(outcomes.get('held')?.failures).toEqual([]);
});

it('a row stands where it is written, its step where the outline has it', () => {
  const row = outcomes.get('row GIT_FAILED');
  expect(row?.at).toBe(`features/ends.feature:${lineOf('| GIT_FAILED     |')}`);
  expect(row?.failures[0]?.at).toBe(`features/ends.feature:${lineOf('Then it fails with "<word>: x"')}`);
});

it('a failed hook is named, and stands where the scenario does', () => {
  expect(outcomes.get('hook')?.failures).toEqual([
    { step: 'judge', at: `features/ends.feature:${lineOf('Scenario: hook')}`, definition: 'steps.mjs:10', message: 'VERDICT_BROKEN: cache-intact: half an entry' },
  ]);
  expect(outcomes.get('unknown, and the hook is broken')?.failures).toHaveLength(2);
});

it.each([
  ['undefined', 'STEP_UNDEFINED'],
  ['ambiguous', 'STEP_AMBIGUOUS'],
  ['pending', 'STEP_PENDING'],
  ['empty', 'SCENARIO_EMPTY'],
])('%s is told as %s', (title, code) => {
  expect(outcomes.get(title)?.failures.map(({ message }) => message.split(':')[0])).toEqual([code]);
});

it('what can not be done here says why, at its step', () => {
  expect(outcomes.get('pending')?.failures).toEqual([
    {
      step: 'And it is pending because "there is no cluster"',
      at: `features/ends.feature:${lineOf('And it is pending because "there is no cluster"')}`,
      definition: 'steps.mjs:8',
      message: 'STEP_PENDING: there is no cluster',
    },
  ]);
  expect(outcomes.get('pending without a word')?.failures[0]?.message).toBe('STEP_PENDING: this step can not be done here');
});

it('artifacts are found among other attachments', () => {
  expect(outcomes.get('artifacts')?.artifacts).toEqual({ folder: '/runs/s-1', commands: ["ec 'a b'"] });
});
