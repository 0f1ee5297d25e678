// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestProject } from './test-project.ts';

let project: TestProject;
beforeAll(async () => (project = await TestProject.open()));
afterAll(async () => await project.close());
beforeEach(async () => await project.script('#!/bin/sh\nexit 0\n'));

/** Every phrase that is known and not done here, each in a scenario of its own. */
const phrases = [
  'Given a cluster running',
  'Given a working namespace',
  'Given a cluster policy with content:\n      ```\n      {}\n      ```',
  'Given a policy config with content:\n      """\n      {}\n      """',
  'Given a snapshot artifact with content:\n      """\n      {}\n      """',
  'When version 0.1 of the task named "verify" is run with parameters:\n      | STRICT | true |',
  'When version 0.1 of the task named "verify" with workspace "tests" is run with parameters:\n      | STRICT | true |',
  'When version 0.1 of the task is run with parameters:\n      | STRICT | true |',
  'When version 0.1 of the pipeline named "check" is run with parameters:\n      | STRICT | true |',
  'Given a golden container policy',
  'Given a basic policy with known public key',
  'Given a policy for SLSA provenance checking',
  'Given a namespace named "settings" exists',
  'Given a ConfigMap "one" in namespace "settings" with content:\n      """\n      {}\n      """',
  'Then the pipeline should succeed',
  'Then the pipeline should fail',
  'Then the pipeline TEST_OUTPUT should report "SUCCESS"',
  'Then the task result "KEPT" should equal ""',
  'Then the task should succeed',
  'Then the task should fail',
  'Then the task logs for step "report" should match the snapshot',
  'Then the task logs for step "report" should contain "Loaded"',
  'Then the task logs for step "report" should contain `a "b"`',
  'Then the task results should match the snapshot',
  'Then the task env var for step "validate" named "SSL_CERT_DIR" should be set to "/certs"',
  'Given a signed and attested keyless image named "acceptance/keyless"',
  'Given a initialized tuf root',
];
const plain = '  Scenario: done here\n    When ec command is run with "hello"\n    Then the exit status should be 0\n';

describe('what can not be done here', () => {
  it('is counted apart, told by reason and place, and does not fail the run', async () => {
    await project.feature(`Feature: tasks\n\n${plain}\n${phrases.map((phrase, index) => `  Scenario: ${index}\n    ${phrase}\n    Then the exit status should be 0\n`).join('\n')}`);
    const { status, output, lastLine } = await project.acceptance();
    expect(lastLine).toContain(`${phrases.length + 1} scenarios: ✔ 1 held, ~ ${phrases.length} pending`);
    expect(output).toContain(`PENDING: ${phrases.length} scenarios can't be run to the end here`);
    expect(output).toMatch(/~ it needs a whole cluster with Tekton, and .*\n +\S*one\.feature:8 {2}Given a cluster running\n/);
    expect(output).toContain('~ it needs keyless signing, ');
    expect(output).toContain('~ it needs a TUF repository with a root of trust, ');
    expect(output).not.toContain('STEP_UNDEFINED');
    expect(project.read('runs/latest/junit.xml')).toContain(`tests="${phrases.length + 1}" skipped="${phrases.length}" failures="0"`);
    expect(status).toBe(0);
  });

  it('stops no run that is to end at its first failure, and hides none', async () => {
    await project.feature(`Feature: tasks\n\n  Scenario: not here\n    Given a working namespace\n\n${plain}\n  Scenario: wrong\n    When ec command is run with "hello"\n    Then the exit status should be 1\n`);
    const { status, lastLine } = await project.acceptance(['--fail-fast']);
    expect(lastLine).toContain('3 scenarios: ✔ 1 held, ✘ 1 broken, ~ 1 pending');
    expect(status).toBe(1);
  });

  it('leaves words that nobody knows undefined', async () => {
    await project.feature('Feature: tasks\n\n  Scenario: not here\n    Given a working namespace\n    And a namespace that works\n');
    const { status, output } = await project.acceptance();
    expect(output).toContain('STEP_UNDEFINED');
    expect(status).toBe(4);
  });
});
