// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkerNamed } from '../checkers/by-name.ts';
import { judge, type NamedVerdict } from '../checkers/checker.ts';
import { tornRead } from '../report/timeline/test-runs.ts';
import { projectRoot } from './test-project.ts';

const torn = tornRead();
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'recheck-test-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

/** As an attempt stores itself, with what is said of it today. */
function store(part: string, verdicts: readonly NamedVerdict[], text = torn.history.map((event) => `${JSON.stringify(event)}\n`).join('')): void {
  const at = join(folder, part);
  mkdirSync(at, { recursive: true });
  writeFileSync(join(at, 'history.ndjson'), text);
  writeFileSync(join(at, 'plan.json'), JSON.stringify({ exploration: {} }));
  writeFileSync(join(at, 'verdicts.json'), JSON.stringify(verdicts));
}

function today(...names: readonly string[]): readonly NamedVerdict[] {
  return names.map((name) => {
    const checker = checkerNamed(name);
    if (checker === undefined) throw new Error(`no checker is named ${name}`);
    return judge(checker, torn.history);
  });
}

function recheck(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['bin/stampede.mjs', 'recheck', ...args], { cwd: projectRoot, encoding: 'utf8' });
  return { status, said: stdout, errors: stderr };
}

describe('recheck', () => {
  it('finds what was found then, and leaves the folder as it is', () => {
    store('scheduled', today('ended', 'outcomes-agree', 'overlapped'));
    store('calm', today('ended'));
    expect(recheck(folder)).toEqual({ status: 0, said: '4 verdicts judged again, all as stored\n', errors: '' });
    expect(readdirSync(join(folder, 'calm')).sort()).toEqual(['history.ndjson', 'plan.json', 'verdicts.json']);
  });

  it('says which verdict is another one today, also where only its reason is', () => {
    const [agree] = today('outcomes-agree');
    expect(agree?.verdict.verdict).toBe('broken');
    store('scheduled', [{ checker: 'outcomes-agree', verdict: { verdict: 'held' } }, { checker: 'ended', verdict: { verdict: 'unknown', reason: 'nobody knew' } }]);
    const { status, said } = recheck(folder);
    expect([status, said.split('\n').slice(0, -1)]).toEqual([1, [
      expect.stringMatching(/^ {2}scheduled {2}outcomes-agree: held then, broken: validator-2 differs from the serial run.* now$/),
      '  scheduled  ended: unknown: nobody knew then, held now',
      '2 verdicts judged again, 2 not as stored',
    ]]);
  });

  it('says which checker is gone', () => {
    store('scheduled', [...today('ended'), { checker: 'of-another-time', verdict: { verdict: 'held' } }]);
    expect(recheck(folder)).toMatchObject({ status: 1, said: expect.stringContaining('of-another-time: held then, not there now') as string });
  });

  it('judges a scenario by those of its kind that were not asked then', () => {
    store('run-1', today('ended'));
    writeFileSync(join(folder, 'run-1', 'plan.json'), JSON.stringify({}));
    expect(recheck(folder)).toMatchObject({ status: 1, said: expect.stringMatching(/run-1 {2}outcomes-agree: not asked then, broken: /) as string });
  });

  it('refuses what has no verdicts, and tells damage from a wrong folder', () => {
    store('scheduled', []);
    expect(recheck(folder)).toMatchObject({ status: 2, errors: expect.stringContaining('no verdicts are stored in') as string });
    store('scheduled', [], 'no event\n');
    expect(recheck(folder)).toMatchObject({ status: 4, errors: expect.stringContaining('HISTORY_CORRUPT') as string });
  });

  it.each([
    [[], 'one folder is judged at a time, not 0'],
    [['a', 'b'], 'not 2'],
    [['--sideways'], 'CONFIG_INVALID'],
    [['/nowhere/at/all'], '/nowhere/at/all is not a folder that can be read'],
  ])('refuses %j', (args, problem) => {
    const { status, said, errors } = recheck(...args);
    expect([status, said]).toEqual([2, '']);
    expect(errors).toContain(problem);
  });
});
