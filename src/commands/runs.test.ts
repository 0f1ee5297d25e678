// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tornRead } from '../report/timeline/test-runs.ts';
import { projectRoot } from './test-project.ts';

const torn = tornRead();
const [early, late] = ['2026-11-26T10-00-00-seed-1', '2026-11-27T10-00-00-seed-2'];
let store: string;

beforeEach(() => {
  store = mkdtempSync(join(tmpdir(), 'runs-test-'));
});

afterEach(() => rmSync(store, { recursive: true }));

/** A stored attempt: the runs in it, and what came of it. */
function attempt(run: string, name: string, verdict: string): void {
  const folder = join(store, run, 's-1', name);
  for (const part of ['scheduled', 'calm']) {
    mkdirSync(join(folder, part), { recursive: true });
    writeFileSync(join(folder, part, 'history.ndjson'), torn.history.map((event) => `${JSON.stringify(event)}\n`).join(''));
    writeFileSync(join(folder, part, 'plan.json'), JSON.stringify(torn.plan));
    writeFileSync(join(folder, part, 'verdicts.json'), JSON.stringify(torn.verdicts));
  }
  if (verdict !== '') writeFileSync(join(folder, 'verdict.json'), verdict);
}

function runs(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['bin/stampede.mjs', 'runs', '--store', store, ...args], { cwd: projectRoot, encoding: 'utf8' });
  return { status, said: stdout, errors: stderr };
}

function two(): void {
  attempt(early, '00001-together', '{"verdict":"held"}');
  attempt(late, '00001-together', '{"verdict":"held"}');
  attempt(late, '00002-leader-follower-middle-1', '{"verdict":"broken"}');
  attempt(late, '00003-two-writers-ahead-1', '{');
  attempt(late, 'alone', '');
  symlinkSync(late, join(store, 'latest'));
}

describe('runs', () => {
  it('lists what is stored, the latest last', () => {
    two();
    mkdirSync(join(store, 'something else'));
    expect(runs()).toEqual({ status: 0, said: `${early}  1 part, 1 held\n${late}  4 parts, 1 broken, 1 held, 1 damaged\n`, errors: '' });
  });

  it.each(['latest', late, '2026-11-27'])('lists what is in %s', (name) => {
    two();
    const { status, said } = runs(name);
    expect([status, said.split('\n').slice(1, -1)]).toEqual([0, [
      '  held     s-1/00001-together', '  broken   s-1/00002-leader-follower-middle-1', '  damaged  s-1/00003-two-writers-ahead-1', '           s-1/alone',
    ]]);
  });

  it('opens a part: its verdicts, and its picture', () => {
    two();
    const { status, said } = runs('latest', '00002');
    expect([status, said]).toEqual([0, expect.stringMatching(/ {2}broken {3}scheduled {2}outcomes-agree: validator-2 differs from the serial run[^]*\npicture {4}.*timeline\.html\n$/)]);
    expect(existsSync(join(store, late, 's-1', '00002-leader-follower-middle-1', 'timeline.html'))).toBe(true);
  });

  it('says so when nothing is stored', () => {
    expect(runs()).toMatchObject({ status: 0, said: expect.stringMatching(/^nothing is stored in /) as string });
  });

  it.each([
    [['2026'], '"2026" is the beginning of 2: '],
    [['nothing'], 'is named "nothing"'],
    [['../../etc'], 'is named "../../etc"'],
    [['latest', '0000'], '"0000" is the beginning of 3: '],
    [['latest', '../..'], 'is named "../.."'],
    [['a', 'b', 'c'], 'not 3 things'],
    [['--sideways'], 'CONFIG_INVALID'],
    [['--store', '/nowhere/at/all'], '/nowhere/at/all is not a folder that can be read'],
  ])('refuses %j', (args, problem) => {
    two();
    const { status, said, errors } = runs(...args);
    expect([status, said]).toEqual([2, '']);
    expect(errors).toContain(problem);
  });

  it('tells a damaged history from a wrong name', () => {
    two();
    writeFileSync(join(store, late, 's-1', '00001-together', 'calm', 'history.ndjson'), 'no event\n');
    expect(runs('latest', '00001')).toMatchObject({ status: 4, errors: expect.stringContaining('HISTORY_CORRUPT') as string });
  });
});
