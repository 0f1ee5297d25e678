// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { toolOrSkip } from '../foundation/tools.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const crane = toolOrSkip('crane');
const runs = mkdtempSync(join(tmpdir(), 'explore-test-'));

afterAll(() => rmSync(runs, { recursive: true }));

interface Said {
  readonly status: number | null;
  readonly text: string;
  readonly last: string;
  readonly errors: string;
}

function explore(...args: readonly string[]): Said {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['bin/stampede.mjs', 'explore', '--store', runs, ...args], { cwd: root, encoding: 'utf8' });
  return { status, text: stdout, last: stdout.trimEnd().split('\n').at(-1) ?? '', errors: stderr };
}

describe('explore', () => {
  it('finds nothing in the safe cache', () => {
    const { status, last } = explore('--schedule', 'together', '--schedule', 'leader-follower/headers', '--schedule', 'leader-killed/middle', '--schedule', 'leader-fails/reset/middle', '--schedule', 'two-writers/ahead/1');
    expect(last).toMatch(/^8 of 8 schedules: 8 held, 0 broken, 0 unknown/);
    expect(status).toBe(0);
  });

  it.each([
    ['in-place-write', 'leader-follower/middle/1', 'outcomes-agree'],
    ['stale-lock-file', 'leader-killed/middle/1', 'ended'],
  ])('forces %s by %s, and %s says so', (bug, schedule, checker) => {
    const { status, text, last } = explore('--planted-bug', bug, '--replay', schedule, '--deadline', '4000');
    expect(text).toContain(`✘ broken   ${schedule}`);
    expect(text).toMatch(new RegExp(`^     ${checker} `, 'm'));
    expect(text).toContain(`npm run explore -- --planted-bug ${bug} --replay ${schedule}`);
    const picture = /^ {3}picture {4}(.*)$/m.exec(text)?.[1] ?? '';
    expect(readFileSync(picture, 'utf8')).toContain(`<code>npm run explore -- --planted-bug ${bug} --replay ${schedule}</code>`);
    // After one that hung there is no other run to wait for.
    expect(existsSync(join(dirname(picture), 'calm'))).toBe(checker !== 'ended');
    expect(last).toMatch(/^1 of 1 schedules: 0 held, 1 broken/);
    expect(status).toBe(1);
  });

  it.skipIf(crane === undefined)('finds that crane makes another archive, with status 0, when another crane is half-way, each time', () => {
    const { status, text, last } = explore('--subject', 'crane', '--binary', crane ?? '', '--replay', 'leader-follower/middle/1', '--times', '3');
    expect(text).toMatch(/differs from the serial run.*\n.*\n.*\n\s*\n {9}exit status 0\n\s*\n {7}- output file sha256:\w{64}\n {7}\+ output file sha256:\w{64}/);
    expect(last).toMatch(/^3 of 3 schedules: 0 held, 3 broken/);
    expect(status).toBe(1);
  });

  it.skipIf(crane === undefined)('finds nothing in a crane that has no cache', () => {
    const schedules = ['together', 'leader-follower/middle', 'leader-killed/middle', 'leader-fails/short-body', 'two-writers'].flatMap((name) => ['--schedule', name]);
    const { status, last } = explore('--subject', 'crane', '--binary', crane ?? '', '--without-cache', ...schedules);
    expect(last).toMatch(/^(\d+) of \1 schedules: \1 held, 0 broken, 0 unknown/);
    expect(status).toBe(0);
  });

  it.each(['damaged', 'unusual'])('has no %s where there is no cache', (name) => {
    expect(explore('--without-cache', '--schedule', name)).toMatchObject({ status: 2, errors: expect.stringContaining('nobody uses one') as string });
  });

  it.skipIf(crane === undefined)('has no components to meet in a program that takes one image', () => {
    expect(explore('--subject', 'crane', '--binary', crane ?? '', '--schedule', 'components')).toMatchObject({ status: 2, errors: expect.stringContaining('NOTHING_SELECTED') as string });
  });

  it('stops at the first that is not held, when asked to', () => {
    const { text, last } = explore('--planted-bug', 'flight-per-instance', '--stop');
    expect(text).toMatch(/^it waits 3\.0 s and more for an answer and 3\.0 s and more for the rest of a layer$/m);
    expect(text).toContain('\n   replayed   broken in 3 of 3 replays\n');
    expect(last).toMatch(/^1 of \d+ schedules: 0 held, 1 broken/);
  });

  it('tells unknown from held: a schedule that could not be forced', () => {
    const { status, text } = explore('--schedule', 'leader-stalls/middle/1', '--gate-timeout', '300');
    expect(text).toContain('? unknown');
    expect(status).toBe(3);
  });

  it('leaves a folder with plan and history of each run', async () => {
    expect(explore('--schedule', 'together').status).toBe(0);
    const files = await readdir(join(runs, 'latest'), { recursive: true });
    for (const name of ['scheduled/plan.json', 'scheduled/history.ndjson', 'calm/history.ndjson']) {
      expect(files.some((file) => file.endsWith(`00001-together/${name}`))).toBe(true);
    }
  });

  it('starts the others only when the leader stands at what is of no layer: they read that before they ask for anything', async () => {
    const { status, text } = explore('--schedule', 'leader-follower/create-1-folder/1');
    expect(status, text).toBe(0);
    const files = await readdir(join(runs, 'latest'), { recursive: true });
    const history = files.find((file) => file.endsWith('scheduled/history.ndjson')) ?? '';
    const events = readFileSync(join(runs, 'latest', history), 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line) as { kind: string; participant?: string; gate?: string });
    const stands = events.findIndex(({ kind, gate }) => kind === 'gate-arrived' && gate === 'leader');
    const follows = events.findIndex(({ kind, participant }) => kind === 'validator-started' && participant === 'validator-2');
    expect(stands).toBeGreaterThan(0);
    expect(follows).toBeGreaterThan(stands);
  });

  it.each([[['--schedule', 'sideways']], [['--participants', '1']], [['--times', '0']], [['--unheard-of']], [['--planted-bug', 'none', '--list']], [['--planted-bug', 'in-place-write', '--list', '--schedule', 'x']]])('refuses %j before anything starts', (args) => {
    const { status, errors, text } = explore(...args);
    expect([status, text]).toEqual([2, '']);
    expect(errors).toContain('CONFIG_INVALID');
  });
});
