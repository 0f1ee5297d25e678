// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestProject } from './test-project.ts';

let project: TestProject;
beforeAll(async () => {
  project = await TestProject.open();
  await project.script('#!/bin/sh\nprintf "%s\\n" "$@"\n');
  await project.write('lax.ts', `export const subject = { name: 'lax', description: 'a script', program: { kind: 'given' }, cacheDirectory: '\${HOME}/cache', unknownVariables: 'empty' };\n`);
});
afterAll(async () => await project.close());

it('what becomes of unknown variables is said by the subject, unless a flag says more', async () => {
  await project.feature(`Feature: one\n\n  Scenario: runs\n    When ec command is run with "a\${NOBODY}b"\n    Then the standard output should contain\n      """\n      ab\n      """\n`);
  const strict = await project.acceptance();
  expect(strict.output).toContain('VARIABLE_UNKNOWN: nothing is known by the name ${NOBODY}');
  const lax = ['--subject', `${project.folder}/lax.ts`];
  expect((await project.acceptance(lax)).status).toBe(0);
  expect((await project.acceptance([...lax, '--unknown-variables', 'error'])).output).toContain('VARIABLE_UNKNOWN');
  expect((await project.acceptance(['--unknown-variables', 'empty'])).status).toBe(0);
});
