// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findTool } from '../foundation/tools.ts';
import { TestProject, type Ended } from './test-project.ts';

let project: TestProject;
let script: string;
beforeAll(async () => {
  project = await TestProject.open();
  await project.script('#!/bin/sh\nexit 0\n');
  await project.write('conftest', '#!/bin/sh\necho "policy of $2"\nmkdir -p out\necho "{\\"b\\":[1],\\"a\\":\\"$3\\"}" > out/made.json\nexit 1\n');
  script = await project.makeExecutable('conftest');
});
afterAll(async () => await project.close());

async function run(words: string, produces: string, content: string, flags: readonly string[], environment = {}): Promise<Ended> {
  const steps = ['When ec command is run with "hello"', `Then running conftest "${words}" produces "${produces}" containing:`, '  """', `  ${content}`, '  """', 'And the exit status should be 0'];
  await project.feature(`Feature: conftest\n\n  Scenario: one\n${steps.map((step) => `    ${step}\n`).join('')}`);
  return await project.acceptance(flags, environment);
}

it('what it makes is compared as a document, with variables, and its run is not that of the validator', async () => {
  const { status, output } = await run('pull oci::${REGISTRY}/policy ${REGISTRY}', 'out/made.json', '{ "a": "${REGISTRY}", "b": [1] }', ['--conftest', script]);
  expect(output).toContain('✔ 1 held');
  expect(status).toBe(0);
});

it('another document, or no file, is told with what it said', async () => {
  const other = await run('pull x 1', 'out/made.json', '{"b":[1],"a":"2"}', [], { STAMPEDE_CONFTEST: script });
  expect(other.output).toMatch(/EXPECTATION_BROKEN: out\/made\.json is not what conftest was to make/);
  expect(other.output).toMatch(/- +"a": "2"\n +\+ +"a": "1"\n/);
  expect(other.output).toContain('exit status 1\n     policy of x');
  expect(other.status).toBe(1);
  const none = await run('pull x y', 'out/other.json', '{}', ['--conftest', script]);
  expect(none.output).toMatch(/EXPECTATION_BROKEN: conftest left no file out\/other\.json, and said:\n +exit status 1\n +policy of x/);
});

it('is pending where there is none, and an error where the one that is named is none', async () => {
  const pending = await run('pull x y', 'out/made.json', '{}', [], { PATH: `${process.execPath.replace(/\/[^/]*$/, '')}:/usr/bin:/bin`, STAMPEDE_TOOLS: '' });
  expect(pending.output).toContain('~ it needs conftest, which is not on the PATH: put it there, or name it with --conftest PATH');
  expect(pending.lastLine).toContain('~ 1 pending');
  // Nothing else was run, so nothing was shown.
  expect(pending.status).toBe(3);
  const wrong = await run('pull x y', 'out/made.json', '{}', ['--conftest', `${project.folder}/nowhere`]);
  expect(wrong.output).toMatch(/TOOL_MISSING: \S+nowhere is named for conftest and can't be run/);
  expect(wrong.status).toBe(4);
});

// Where it happens to be: nothing else here needs it.
const conftest = findTool('conftest');

it.skipIf(conftest === undefined)('conftest itself leaves what it was told to', { timeout: 30_000 }, async () => {
  await project.write('cwd/policy/main.rego', 'package main\n');
  const { output } = await run('pull file::${TMPDIR}/work/policy --policy out', 'out/main.rego', 'package main', ['--conftest', conftest ?? '', '--cwd', `${project.folder}/cwd`]);
  expect(output).toContain('✔ 1 held');
});
