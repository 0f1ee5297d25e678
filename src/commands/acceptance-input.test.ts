// SPDX-License-Identifier: Apache-2.0
import { chmod } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plainFeature, TestProject, toldOf, type Ended } from './test-project.ts';

let project: TestProject;

beforeAll(async () => {
  project = await TestProject.open();
  await project.script('#!/bin/sh\necho "{}"\n');
  await project.feature(plainFeature);
});

afterAll(async () => await project.close());

describe('usage that can be mended', () => {
  it.each([
    ['an unknown flag', ['--bogus'], 'CONFIG_INVALID'],
    ['an order that is none', ['--order', 'backwards'], 'CONFIG_INVALID'],
    ['a shard that is none', ['--shard', '0/2'], 'CONFIG_INVALID'],
    ['workers that are no number', ['--parallel', 'many'], 'CONFIG_INVALID'],
    ['a validator that is missing', ['--binary', '/nonexistent/validator'], 'VALIDATOR_MISSING'],
    ['an unknown subject', ['--subject', 'nobody'], 'SUBJECT_UNKNOWN'],
    ['a feature that is missing', ['nowhere.feature'], 'FEATURES_MISSING'],
    ['a features folder that is missing', ['--features', '/nonexistent'], 'FEATURES_MISSING'],
    ['a runs folder that can not be made', ['--runs', '/dev/null/runs'], 'FOLDER_NOT_WRITABLE'],
    ['a snapshots folder that can not be made', ['--snapshots', '/dev/null/snapshots'], 'FOLDER_NOT_WRITABLE'],
  ])('%s', async (_what, args, code) => {
    const { status, output } = await project.acceptance(args);
    expect(output).toMatch(new RegExp(`^${code}: .+`));
    expect(output).toMatch(/^ {2}try: .+/m);
    expect(status).toBe(2);
    expect(project.leftSessions()).toEqual([]);
  });

  it('names every setting that is wrong at once', async () => {
    const { status, output } = await project.acceptance(['--deadline', '1', '--gate-timeout', 'x', '--unknown-variables', 'maybe']);
    expect(output).toContain('--deadline (or STAMPEDE_DEADLINE)');
    expect(output).toContain('--gate-timeout (or STAMPEDE_GATE_TIMEOUT)');
    expect(output).toContain('--unknown-variables (or STAMPEDE_UNKNOWN_VARIABLES)');
    expect(status).toBe(2);
  });

  it('a machine without git', async () => {
    const { status, output } = await project.acceptance([], { PATH: '/nonexistent' });
    expect(output).toMatch(/^GIT_MISSING: .+/);
    expect(status).toBe(2);
    expect(project.leftSessions()).toEqual([]);
  });

  it('an outdated Node', async () => {
    const { status, output } = await project.acceptance([], { STAMPEDE_PRETEND_NODE: '18.19.0' });
    expect(output).toMatch(/^NODE_TOO_OLD: .+18\.19\.0/);
    expect(status).toBe(2);
  });

  it('a temporary folder that can not be written', async () => {
    const { status, output } = await project.acceptance([], { TMPDIR: '/dev/null' });
    expect(output).toMatch(/^FOLDER_NOT_WRITABLE: .+/);
    expect(status).toBe(2);
  });

  it('a validator that is not executable', async () => {
    const text = await project.write('plain-file', 'not a program');
    await chmod(text, 0o644);
    const { status, output } = await project.acceptance(['--binary', text]);
    expect(output).toMatch(/^VALIDATOR_NOT_EXECUTABLE: .+/);
    expect(status).toBe(2);
  });

  it('a subject file with errors', async () => {
    const file = await project.write('wrong-subject.ts', 'export const subject = { name: "", cacheDirectory: 3 };');
    const { status, output } = await project.acceptance(['--subject', file]);
    expect(output).toMatch(/^CONFIG_INVALID: /);
    for (const field of ['name', 'description', 'program', 'cacheDirectory']) expect(output).toContain(`  ${field}: `);
    expect(status).toBe(2);
  });
});

describe('never green by accident', () => {
  it.each([
    ['a tag that nothing has', ['--tags', '@nothing']],
    ['a name that nothing has', ['--name', 'nothing is called so']],
  ])('%s', async (_what, args) => {
    const { status, output } = await project.acceptance(args);
    expect(output).toContain('NOTHING_SELECTED: ');
    expect(status).toBe(2);
    expect(project.leftSessions()).toEqual([]);
  });

  describe('steps that can not be done', () => {
    const wrong = [
      ['an undefined step', 'Given nobody has written this step', 'STEP_UNDEFINED'],
      ['a missing key', 'Given a valid image signature of "image" image signed by the "missing" key', 'STEP_OUT_OF_ORDER'],
      ['a missing example', 'Given a git repository named "policy" with\n      | main.rego | examples/missing.rego |', 'EXAMPLE_MISSING'],
      ['a document that is none', 'Given policy configuration named "policy" with specification\n      """\n      { "sources": [\n      """', 'DOCUMENT_MALFORMED'],
      ['an unknown variable', 'When ec command is run with "${NOBODY}"', 'VARIABLE_UNKNOWN'],
      ['an expectation before any run', 'Then the exit status should be 0', 'STEP_OUT_OF_ORDER'],
    ] as const;
    let ended: Ended;

    beforeAll(async () => {
      const scenarios = wrong.map(([name, step]) => `\n  Scenario: ${name}\n    ${step}\n`);
      const file = await project.write('features-wrong/wrong.feature', `Feature: wrong\n${scenarios.join('')}`);
      ended = await project.acceptance([file]);
    });

    it('in the end', () => {
      expect(ended.lastLine).toContain(`${wrong.length} scenarios: ✔ 0 held, ! ${wrong.length} harness failed`);
      expect(ended.status).toBe(4);
      expect(project.leftSessions()).toEqual([]);
    });

    it.each(wrong)('%s', (name, step, code) => {
      const told = toldOf(name, ended);
      expect(told).toContain(`     ${code}: `);
      const line = project.read('features-wrong/wrong.feature').split('\n').indexOf(`    ${step.split('\n')[0] ?? ''}`) + 1;
      expect(told).toContain(`wrong.feature:${line}`);
    });
  });

  it('replaces an unknown variable by nothing where that is wanted', async () => {
    await project.script('#!/bin/sh\n[ "$1" = "" ]\n');
    const file = await project.write('features-wrong/empty.feature', plainFeature.replace('hello', '${NOBODY}'));
    const { status } = await project.acceptance([file, '--unknown-variables', 'empty']);
    expect(status).toBe(0);
  });

  it('a scenario without steps', async () => {
    const file = await project.write('features-wrong/empty.feature', 'Feature: empty\n\n  Scenario: one\n    Whenever this is a description\n');
    const { status, output } = await project.acceptance([file]);
    expect(output).toContain('SCENARIO_EMPTY: ');
    expect(status).toBe(4);
  });

  it('a feature that does not parse', async () => {
    const file = await project.write('features-wrong/broken.feature', 'Feature: broken\n\n  Scenario: one\n    Given this\n    Whenever that\n');
    const { status, output } = await project.acceptance([file]);
    expect(output).toMatch(/Parse error in ".*broken\.feature".*\(5:5\)/);
    expect(status).toBe(4);
  });
});
