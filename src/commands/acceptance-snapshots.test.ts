// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestProject } from './test-project.ts';

const feature = `Feature: one

  Scenario: first
    When ec command is run with "first"
    Then the output should match the snapshot

  Scenario: second
    When ec command is run with "second"
    Then the output should match the snapshot
`;

let project: TestProject;
const snapshots = (): string => project.read('snapshots/one.snap');

beforeAll(async () => {
  project = await TestProject.open();
  await project.feature(feature);
  await project.script('#!/bin/sh\necho "output of $1"\n');
});

afterAll(async () => await project.close());

describe('snapshots, one run after the other', () => {
  it('are not written where a missing one is a failure', async () => {
    const { status, output } = await project.acceptance(['--ci']);
    expect(output).toContain('SNAPSHOT_MISSING: ');
    expect(status).toBe(1);
    expect(project.exists('snapshots/one.snap')).toBe(false);
  });

  it('are written by the first run, alike by two workers', async () => {
    const { status, output } = await project.acceptance(['--parallel', '2']);
    expect(output).toContain('snapshots one.snap: 4 written');
    expect(status).toBe(0);
    expect(snapshots()).toContain('output of first');
    expect(snapshots()).toContain('output of second');
  });

  it('match in the next one, which writes nothing', async () => {
    const before = snapshots();
    const { status, output } = await project.acceptance(['--ci']);
    expect(output).not.toContain('snapshots one.snap');
    expect(status).toBe(0);
    expect(snapshots()).toBe(before);
  });

  it('fail with a readable difference, and stay as they are', async () => {
    const before = snapshots();
    await project.script('#!/bin/sh\necho "another output of $1"\n');
    const { status, output, lastLine } = await project.acceptance();
    expect(output).toContain('SNAPSHOT_MISMATCH: stdout differs from its snapshot');
    expect(output).toMatch(/- output of first\n\s*\+ another output of first/);
    expect(lastLine).toContain('2 scenarios: ✔ 0 held, ✘ 2 broken');
    expect(status).toBe(1);
    expect(snapshots()).toBe(before);
  });

  it('are updated for what ran, and for nothing else', async () => {
    const { status } = await project.acceptance(['--name', 'first', '--update-snapshots']);
    expect(status).toBe(0);
    expect(snapshots()).toContain('another output of first');
    expect(snapshots()).toContain('\noutput of second');
  });

  it('that nobody asks for any more are told, then removed on update', async () => {
    await project.script('#!/bin/sh\necho "output of $1"\n');
    await project.feature(feature.slice(0, feature.indexOf('  Scenario: second')));
    await project.acceptance(['--update-snapshots', '--name', 'nothing']);
    expect(snapshots()).toContain('output of second');
    await project.script('#!/bin/sh\necho "another output of $1"\n');
    const told = await project.acceptance();
    expect(told.output).toContain('obsolete in one.snap');
    expect(told.output).toContain('second: stdout 1');
    expect(snapshots()).toContain('output of second');
    await project.acceptance(['--update-snapshots']);
    expect(snapshots()).not.toContain('second');
  });

  it('in a file with conflict markers are neither used nor overwritten', async () => {
    const conflict = `${snapshots()}\n<<<<<<< ours\n`;
    await project.write('snapshots/one.snap', conflict);
    const { status, output } = await project.acceptance(['--update-snapshots']);
    expect(output).toContain('SNAPSHOT_FILE_CORRUPT: ');
    expect(status).toBe(4);
    expect(snapshots()).toBe(conflict);
  });
});
