// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plainFeature, projectRoot, TestProject, type Ended } from './test-project.ts';

// The project's own features, unmodified.

const documents = join(projectRoot, 'features', 'documents.feature');
const oneProcess = join(projectRoot, 'features', 'shared-cache-one-process.feature');
let project: TestProject;

beforeAll(async () => {
  project = await TestProject.open();
});

afterAll(async () => await project.close());

async function run(feature: string, scenario: string, ...flags: readonly string[]): Promise<Ended> {
  return await project.start(['acceptance', feature, '--runs', join(project.folder, 'runs'), '--name', `^${scenario}`, ...flags]).ended;
}

it('finds a bug that needs company, in a scenario that has none, and says what to type to see it again', async () => {
  const { status, output, lastLine } = await run(documents, 'an image becomes an operator bundle', '--amplify', '4', '--planted-bug', 'in-place-write');
  expect(output).toMatch(/^ {3}step {7}When ec command is run with/m);
  expect(output).toMatch(/VERDICT_BROKEN: 4 at once, schedule (together|leader-follower\/middle\/1): outcomes-agree: validator-\d differs from the serial run without cache:/);
  expect(output).not.toContain('exit status 143');
  expect(output).toMatch(/^ {3}again {6}npm run acceptance -- .*--amplify 4 --planted-bug in-place-write features\/documents\.feature:14$/m);
  expect(lastLine).toMatch(/^1 scenario: ✔ 0 held, ✘ 1 broken .*1 command 4 times at once \(1 at layers, 0 at their first request\)/);
  expect(status).toBe(1);
  expect(project.leftSessions()).toEqual([]);
});

it('does not find it where the command runs once', async () => {
  const { status, lastLine } = await run(documents, 'an image becomes an operator bundle', '--planted-bug', 'in-place-write');
  expect(lastLine).toMatch(/^1 scenario: ✔ 1 held {2}[\d.]+ m?s · seed/);
  expect(status).toBe(0);
});

it('holds on the safe cache, steps and snapshots as ever: what later commands find in the cache is what one run leaves', async () => {
  const { status, output, lastLine } = await run(oneProcess, 'warm cache, every image was validated before', '--amplify', '3', '--ci');
  expect(output).toContain('✔ warm cache, every image was validated before');
  expect(lastLine).toMatch(/^1 scenario: ✔ 1 held .*2 commands 3 times at once \(2 at layers, 0 at their first request\) · seed/);
  expect(status).toBe(0);
});

describe('what could not be amplified', () => {
  it('is counted, with the reason', async () => {
    const { status, lastLine } = await run(documents, '(what the reference can not do|components in a file)', '--amplify', '2');
    expect(lastLine).toMatch(/^2 scenarios: ✔ 2 held .*1 command 2 times at once \(0 at layers, 1 at their first request\), 1 could not be \(asks the registry for no image\)/);
    expect(status).toBe(0);
  });

  it('is no success where it is all that there was', async () => {
    await project.script('#!/bin/sh\necho "{}"\n');
    await project.feature(plainFeature);
    const { status, lastLine } = await project.acceptance(['--amplify', '2']);
    expect(lastLine).toMatch(/^1 scenario: ✔ 1 held .*0 commands 2 times at once, 1 could not be \(asks the registry for no image\)/);
    expect(status).toBe(3);
  });
});

it.each([
  [['--amplify', '0']], [['--amplify', '1']], [['--amplify', 'many']], [['--amplify', '2.5']], [['--amplify', '65']],
  [['--amplify', '2', '--update-snapshots']], [['--planted-bug', 'in-place-write', '--update-snapshots']],
])('refuses %j before anything starts', async (flags) => {
  const { status, output } = await run(documents, '.*', ...flags);
  expect(output).toMatch(/^CONFIG_INVALID: /);
  expect(status).toBe(2);
  expect(project.leftSessions()).toEqual([]);
});
