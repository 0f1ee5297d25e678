// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildReference } from '../reference-build.ts';
import { projectRoot, TestProject, type Ended } from './test-project.ts';

// The reference validator, made wrong by a script around it: each verdict must turn red for its own reason.

let project: TestProject;
let reference: string;

const command = (image: string): string =>
  `validate image --image \${REGISTRY}/acceptance/bundle-${image} --policy acceptance/ec-policy --rekor-url \${REKOR} --public-key \${known_PUBLIC_KEY} --output json`;

const background = `
  Background:
    Given a key pair named "known"
    And a git repository named "bundle-policy" with
      | main.rego | examples/bundle_files.rego |
    And policy configuration named "ec-policy" with specification
      """
      { "sources": [ { "policy": [ "git::https://\${GITHOST}/git/bundle-policy.git" ] } ] }
      """
    And 2 operator bundle images named "acceptance/bundle" that share a layer, signed and attested by the "known" key
`;

beforeAll(async () => {
  project = await TestProject.open();
  reference = await buildReference({ outFile: join(projectRoot, 'dist', 'reference', 'validator.cjs') });
  await project.write(
    'subject.ts',
    `export const subject = { name: 'wrapped', description: 'the reference, made wrong', program: { kind: 'given' },
      cacheDirectory: '\${XDG_CACHE_HOME}/ec/images', serialArguments: ['--workers', '1'], noCacheEnvironment: { EC_CACHE: 'false' } };`,
  );
});

afterAll(async () => await project.close());

/** Runs the reference and then what the script says, with the reference's exit status in `$status`. */
async function run(after: string, steps: string, flags: readonly string[] = []): Promise<Ended> {
  await project.script(`#!/bin/sh\n${process.execPath} ${reference} "$@"\nstatus=$?\n${after}\nexit $status\n`);
  await project.feature(`Feature: verdicts\n${background}\n  Scenario: one\n${steps}\n`);
  return await project.acceptance(['--examples', join(projectRoot, 'examples'), ...flags]);
}

const together = `    When 2 ec commands are run in parallel, all held at the shared layer, with "${command('${PARTICIPANT}')}"`;

describe('unknown, exit status 3', () => {
  it('when nobody reads a layer through the cache', async () => {
    const steps = `    Given the environment variable is set "EC_CACHE=false"
    When ec command is run with "${command('1')}"
    Then every layer should have been read through the cache`;
    const { status, output, lastLine } = await run('', steps);
    expect(output).toMatch(/VERDICT_UNKNOWN: layers-read: the layer sha256:\w+ is not whole in the cache afterwards/);
    expect(lastLine).toContain('? 1 unknown');
    expect(status).toBe(3);
  });

  it('when the participants never meet, though no step asks whether they did', async () => {
    const steps = `    When ec command is run with "${command('1')}"
    Then the exit status should be 0
    When 2 ec commands are run in parallel, all held at the shared layer, with "${command('1')}"
    Then every exit status should be 0`;
    const { status, output } = await run('', steps);
    expect(output).toMatch(/VERDICT_UNKNOWN: overlapped: the gate "together" opened by (abandoned|closed), with 0 of 2 there/);
    expect(status).toBe(3);
  });

  it('when components wait for each other and the gate times out', async () => {
    const json = '{"components":[{"name":"A","containerImage":"${REGISTRY}/acceptance/bundle-1"},{"name":"B","containerImage":"${REGISTRY}/acceptance/bundle-2"}]}';
    const serial = command('1').replace('--image ${REGISTRY}/acceptance/bundle-1', `--json-input ${json} --workers 1`);
    const steps = `    When ec command is run, its first layer held until all components are under way, with "${serial}"
    Then the exit status should be 0`;
    const { status, output } = await run('', steps, ['--gate-timeout', '500']);
    expect(output).toMatch(/VERDICT_UNKNOWN: overlapped: the gate "components" opened by timeout, with 1 of 2 there/);
    expect(status).toBe(3);
  });
});

describe('broken, exit status 1', () => {
  it('when half an entry is left in the cache, though no step asks', async () => {
    const halve = 'for entry in "$XDG_CACHE_HOME"/ec/images/sha256*; do [ -f "$entry" ] && truncate -s 1000 "$entry"; done';
    const { status, output } = await run(halve, `${together}\n    Then every exit status should be 0`);
    expect(output).toMatch(/VERDICT_BROKEN: cache-intact: sha256:\w+ holds only the beginning of its content/);
    expect(status).toBe(1);
  });

  it('when something is left behind', async () => {
    const { output } = await run('mkdir -p "$XDG_CACHE_HOME/ec/images" && touch "$XDG_CACHE_HOME/ec/images/tmp-$$"', together);
    expect(output).toMatch(/VERDICT_BROKEN: cache-intact: tmp-\d+ was left behind/);
  });

  it('when an outcome differs in company', async () => {
    const lie = '[ "$EC_CACHE" = false ] || { echo "{\\"success\\": true}"; status=0; }';
    const { status, output } = await run(lie, `${together}\n    Then every outcome should equal that of a run alone without cache`);
    expect(output).toContain('VERDICT_BROKEN: outcomes-agree: validator-1 differs from the serial run without cache');
    expect(status).toBe(1);
  });

  it('when a layer is fetched twice', async () => {
    reference = await buildReference({ outFile: join(projectRoot, 'dist', 'reference', 'validator-test.cjs'), variant: 'test' });
    const steps = `    Given the environment variable is set "STAMPEDE_PLANTED_BUG=flight-per-instance"\n${together}\n    Then each layer should have been fetched once`;
    const { status, output } = await run('', steps);
    expect(output).toMatch(/VERDICT_BROKEN: fetched-once: the layer sha256:\w+ was fetched 2 times/);
    expect(status).toBe(1);
    const folder = /artifacts {2}(.+)/.exec(output)?.[1] ?? '';
    expect(readFileSync(join(folder, 'run-1', 'history.ndjson'), 'utf8')).toContain('"reason":"condition"');
    const picture = readFileSync(/picture {4}(.+)/.exec(output)?.[1] ?? '', 'utf8');
    expect(picture).toMatch(/<h1><b>✘ broken<\/b> the layer A was fetched 2 times<\/h1><p class="again">again: <code>npm run acceptance -- /);
  });
});
