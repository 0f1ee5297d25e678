// SPDX-License-Identifier: Apache-2.0
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nameForShards } from '../explore/random-schedule.ts';
import { TestProject } from './test-project.ts';

const feature = `Feature: three

  Scenario: one
    When ec command is run with "1"
    Then the exit status should be 0

  Scenario: two
    When ec command is run with "2"
    Then the exit status should be 0

  Scenario: three
    When ec command is run with "3"
    Then the exit status should be 0
`;

let project: TestProject;
beforeAll(async () => {
  project = await TestProject.open();
  await project.feature(feature);
  await project.script('#!/bin/sh\nexit 0\n');
});
afterAll(async () => await project.close());

const run = async (command: string, ...args: readonly string[]) => await project.start([command, ...args]).ended;
const runs = (): readonly string[] => ['--store', join(project.folder, 'runs')];

describe.each([['acceptance'], ['explore'], ['matrix']])('%s', (command) => {
  it.each([['--shard', '0/4'], ['--shard', '5/4'], ['--shard', '1'], ['--budget', '20'], ['--budget', '-1m'], ['--budget', 'soon']])('refuses %s %s with one error before anything starts', async (flag, value) => {
    const { status, output } = await run(command, `${flag}=${value}`);
    expect(output).toMatch(new RegExp(`^CONFIG_INVALID: ${flag} ${value} is no.*\n  try: such as .*\n$`));
    expect(status).toBe(2);
  });
});

it('explore of chance in shards needs a seed that all machines have', async () => {
  const { status, output } = await run('explore', '--runs', '4', '--shard', '1/2');
  expect(output).toMatch(/^CONFIG_INVALID: --shard of random schedules needs a seed/);
  expect(status).toBe(2);
});

describe('what shards list', { timeout: 120_000 }, () => {
  const listed = async (...args: readonly string[]): Promise<readonly string[]> => {
    const { output, status } = await run('explore', ...runs(), ...args, '--list');
    expect(status).toBe(0);
    return output.split('\n').filter((line) => line.includes('/') && !line.includes(' '));
  };

  // Which file calls there are differs between calm runs of a busy machine; places in a body do not.
  const bodies = ['headers', 'middle', 'byte-1', 'byte-2', 'byte-3', 'byte-4'].flatMap((place) => ['--schedule', `leader-follower/${place}`]);

  it.each([['enumerated', [...bodies, '--schedule', 'components', '--schedule', 'damaged', '--schedule', 'leader-fails/reset/middle']], ['of chance', ['--runs', '40', '--seed', '7']]])('is the whole, and nothing twice: %s', async (_what, args) => {
    const whole = await listed(...args);
    const seedsOf = (names: readonly string[]): readonly string[] => names.map((name) => nameForShards(name)).sort();
    const parts = [...(await listed(...args, '--shard', '1/3')), ...(await listed(...args, '--shard', '2/3')), ...(await listed(...args, '--shard', '3/3'))];
    expect(whole.length).toBeGreaterThan(10);
    // Calm runs of each see some steps more or less, which are in the names of schedules of chance.
    expect(seedsOf(parts)).toEqual(seedsOf(whole));
  });
});

describe('time that is used up', { timeout: 120_000 }, () => {
  it('explore has not looked at what it did not begin: unknown, and says what', async () => {
    const { status, output, lastLine } = await run('explore', ...runs(), '--schedule', 'together', '--schedule', 'leader-follower/middle', '--budget', '1ms');
    expect(output).toContain('\n--budget 1ms is used up, not begun: 1 together, 2 leader-follower\n');
    expect(lastLine).toMatch(/^0 of 3 schedules: 0 held/);
    expect(status).toBe(3);
  });

  it('explore tries each schedule once before any again, and what was broken stays broken', async () => {
    const { status, output } = await run('explore', ...runs(), '--planted-bug', 'in-place-write', '--replay', 'leader-follower/middle/1', '--replay', 'leader-follower/middle/2', '--times', '2000', '--budget', '20s');
    expect(output).toMatch(/--budget 20s is used up, not begun: \d+ leader-follower/);
    expect([...output.matchAll(/broken {3}leader-follower\/middle\/(\d)/g)].slice(0, 3).map(([, leader]) => leader)).toEqual(['1', '2', '1']);
    expect(status).toBe(1);
  });

  it('explore of chance is judged by those that there was time for: none is unknown, some are not', async () => {
    const none = await run('explore', ...runs(), '--runs', '5', '--budget', '1ms');
    expect(none.status).toBe(3);
    const some = await run('explore', ...runs(), '--runs', '5000', '--budget', '20s', '--seed', '7');
    expect(some.output).toMatch(/is missed by \d+ such schedules.*\n[1-9]\d* of 5000 schedules: /);
    expect(some.output).toMatch(/--budget 20s is used up, not begun: \d+ random/);
    expect(some.status, some.output).toBe(/ 0 unknown/.test(some.lastLine) ? 0 : 3);
  });

  it('matrix names bugs and schedules that it did not begin', async () => {
    const { status, output } = await run('matrix', ...runs(), '--bug', 'in-place-write', '--bug', 'stale-lock-file', '--budget', '1ms', '--shard', '1/1');
    expect(output).toMatch(/\n--budget 1ms is used up, not begun: in-place-write, stale-lock-file, (\d+) of \1 schedules of the safe cache\n/);
    expect(output).toContain('0 planted bugs, 0 caught');
    expect(status).toBe(3);
  });

  it.each([['--naive', 0], ['--discover', 3]] as const)('matrix %s claims a verdict or does not: status %i', async (flag, expected) => {
    const { status, output } = await run('matrix', ...runs(), '--bug', 'in-place-write', flag, '2', '--budget', '1ms');
    expect(output).toContain('--budget 1ms is used up, not begun: in-place-write');
    expect(status).toBe(expected);
  });

  it('acceptance skips what it did not begin, names it, and is unknown', async () => {
    await project.script('#!/bin/sh\n[ "$1" != 1 ] || sleep 12\n');
    const { status, output, lastLine } = await project.acceptance(['--budget', '12s']);
    expect(output).toMatch(/--budget 12s is used up, not begun: 2 of 3 scenarios\n {2}\S*one\.feature:7 {2}two\n {2}\S*one\.feature:11 {2}three\n {2}to run them: npm run acceptance -- @\S*left-out\.txt\n/);
    expect(lastLine).toContain('3 scenarios: ✔ 1 held, - 2 skipped');
    expect(status).toBe(3);
    const folder = realpathSync(join(project.folder, 'runs/latest'));
    expect((await project.start(['acceptance', ...project.flags(), `@${join(folder, 'left-out.txt')}`]).ended).output).toContain('2 scenarios: ✔ 2 held');
  });

  it('acceptance on several workers, too, which know the same end; what is broken is broken', async () => {
    await project.script('#!/bin/sh\n[ "$1" != 3 ] || exit 1\nsleep 12\n');
    const { status, output } = await project.acceptance(['--budget', '12s', '--parallel', '1', '--order', 'random:1']);
    expect(output).toContain('is used up, not begun');
    expect(status).toBe(output.includes('broken') ? 1 : 3);
  });
});

it('acceptance in a shard to which nothing falls holds, and says so', { timeout: 120_000 }, async () => {
  await project.script('#!/bin/sh\nexit 0\n');
  const { status, lastLine } = await project.acceptance(['--shard', '4/4']);
  expect(lastLine).toContain('none of 3 scenarios falls to shard 4/4: the others run them');
  expect(status).toBe(0);
  const empty = await project.acceptance([`@${await project.write('none.txt', '\n')}`]);
  expect([empty.status, empty.output.includes('none.txt lists no scenario')]).toEqual([2, true]);
  const none = await project.acceptance(['--shard', '4/4', '--tags', '@nothing']);
  expect([none.status, none.output.includes('NOTHING_SELECTED')]).toEqual([2, true]);
});
