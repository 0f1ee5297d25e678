// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tornRead } from '../report/timeline/test-runs.ts';
import { pictureFor, withPictures } from './draw-timeline.ts';
import { readStoredRuns, readTold } from './stored-runs.ts';
import { projectRoot } from './test-project.ts';

let folder: string;
const torn = tornRead();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'picture-test-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

/** As a run stores itself. */
function store(part = '.', text = torn.history.map((event) => `${JSON.stringify(event)}\n`).join('')): string {
  const at = join(folder, part);
  mkdirSync(at, { recursive: true });
  writeFileSync(join(at, 'history.ndjson'), text);
  writeFileSync(join(at, 'plan.json'), JSON.stringify(torn.plan));
  writeFileSync(join(at, 'verdicts.json'), JSON.stringify(torn.verdicts));
  return at;
}

function picture(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['bin/stampede.mjs', 'picture', ...args], { cwd: projectRoot, encoding: 'utf8' });
  return { status, said: stdout, errors: stderr };
}

describe('picture', () => {
  it('draws a stored run again, and says where', () => {
    store();
    const { status, said } = picture(folder);
    expect([status, said.trim().endsWith('timeline.html')]).toEqual([0, true]);
    expect(readFileSync(join(folder, 'timeline.html'), 'utf8')).toContain('validator-2 differs from the serial run');
    expect(readdirSync(folder).sort()).toEqual(['history.ndjson', 'plan.json', 'timeline.html', 'verdicts.json']);
  });

  it('draws the runs of a schedule as one page, elsewhere if asked to', () => {
    for (const part of ['calm', 'before', 'scheduled', 'other']) store(part);
    const out = join(folder, 'elsewhere.html');
    expect(picture(folder, '--out', out).status).toBe(0);
    expect(readFileSync(out, 'utf8').match(/<h2>[^<]*/g)).toEqual(['<h2>The run before, which filled the cache', '<h2>The run under the schedule', '<h2>The calm run after it, on the same cache']);
    expect(existsSync(join(folder, 'timeline.html'))).toBe(false);
  });

  it.each([
    [[], 'one folder is drawn at a time, not 0'],
    [['a', 'b'], 'not 2'],
    [['--sideways'], 'CONFIG_INVALID'],
    [['/nowhere/at/all'], '/nowhere/at/all is not a folder that can be read'],
  ])('refuses %j', (args, problem) => {
    const { status, errors, said } = picture(...args);
    expect([status, said]).toEqual([2, '']);
    expect(errors).toContain(problem);
  });

  it('says which folder was meant, where histories lie deeper', () => {
    store('s-1/00001-together/scheduled');
    const { status, errors } = picture(folder);
    expect(status).toBe(2);
    expect(errors).toMatch(/no history\.ndjson is in .*\n {2}try: there are 1 below it, such as .*00001-together\/scheduled/);
  });

  it('tells a damaged history from a wrong folder', () => {
    store('.', 'no event\n');
    const { status, errors } = picture(folder);
    expect([status, errors.split('\n')[0]]).toEqual([4, `HISTORY_CORRUPT: line 1 of ${join(folder, 'history.ndjson')} is not event 0`]);
    expect(existsSync(join(folder, 'timeline.html'))).toBe(false);
  });
});

describe('what is stored somewhere', () => {
  it.each([
    ['an event that lacks what its kind has', 'history.ndjson', '{"index":0,"at":1,"kind":"validator-started","participant":7}\n', /event 0 of .* is not what a validator-started is: participant/],
    ['a time of no run', 'history.ndjson', '{"index":0,"at":-1,"kind":"turns-over","reason":"closed","steps":1}\n', /at: -1 is no time of a run/],
    ['a plan that is no JSON', 'plan.json', '{', /plan\.json is not JSON/],
    ['verdicts that are none', 'verdicts.json', '[{"checker":"x","verdict":{"verdict":"fine"}}]', /verdicts\.json is not what a run stores: 0\.verdict/],
  ])('is refused: %s', async (_, file, text, message) => {
    store();
    writeFileSync(join(folder, file), text);
    await expect(readStoredRuns(folder)).rejects.toMatchObject({ code: 'HISTORY_CORRUPT', message: expect.stringMatching(message) as string });
  });

  it.each(['history.ndjson', 'plan.json', 'verdicts.json'])('is not read through a link: %s', async (file) => {
    store();
    rmSync(join(folder, file));
    symlinkSync('/proc/self/environ', join(folder, file));
    await expect(readStoredRuns(folder)).rejects.toMatchObject({ code: 'HISTORY_CORRUPT', message: `${join(folder, file)} is not a file` });
  });

  it('may lack plan and verdicts, and the end of its last line', async () => {
    const at = store('.', torn.history.slice(0, 5).map((event) => JSON.stringify(event)).join('\n').slice(0, -3));
    for (const file of ['plan.json', 'verdicts.json']) rmSync(join(at, file));
    expect(await readStoredRuns(at)).toMatchObject([{ plan: undefined, verdicts: [], history: { length: 4 } }]);
  });

  it.each([
    ['npm run explore -- --replay leader-follower/middle/1', true],
    ['npm run acceptance -- features/a.feature:42', true],
    ['npm run explore -- --replay x; rm -rf ~', false],
    ['npm run explore -- $(x)', false],
    ['curl http://x', false],
    ['npm run explore -- x\nrm y', false],
  ])('offers %j to a shell: %s', async (again, isShown) => {
    writeFileSync(join(folder, 'told.json'), JSON.stringify({ again }));
    expect((await readTold(folder)).again).toBe(isShown ? again : undefined);
  });

  it('is drawn beside a link, not through it', async () => {
    store();
    const outside = join(folder, 'outside.txt');
    writeFileSync(outside, 'untouched');
    symlinkSync(outside, join(folder, 'timeline.html'));
    await pictureFor(folder, { again: undefined, failure: undefined });
    expect([readFileSync(outside, 'utf8'), lstatSync(join(folder, 'timeline.html')).isFile()]).toEqual(['untouched', true]);
  });
});

describe('the line of a failure', () => {
  it('names the page, which is drawn again with what was known then', async () => {
    store('run-1');
    const [outcome] = await withPictures([{ title: 't', feature: 'f', at: 'features/f.feature:3', verdict: 'broken', durationMs: 1, failures: [{ step: 'Then x', at: '', definition: '', message: 'SNAPSHOT_MISMATCH: differs\nmore' }], artifacts: { folder, commands: [] } }], 'npm run acceptance --');
    expect(outcome?.artifacts?.picture).toMatch(/timeline\.html$/);
    expect(await readTold(folder)).toEqual({ again: 'npm run acceptance -- features/f.feature:3', failure: 'SNAPSHOT_MISMATCH: differs (Then x)' });
  });

  it('says what was expected, not only that somebody said something', async () => {
    store('run-1');
    const message = "EXPECTATION_BROKEN: validator-2 said:\nError: no\n\nvalidator-2: expected 'exit status 1' to equal 'exit status 0'\n  try: x";
    await withPictures([{ title: 't', feature: 'f', at: 'f:3', verdict: 'broken', durationMs: 1, failures: [{ step: 'Then x', at: '', definition: '', message }], artifacts: { folder, commands: [] } }], '');
    expect((await readTold(folder)).failure).toBe("EXPECTATION_BROKEN: validator-2: expected 'exit status 1' to equal 'exit status 0' (Then x)");
  });

  it('is left out where no validator was run, and gives the reason where it can not be drawn', async () => {
    const outcome = { title: 't', feature: 'f', at: 'f:3', verdict: 'broken', durationMs: 1, failures: [], artifacts: { folder, commands: [] } } as const;
    expect((await withPictures([outcome], ''))[0]?.artifacts).toEqual(outcome.artifacts);
    store('run-1', 'damaged\n');
    expect((await withPictures([outcome], ''))[0]?.artifacts?.picture).toMatch(/^none: HISTORY_CORRUPT: line 1 of /);
  });
});
