// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { projectRoot, type Said } from './test-explore.ts';

const folder = mkdtempSync(join(tmpdir(), 'reproduce-'));
afterAll(() => rmSync(folder, { recursive: true }));

function reproduce(...args: readonly string[]): Said {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['bin/stampede.mjs', 'reproduce', '--store', join(folder, 'runs'), ...args], { cwd: projectRoot, encoding: 'utf8', env: { ...process.env, TMPDIR: folder } });
  return { status, text: stdout, last: stdout.trimEnd().split('\n').at(-1) ?? '', errors: stderr };
}

let reports = 0;
function report(document: object): string {
  const file = join(folder, `report-${(reports += 1)}.json`);
  writeFileSync(file, JSON.stringify({ title: 'it fails sometimes', symptom: { exitStatus: 1 }, ...document }));
  return file;
}

const stored = join(projectRoot, 'src', 'reproduce', 'test-bundles', 'in-place-write.tar.gz');

describe('what can not be looked for is said before anything starts', () => {
  it.each<[string, () => readonly string[], RegExp]>([
    ['no report', () => [], /^CONFIG_INVALID: no report is named/],
    ['a report without symptom', () => ['--report', report({ symptom: undefined })], /^REPORT_INVALID: .*it names no symptom/],
    ['a bug that nobody knows', () => ['--report', report({ plantedBug: 'nobody' })], /^CONFIG_INVALID: no bug is known as "nobody"/],
    ['a program that is not there', () => ['--report', report({ subject: 'crane', binary: 'nowhere' })], /^VALIDATOR_MISSING/],
    ['a budget that is no time', () => ['--report', report({}), '--budget', 'soon'], /^CONFIG_INVALID: --budget soon is no time/],
    ['a name that is none', () => ['--report', report({}), '--keep', '../up'], /^CONFIG_INVALID: --keep "\.\.\/up" is no name/],
    ['a bundle that is not there', () => ['--bundle', join(folder, 'nowhere.tar.gz')], /^BUNDLE_INVALID: no bundle can be read/],
    ['a bundle that is damaged', () => {
      writeFileSync(join(folder, 'damaged.tar.gz'), readFileSync(stored).subarray(0, 5000));
      return ['--bundle', join(folder, 'damaged.tar.gz')];
    }, /^BUNDLE_INVALID: the bundle is refused/],
  ])('%s', (_name, args, words) => {
    const { status, text, errors } = reproduce(...args());
    expect(errors).toMatch(words);
    expect([status, text]).toEqual([2, '']);
  });
});

it('says at once that a binary fails even when it is alone', () => {
  const { status, errors } = reproduce('--report', report({ symptom: { hangs: true }, workload: { flags: ['--no-such-flag'] } }));
  expect(errors).toMatch(/^SUBJECT_FAILS: it fails even when it is alone: validator-1 ends with status \d+, without a cache, and says "/);
  expect(status).toBe(2);
});

it('says at once that the symptom needs no race', () => {
  const { status, errors } = reproduce('--report', report({ symptom: { contains: '"success": true' } }));
  expect(errors).toMatch(/^SUBJECT_FAILS: no race is needed for it: its output contains "\\"success\\": true" also when validator-1 runs alone, without a cache/);
  expect(status).toBe(2);
});

it.each([
  [{ differsFromSerial: true }, /^SUBJECT_FAILS: no race is needed for it: validator-1 alone, cold cache, order \d: another outcome than without a cache$/m],
  [{ checker: 'cache-intact' }, /^SUBJECT_FAILS: no race is needed for it: cache-intact is broken also when validator-\d runs alone, on a cold cache$/m],
])('finds nothing by %j where a process shows it alone on a cache, although it is forced meanwhile', (symptom, words) => {
  const { status, text, errors } = reproduce('--report', report({ symptom, plantedBug: 'buffer-used-by-all' }), '--no-shrink');
  expect(errors).toMatch(words);
  expect(text).not.toMatch(/^(?:found|reproduced)/m);
  expect(status).toBe(2);
});

it('says how sure it is where nothing comes', () => {
  const { status, text } = reproduce('--report', report({}), '--budget', '3s');
  expect(text).toMatch(/^not reproduced: this was tried$/m);
  expect(text).toMatch(/^ {2}2 processes: \d+ schedules? in .*, 0 could not be forced$/m);
  expect(text).not.toContain('every schedule that stops one process once was tried');
  expect(status).toBe(3);
});

it('tells of another failure than the reported one', () => {
  const { status, text } = reproduce('--report', report({ symptom: { contains: 'nobody ever says this' }, plantedBug: 'in-place-write' }), '--budget', '2s');
  expect(text).toMatch(/^ {2}another failure: leader-follower \| middle \| /m);
  expect(text).toMatch(/^another failure found, not the reported one: /m);
  expect(status).toBe(1);
});

it('goes from a report to the smallest case, its bundle and its regression', () => {
  const features = join(folder, 'features');
  mkdirSync(features);
  const plain = report({ plantedBug: 'in-place-write', workload: { participants: 3 }, symptom: { exitStatus: 1, differsFromSerial: true } });
  const to = join(folder, 'made.tar.gz');
  const { status, text, errors } = reproduce('--report', plain, '--bundle-to', to, '--keep', 'torn', '--features', features);
  expect(errors).toBe('');
  expect(text).toMatch(/^found {6}leader-follower\/middle\/1 of 2 processes, after 1 run and /m);
  expect(text).toMatch(/^reproduced 5 of 5 times \(57 % to 100 %\)$/m);
  expect(text).toMatch(/^ {2}smaller {4}layers of each image 2 → 1, bytes of a layer 524288 → 4096: 3 of 3$/m);
  expect(text).toMatch(/^stable {5}20 of 20 times/m);
  expect(text).toMatch(/^control {4}0 of 3 times .* without the planted bug$/m);
  expect(text).toMatch(/^why {8}validator-1 and validator-2 run on one cold cache/m);
  expect(text).toMatch(/^kept .*torn\.feature: it fails where the bug is, and passes on the safe cache$/m);
  expect(readdirSync(join(features, 'regressions', 'torn')).sort()).toEqual(['plan.json', 'report.json', 'torn.feature']);
  expect([status, existsSync(to)]).toEqual([1, true]);
}, 400_000);

describe('a bundle, with nothing else of the machine that it was made on', () => {
  it('FAILED where it shows, and leaves nothing behind', () => {
    const copy = join(folder, 'copied.tar.gz');
    cpSync(stored, copy);
    const { status, last, text } = reproduce('--bundle', copy);
    expect(text).toMatch(/^then {7}20 of 20 times \(84 % to 100 %\) under leader-follower\/middle\/1$/m);
    expect(last).toMatch(/^FAILED {5}it shows here, too: 3 of 3 times/);
    expect(status).toBe(1);
    expect(readdirSync(folder).filter((name) => name.startsWith('stampede-bundle-'))).toEqual([]);
  });

  it('FIXED where it does not show any more', () => {
    const { status, last } = reproduce('--bundle', stored, '--without-bug');
    expect(last).toMatch(/^FIXED {6}it does not show any more: 0 of 3 times .*, each of them forced$/);
    expect(status).toBe(0);
  });
});
