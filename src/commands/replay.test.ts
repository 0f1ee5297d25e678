// SPDX-License-Identifier: Apache-2.0
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestProject, type Ended } from './test-project.ts';

let project: TestProject;
let failed: string;
let held: string;

beforeAll(async () => {
  project = await TestProject.open();
  const explore = async (store: string, ...args: readonly string[]): Promise<string> => {
    await project.start(['explore', '--schedule', 'leader-follower/middle/1', '--store', join(project.folder, store), ...args]).ended;
    const found = readdirSync(join(project.folder, store), { recursive: true, encoding: 'utf8' }).find((name) => name.endsWith('00001-leader-follower-middle-1') && !name.startsWith('latest'));
    return join(project.folder, store, found ?? 'none');
  };
  failed = await explore('failed', '--planted-bug', 'in-place-write');
  held = await explore('held');
});

afterAll(async () => await project.close());

async function replay(...args: readonly string[]): Promise<Ended> {
  return await project.start(['replay', '--store', join(project.folder, 'replays'), ...args]).ended;
}

describe('replay', () => {
  it('says FAILED where it still shows', async () => {
    const { status, output } = await replay(failed, '--times', '2');
    expect([status, output]).toEqual([1, expect.stringMatching(/\nFAILED {5}2 of 2 times .*: leader-follower \| middle \| .*outcomes-agree/)]);
  });

  it('says FIXED where it was forced and does not', async () => {
    const { status, output } = await replay(failed, '--fixed', '--times', '2');
    expect([status, output]).toEqual([0, expect.stringMatching(/\nFIXED {6}forced 2 times, it does not show any more: 0 of 2 times/)]);
    expect(project.leftSessions()).toEqual([]);
  });

  it('leaves no process when it is ended', async () => {
    const running = project.start(['replay', failed, '--times', '500', '--store', join(project.folder, 'ended')]);
    await expect.poll(() => readdirSync(join(project.folder, 'ended'), { recursive: true, encoding: 'utf8' }).some((name) => name.endsWith('scheduled/history.ndjson')), { timeout: 60_000 }).toBe(true);
    running.child.kill('SIGINT');
    expect((await running.ended).status).toBe(130);
    expect(project.leftSessions()).toEqual([]);
  });

  it('refuses an attempt in which nothing failed', async () => {
    expect(await replay(held)).toMatchObject({ status: 2, output: expect.stringContaining('was held: there is no failure in it') as string });
  });

  it.each([
    [[], 'one folder or bundle is replayed at a time, not 0'],
    [['/nowhere/at/all'], '/nowhere/at/all is not there'],
    [['/etc/hostname'], 'BUNDLE_INVALID'],
    [['/etc'], 'PLAN_INVALID'],
    [['/etc', '--times', '0'], 'PLAN_INVALID'],
    [['--sideways'], 'CONFIG_INVALID'],
  ])('refuses %j', async (args, problem) => {
    const { status, output } = await replay(...args);
    expect(status).toBe(2);
    expect(output).toContain(problem);
  });
});
