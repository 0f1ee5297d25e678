// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { groupSizeOf, signalGroup } from '../foundation/process-table.ts';
import { TestProject, type Ended, type RunningCommand } from './test-project.ts';

let project: TestProject;

beforeEach(async () => {
  project = await TestProject.open();
});

afterEach(async () => await project.close());

function start(...args: readonly string[]): RunningCommand {
  return project.start(['stress', '--store', join(project.folder, 'runs'), ...args]);
}

async function stress(...args: readonly string[]): Promise<Ended> {
  return await start(...args).ended;
}

/** Files of runs that failed, or are under way. */
function kept(): readonly string[] {
  const [run = ''] = readdirSync(join(project.folder, 'runs')).filter((name) => name !== 'latest');
  return readdirSync(join(project.folder, 'runs', run)).sort().map((name) => join(project.folder, 'runs', run, name));
}

/** Numbers of processes that a script has written down, one a file. */
function pids(): readonly number[] {
  return readdirSync(project.folder).filter((name) => name.startsWith('pid-')).map((name) => Number(project.read(name)));
}

const noting = 'echo $$ > "$0/pid-$STAMPEDE_RUN.new"; mv "$0/pid-$STAMPEDE_RUN.new" "$0/pid-$STAMPEDE_RUN"';

describe('stress', () => {
  it('says how often a command fails, and keeps what each failure says in a file of its own', async () => {
    const { status, output, lastLine } = await stress('--runs', '20', '--jobs', '4', '--', 'sh', '-c', 'echo run $STAMPEDE_RUN; test $((STAMPEDE_RUN % 10)) != 0');
    expect([status, lastLine]).toEqual([1, expect.stringMatching(/^20 runs, 2 failed: 10\.0 % \(2\.8 % to 30\.1 %, with 95 % confidence\); /)]);
    expect(output).toMatch(/ {2}2 × status 1, such as run 10 after /);
    expect(kept().map((file) => readFileSync(file, 'utf8'))).toEqual(['run 10\n', 'run 20\n']);
  });

  it('says what is still possible when none failed', async () => {
    const { status, lastLine } = await stress('--runs', '30', '--', 'true');
    expect([status, lastLine]).toEqual([0, expect.stringMatching(/^30 runs, 0 failed: the rate is below 9\.5 %, with 95 % confidence; /)]);
    expect(kept()).toEqual([]);
  });

  it('tells ways to fail apart, and ends what hangs with all that it has started', async () => {
    const script = `case $STAMPEDE_RUN in 1) ${noting}; sleep 1000 & wait;; 2) kill -9 $$;; *) exit 0;; esac`;
    const { status, output } = await stress('--runs', '3', '--deadline', '700ms', '--', 'sh', '-c', script, project.folder);
    expect([status, output]).toEqual([1, expect.stringMatching(/1 × ended by SIGKILL, such as run 2/)]);
    expect(output).toMatch(/1 × hangs, such as run 1/);
    await expect.poll(() => pids().map(groupSizeOf)).toEqual([0]);
  });

  it('leaves what hangs as it is where that is wanted, and says how to end it', async () => {
    const { output } = await stress('--runs', '2', '--deadline', '500ms', '--keep-hung', '--', 'sh', '-c', 'test $STAMPEDE_RUN = 2 || exec sleep 1000');
    const pid = Number(/run 1 still hangs: process (\d+); kill -KILL -- -\1 ends it/.exec(output)?.[1]);
    expect(groupSizeOf(pid)).toBe(1);
    signalGroup(pid, 'SIGKILL');
  });

  it('begins none when so many have failed, or the time is over', async () => {
    expect((await stress('--failures', '2', '--jobs', '1', '--', 'false')).lastLine).toMatch(/^2 runs, 2 failed: /);
    expect((await stress('--budget', '300ms', '--jobs', '1', '--', 'sleep', '0.1')).lastLine).toMatch(/^[1-4] runs?, 0 failed: /);
  });
});

describe('stress that is ended', () => {
  it.each([['SIGINT', 130], ['SIGTERM', 143]] as const)('by %s leaves no process and no folder of its session', async (signal, status) => {
    const running = start('--jobs', '3', '--', 'sh', '-c', `${noting}; sleep 1000 & wait`, project.folder);
    await expect.poll(() => pids().length, { timeout: 10_000 }).toBe(3);
    running.child.kill(signal);
    expect((await running.ended).status).toBe(status);
    await expect.poll(() => pids().map(groupSizeOf)).toEqual([0, 0, 0]);
    expect([project.leftSessions(), kept()]).toEqual([[], []]);
  });

  it('by SIGKILL leaves what the next start ends', async () => {
    const running = start('--jobs', '2', '--', 'sh', '-c', `${noting}; exec sleep 1000`, project.folder);
    await expect.poll(() => pids().length, { timeout: 10_000 }).toBe(2);
    running.child.kill('SIGKILL');
    await running.ended;
    expect((await stress('--runs', '1', '--', 'true')).output).toMatch(/cleaned up after an earlier run that was killed: session-/);
    await expect.poll(() => pids().map(groupSizeOf)).toEqual([0, 0]);
  });

  it('by SIGKILL so soon that it has noted none of what it started leaves what the next start ends', async () => {
    const running = start('--jobs', '2', '--', 'sh', '-c', `${noting}; exec sleep 1000`, project.folder);
    await expect.poll(() => pids().length, { timeout: 10_000 }).toBe(2);
    running.child.kill('SIGKILL');
    await running.ended;
    for (const name of readdirSync(project.temporary, { recursive: true, encoding: 'utf8' })) if (basename(name) === 'processes.ndjson') rmSync(join(project.temporary, name));
    await stress('--runs', '1', '--', 'true');
    await expect.poll(() => pids().map(groupSizeOf)).toEqual([0, 0]);
  });
});

describe('stress refuses', () => {
  it.each([
    [[], 'no command is given'],
    [['--runs', '5'], 'no command is given'],
    [['--runs', '0', '--', 'true'], '--runs 0 is not a count from 1'],
    [['--jobs', 'many', '--', 'true'], '--jobs many is not a count from 1'],
    [['--budget', 'soon', '--', 'true'], '--budget soon is no time'],
    [['--deadline', '5', '--', 'true'], '--deadline 5 is no time'],
    [['--keep-hung', '--', 'true'], '--keep-hung needs to know what hangs'],
    [['true'], 'CONFIG_INVALID'],
    [['--', 'no-such-program-anywhere'], 'there is no program "no-such-program-anywhere" on the PATH'],
    [['--', './no/such/file'], 'VALIDATOR_MISSING'],
    [['--', '/etc/hostname'], 'VALIDATOR_NOT_EXECUTABLE'],
  ])('%j', async (args, problem) => {
    const { status, output } = await stress(...args);
    expect(status).toBe(2);
    expect(output).toContain(problem);
    expect(project.exists('runs')).toBe(false);
  });
});
