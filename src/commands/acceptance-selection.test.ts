// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot, TestProject, type Ended } from './test-project.ts';

const feature = `Feature: four

  @a
  Scenario: one
    When ec command is run with "1"
    Then the exit status should be 0

  @b
  Scenario: two
    When ec command is run with "2"
    Then the exit status should be 0

  @a @b
  Scenario: three
    When ec command is run with "3"
    Then the exit status should be 0

  Scenario: four
    When ec command is run with "4"
    Then the exit status should be 0
`;

let project: TestProject;

beforeAll(async () => {
  project = await TestProject.open();
  await project.feature(feature);
  await project.script('#!/bin/sh\n[ "$FAIL" != "$1" ]\n');
});

afterAll(async () => await project.close());

/** Names of the scenarios that ran, in order. */
function ran({ output }: Ended): readonly string[] {
  return [...output.matchAll(/^ {2}[✔✘!?] (\w+)/gm)].map(([, name = '']) => name);
}

describe('which scenarios run', () => {
  it.each([
    ['a tag', ['--tags', '@a'], ['one', 'three']],
    ['two tags, both', ['--tags', '@a', '--tags', '@b'], ['three']],
    ['an expression', ['--tags', '@b and not @a'], ['two']],
    ['a name', ['--name', '^t'], ['two', 'three']],
  ])('%s', async (_what, flags, names) => {
    const ended = await project.acceptance(flags);
    expect(ran(ended)).toEqual(names);
    expect(ended.status).toBe(0);
  });

  it('a line of a file', async () => {
    const ended = await project.acceptance([`${join(project.folder, 'features/one.feature')}:9`]);
    expect(ran(ended)).toEqual(['two']);
  });

  it('shards cover everything once', async () => {
    const [first, second] = [await project.acceptance(['--shard', '1/2']), await project.acceptance(['--shard', '2/2'])];
    expect([...ran(first), ...ran(second)].sort()).toEqual(['four', 'one', 'three', 'two']);
  });

  it('a random order is repeated by its seed', async () => {
    const first = await project.acceptance(['--order', 'random:7']);
    const second = await project.acceptance(['--order', 'random:7']);
    expect(ran(first)).toEqual(ran(second));
    expect(ran(first)).toHaveLength(4);
  });

  it('a dry run starts no validator', async () => {
    await project.script('#!/bin/sh\ntouch "$HOME/../../../../../../was-run"\n');
    const ended = await project.acceptance(['--dry-run']);
    expect(ended.lastLine).toContain('4 scenarios, every step is known; nothing was run');
    expect(project.exists('was-run')).toBe(false);
    expect(project.exists('tmp/was-run')).toBe(false);
  });
});

describe('a failure', () => {
  it('can be looked at and run again as printed', async () => {
    await project.script('#!/bin/sh\necho "sorry, not $1" >&2\n[ "$1" != 2 ]\n');
    const { status, output, lastLine } = await project.acceptance();
    expect(status).toBe(1);
    expect(lastLine).toContain('4 scenarios: ✔ 3 held, ✘ 1 broken');
    expect(output).toMatch(/scenario {3}\S*one\.feature:9\n/);
    expect(output).toContain('step       Then the exit status should be 0');
    expect(output).toMatch(/\S*one\.feature:11 {2}\(steps\/verdict\.steps\.ts:\d+\)/);
    expect(output).toContain('sorry, not 2');
    expect(output).toContain(`ran        ${join(project.folder, 'validator')} 2`);
    const folder = /artifacts {2}(.+)/.exec(output)?.[1] ?? '';
    for (const file of ['scenario.json', 'run-1/plan.json', 'run-1/history.ndjson', 'run-1/verdicts.json', 'run-1/validator-1.stderr', '../services/registry.log']) {
      expect(existsSync(join(folder, file)), file).toBe(true);
    }
    const again = (/again {6}npm run acceptance -- (.+)/.exec(output)?.[1] ?? '').split(' ');
    const repeated = await project.start(['acceptance', ...again]).ended;
    expect(ran(repeated)).toEqual(['two']);
    expect(repeated.status).toBe(1);
  });

  it('stops the run where that is wanted', async () => {
    const ended = await project.acceptance(['--fail-fast']);
    expect(ended.status).toBe(1);
    expect(ran(ended)).not.toContain('four');
  });

  it('is in the reports of Cucumber, too', () => {
    const report = (name: string): string => readFileSync(join(project.folder, 'runs/latest', name), 'utf8');
    expect(report('report.html')).toContain('<html');
    expect(report('junit.xml')).toContain('<failure');
    expect(report('rerun.txt')).toMatch(/one\.feature:9/);
    expect(report('messages.ndjson')).toContain('"testRunFinished"');
    expect(JSON.parse(report('summary.json'))).toMatchObject({ broken: 1 });
  });
});

describe('cucumber-js by itself', () => {
  it('says how to start a stage', async () => {
    const { execFile } = await import('node:child_process');
    const cucumber = join(projectRoot, 'node_modules/@cucumber/cucumber/bin/cucumber.js');
    const args = [cucumber, '--name', 'the cache is switched off'];
    const output = await new Promise<string>((resolve) => {
      execFile(process.execPath, args, { cwd: projectRoot }, (_error, stdout) => resolve(stdout));
    });
    expect(output).toContain('STAGE_MISSING: ');
    expect(output).toContain('npm run acceptance');
  });
});
