// SPDX-License-Identifier: Apache-2.0
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestProject } from './test-project.ts';

let project: TestProject;

beforeEach(async () => {
  project = await TestProject.open();
  await project.script('#!/bin/sh\ncat "$1"; echo made >made.txt; find . -type f | sort >&2\n');
});
afterEach(async () => await project.close());

const feature = (count = 1): string => `Feature: one
${Array.from({ length: count }, (_, number) => `
  Scenario: reads what lies beside the features ${number}
    When ec command is run with "policies/given.txt"
    Then the exit status should be 0
    And the standard output should contain
      """
      given
      """
    And the log output should contain "./made.txt"
`).join('')}`;

describe('features kept elsewhere', () => {
  it('name files from the folder that theirs is in; each scenario has a copy of it, without what is large and made anew', async () => {
    await project.write('policies/given.txt', 'given\n');
    await project.write('.git/config', 'x');
    await project.write('node_modules/a/index.js', 'x');
    await project.feature(`${feature()}    And the log output should contain "what nobody says"\n`);
    const { status, output } = await project.acceptance();
    expect([status, output]).toEqual([1, expect.stringContaining('the log lacks words')]);
    const listed = [...output.matchAll(/(?<!\.)\.\/[\w./-]+/g)].map(([path]) => path);
    expect(listed).toContain('./policies/given.txt');
    expect(listed.filter((path) => /^\.\/(?:\.git|node_modules|runs|tmp)\//.test(path))).toEqual([]);
    expect(project.exists('made.txt')).toBe(false);
  });

  it('run from anywhere: what flags name is meant from there, in workers too', async () => {
    await project.write('policies/given.txt', 'given\n');
    await project.feature(feature(3));
    const relative = ['--features', 'features', '--examples', 'examples', '--snapshots', 'snapshots', '--runs', 'runs', '--binary', './validator'];
    const { status, output } = await project.start(['acceptance', ...relative, '--subject', './subject.ts', '--parallel', '2'], {}, project.folder).ended;
    expect([status, output]).toEqual([0, expect.stringContaining('3 held')]);
    const named = await project.start(['acceptance', ...relative, '--subject', 'ec', 'features/one.feature:3'], {}, project.folder).ended;
    expect([named.status, named.output]).toEqual([0, expect.stringContaining('1 held')]);
  });

  it('start in an empty folder where the one around them is large, and it is said', async () => {
    await mkdir(join(project.folder, 'many'));
    await Promise.all(Array.from({ length: 1_001 }, async (_, number) => await writeFile(join(project.folder, 'many', String(number)), '')));
    await project.write('given.txt', 'given\n');
    await project.feature(feature());
    const { status, output } = await project.acceptance();
    expect([status, output]).toEqual([1, expect.stringContaining(`${project.folder} is not copied for each scenario: it has more than 1000 files`)]);
    expect(output).not.toContain('./many');
  });
});
