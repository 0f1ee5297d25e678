// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestProject, type Ended } from './test-project.ts';

// What the reference validator finds in a log that was told of something, or that it has nothing.

let project: TestProject;
beforeAll(async () => (project = await TestProject.open()));
afterAll(async () => await project.close());

const background = `Feature: entries

  Background:
    Given stub apiserver running
    And a key pair named "known"
    And an image named "acceptance/image"
    And a git repository named "happy-day-policy" with
      | main.rego | examples/happy_day.rego |
    And policy configuration named "happy" with specification
      """
      { "sources": [ { "policy": [ "git::https://\${GITHOST}/git/happy-day-policy.git" ] } ] }
      """
`;
const attested = 'And an attestation of "acceptance/image" signed by the "known" key that only the log knows';
const validated = 'When ec command is run with "validate image --image ${REGISTRY}/acceptance/image --policy acceptance/happy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"';

async function run(...steps: readonly string[]): Promise<Ended> {
  await project.feature(`${background}\n  Scenario: one\n${steps.map((step) => `    ${step}\n`).join('')}`);
  const inside = (name: string): string => join(project.folder, name);
  return await project.start(['acceptance', '--features', inside('features'), '--snapshots', inside('snapshots'), '--runs', inside('runs')]).ended;
}

describe('what a validator finds in the log', { timeout: 60_000 }, () => {
  const unlogged = 'Given an image signature of "acceptance/image" signed by the "known" key that was never logged';

  it('is there once a scenario says so', async () => {
    const without = await run(unlogged, attested, validated, 'Then the exit status should be 1');
    expect(without.output).toContain('✔ 1 held');
    const entries = ['And a valid Rekor entry for image signature of "acceptance/image"', 'And a valid Rekor entry for attestation of "acceptance/image"'];
    const logged = await run(unlogged, attested, ...entries, validated, 'Then the exit status should be 0');
    expect(logged.output).toContain('✔ 1 held');
  });

  it('is not there where a scenario says that it has none', async () => {
    const signed = 'Given an image signature of "acceptance/image" signed by the "known" key that only the log knows';
    expect((await run(signed, attested, validated, 'Then the exit status should be 0')).output).toContain('✔ 1 held');
    expect((await run(signed, attested, 'And Rekor has no entries for the signatures', validated, 'Then the exit status should be 1')).output).toContain('✔ 1 held');
  });

  it('has to have been signed', async () => {
    const { status, output } = await run('Given a valid Rekor entry for attestation of "acceptance/image"');
    expect(output).toContain('STEP_OUT_OF_ORDER: a log entry is about what was signed, and there is no attestation of acceptance/image');
    expect(output).toContain('write before: Given a valid attestation of "acceptance/image" signed by the "..." key');
    expect(status).toBe(4);
  });
});
