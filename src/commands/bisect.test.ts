// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { groupSizeOf } from '../foundation/process-table.ts';
import { buildReference } from '../reference-build.ts';
import { projectRoot, TestProject, type Ended, type RunningCommand } from './test-project.ts';

let project: TestProject;
let report: string;

/** Real programs: the test build of the reference validator, with and without a bug; and one that does not start. */
beforeAll(async () => {
  project = await TestProject.open();
  const validator = await buildReference({ outFile: join(project.folder, 'validator-test.cjs'), variant: 'test' });
  const write = async (name: string, line: string): Promise<void> => {
    await project.write(`builds/${name}`, `#!/bin/sh\n${line}\nexec '${process.execPath}' '${validator}' "$@"\n`);
    await project.makeExecutable(`builds/${name}`);
  };
  for (const [name, bug] of [['1', ''], ['2', ''], ['4', 'in-place-write'], ['5', 'in-place-write']]) await write(name as string, `export STAMPEDE_PLANTED_BUG=${bug ?? ''}`);
  await write('3', 'echo "no such library" >&2; exit 127');
  await project.write('builds/list', '# oldest first\none 1\ntwo 2\nthree 3\nfour 4\n\nfive 5\n');
  report = await project.write('report.json', JSON.stringify({ title: 'half a layer', plantedBug: 'no-verification', symptom: { differsFromSerial: true } }));
});

afterAll(async () => await project.close());

function start(...args: readonly string[]): RunningCommand {
  return project.start(['bisect', '--report', report, '--store', join(project.folder, 'runs'), ...args]);
}

async function bisect(...args: readonly string[]): Promise<Ended> {
  return await start(...args).ended;
}

async function listOf(name: string, text: string): Promise<string> {
  return await project.write(`builds/${name}`, text);
}

describe('bisect', () => {
  it('names the first bad build, passes by one that does not start, and says how sure it is', async () => {
    const { status, output } = await bisect('--builds', join(project.folder, 'builds', 'list'));
    expect(output).toMatch(/bad end {4}five: leader-follower\/middle\/1 of 2 processes, 5 of 5 times/);
    expect(output).toMatch(/ {2}one {2}good: not once in 6 runs\n {2}three {2}skipped: it fails even when it is alone: .*"no such library"\n/);
    expect(output).toMatch(/first bad {2}one of three, four; two is good\nsure {7}.* 1\.3 % at most\n/);
    expect(output).toMatch(/"half a layer" first shows in one of three, four, and not in two\. .* Of 5 builds 5 were tried, and nothing can be said of three \(/);
    expect([status, project.leftSessions()]).toEqual([3, []]);
  });

  it('builds what it needs, and no more', async () => {
    const build = await project.write('build', `#!/bin/sh\necho "$1" >> '${join(project.folder, 'built')}'\necho building\ntest "$1" != 3 || exit 1\necho '${join(project.folder, 'builds')}'/"$1"\n`);
    await project.makeExecutable('build');
    const { status, output } = await bisect('--build-command', `${build} {}`, '--revisions', '2..4');
    expect(output).toMatch(/ {2}3 {2}skipped: building it ended with status 1\n/);
    expect([status, project.read('built').split('\n').slice(0, -1)]).toEqual([3, ['2', '4', '2', '3']]);
  });

  it('looks at both ends first', async () => {
    expect(await bisect('--builds', await listOf('good', '1\n2\n'), '--budget', '5s')).toMatchObject({ status: 3, output: expect.stringMatching(/bad end {4}2 does not show it/) as string });
    expect(await bisect('--builds', await listOf('bad', '4\n5\n'))).toMatchObject({ status: 3, output: expect.stringMatching(/good end {3}4 shows it already/) as string });
  });
});

describe('bisect that is ended', () => {
  it('leaves no process of a build command', async () => {
    const pid = join(project.folder, 'builder');
    const build = await project.write('slow', `#!/bin/sh\necho $$ > '${pid}.new'; mv '${pid}.new' '${pid}'\nsleep 1000 & wait\n`);
    await project.makeExecutable('slow');
    const running = start('--build-command', `${build} {}`, '--revisions', '1..4');
    await expect.poll(() => existsSync(pid), { timeout: 20_000 }).toBe(true);
    running.child.kill('SIGINT');
    expect((await running.ended).status).toBe(130);
    await expect.poll(() => groupSizeOf(Number(project.read('builder')))).toBe(0);
  });

  it('leaves none of a build', async () => {
    const running = start('--builds', join(project.folder, 'builds', 'list'));
    await running.seen(/bad end/);
    running.child.kill('SIGTERM');
    expect((await running.ended).status).toBe(143);
    expect(project.leftSessions()).toEqual([]);
  });
});

describe('bisect refuses', () => {
  it.each([
    [['--builds', '/nowhere/list'], 'no list can be read from /nowhere/list'],
    [[], 'one of the two'],
    [['--builds', 'x', '--build-command', 'y {}'], 'one of the two'],
    [['--build-command', 'make {}'], 'belong together'],
    [['--build-command', 'make', '--revisions', '1..4'], 'has no {} for the revision'],
    [['--build-command', 'make {}', '--revisions', '4..1'], 'names no build'],
    [['--build-command', 'make {}', '--revisions', '1..1000000'], 'more than 10000 revisions'],
    [['--build-command', '/no/such/program {}', '--revisions', '1..2'], "can't be started"],
    [['--builds', join(projectRoot, 'package.json'), '--budget', 'soon'], 'CONFIG_INVALID'],
    [['--sideways'], 'CONFIG_INVALID'],
  ])('%j', async (args, problem) => {
    const { status, output } = await bisect(...args);
    expect(status).toBe(2);
    expect(output).toContain(problem);
  });

  it('lists of too few builds, with one twice, or with an end that is not there', async () => {
    for (const [text, problem] of [['1\n', 'names one build'], ['a 1\na 2\n', 'names "a" twice'], ['1\nmissing\n', 'missing, an end of what is to be bisected']] as const) {
      expect(await bisect('--builds', await listOf('wrong', text))).toMatchObject({ status: 2, output: expect.stringContaining(problem) as string });
    }
  });
});
