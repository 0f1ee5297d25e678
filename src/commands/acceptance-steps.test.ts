// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestProject, type Ended } from './test-project.ts';

// What lies below a step is written by people: each mistake is told with the place and with what was expected.

const wrong: readonly (readonly [step: string, said: RegExp])[] = [
  ['Given a git repository named "policy" with', /needs a table below it, and there is none[^]*try: give each row of the table 2 cells: target, source/],
  ['Given an image named "image" containing a layer with:', /needs a table below it, and there is none/],
  ['Given the image "image" has labels:', /needs a table below it, and there is none[^]*2 cells: label, value/],
  ['Given a git repository named "policy" with\n      """\n      a\n      """', /needs a table below it, and there is a document/],
  ['Given a git repository named "policy" with\n      | a.rego |', /row 1 of the table has 1 cells: \| a\.rego \|/],
  ['Given a git repository named "policy" with\n      | a.rego | a | b |', /row 1 of the table has 3 cells/],
  ['Given a git repository named "policy" with\n      | a.rego | a |\n      |  |  |', /row 2 of the table has no target/],
  ['Given policy configuration named "policy" with specification', /needs a document below it, and there is none[^]*try: write the specification, JSON or YAML,/],
  ['Given an Snapshot named "snapshot" with specification\n      | a |', /needs a document below it, and there is a table/],
  ['Given a file named "file" containing', /needs a document below it, and there is none/],
  ['Then the standard output should contain', /needs a document below it, and there is none/],
  ['Then the standard error should contain', /needs a document below it, and there is none/],
  ['Then registry image "image" should contain a layer with', /needs a document below it, and there is none/],
  ['Given a tekton bundle image named "bundle" containing', /needs a table below it[^]*2 cells: kind, name/],
  ['Given a tekton bundle image named "bundle" containing\n      | Task | a |\n      | Job | b |', /row 2 of the table is refused\n\s+because: DOCUMENT_MALFORMED: "Job" is no kind/],
  ['Given a OCI policy bundle named "bundle" with', /needs a table below it[^]*2 cells: target, source/],
  ['Given a valid attestation of "image" signed by the "known" key, patched with', /needs a table below it[^]*one cell: JSON Patch/],
  ['Given a valid slsa v1 attestation of "image" signed by the "known" key, patched with\n      | [] |\n      | {} |', /row 2 of the table is refused\n\s+because: DOCUMENT_MALFORMED: not a JSON Patch: \{\}/],
];

let project: TestProject;
let ended: Ended;

beforeAll(async () => {
  project = await TestProject.open();
  await project.script('#!/bin/sh\n');
  const scenarios = wrong.map(([step], index) => `  Scenario: number ${index}\n    ${step}\n`);
  await project.feature(`Feature: wrong\n\n${scenarios.join('\n')}`);
  ended = await project.acceptance();
});

afterAll(async () => await project.close());

/** What is said of one scenario. */
function saidOf(index: number): string {
  const [, said = ''] = ended.output.split(`wrong > number ${index} `);
  return said.split('\n\n   artifacts ')[0] ?? '';
}

it.each(wrong.map(([step, said], index) => ({ step, said, index })))('$step', ({ said, index }) => {
  expect(saidOf(index)).toMatch(/ DOCUMENT_MALFORMED: /);
  expect(saidOf(index)).toMatch(said);
  expect(saidOf(index)).toMatch(/one\.feature:\d+ {2}\(steps\/\w+\.steps\.ts:\d+\)/);
});

it('all are mistakes of the feature, and nothing else is said', () => {
  expect(ended.lastLine).toContain(`! ${wrong.length} harness failed`);
  expect(ended.output).not.toMatch(/TypeError|callback|Unhandled/i);
  expect(ended.status).toBe(4);
});
