// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { featureSnapshots, type FeatureSnapshots } from './feature-snapshots.ts';
import { parseGoSnaps } from './go-snaps.ts';
import { planImport, type ImportPlan } from './snapshot-import.ts';

const output = '    Then the output should match the snapshot\n';
const plain = (name: string, steps = output): string => `  Scenario: ${name}\n    When ec command is run with "a"\n${steps}`;

function feature(name: string, text: string): FeatureSnapshots {
  return featureSnapshots(`Feature: f\n${text}`, { path: `features/${name}.feature`, feature: name });
}

function plan(entries: readonly string[], features: readonly FeatureSnapshots[], file = 'features/__snapshots__/one.snap'): ImportPlan {
  return planImport([read(file, entries)], features);
}

function read(file: string, entries: readonly string[]) {
  return { file, entries: parseGoSnaps(Buffer.from(entries.map((name) => `[${name}]\ntext of ${name}\n---\n`).join('\n')), file) };
}

/** Which entry stands under which title now. */
const placed = ({ placed: found }: ImportPlan): string[] => found.map(({ asked, text }) => `${asked.feature}/${asked.title}: ${asked.what} ${asked.number} = ${text}`);
const lost = (found: ImportPlan): string[] => found.lost.map(({ name, why }) => `${name} ${why}`);
const missing = (found: ImportPlan): string[] => found.missing.map(({ title, what, number }) => `${title}: ${what} ${number}`);

it('finds scenarios, files and running numbers', () => {
  const steps = `${output}    When ec command is run with "b"\n${output}    And the "\${TMPDIR}/a: b.json" file should match the snapshot\n`;
  const found = plan(['a:stdout - 2', 'a:stdout - 1', 'a:stderr - 1', 'a:stderr - 2', 'a:${TMPDIR}/a: b.json - 1'], [feature('one', plain('a', steps))]);
  expect(placed(found)).toEqual([
    'one/a: stdout 1 = text of a:stdout - 1',
    'one/a: stderr 1 = text of a:stderr - 1',
    'one/a: stdout 2 = text of a:stdout - 2',
    'one/a: stderr 2 = text of a:stderr - 2',
    'one/a: ${TMPDIR}/a: b.json 1 = text of a:${TMPDIR}/a: b.json - 1',
  ]);
  expect([lost(found), missing(found)]).toEqual([[], []]);
});

it('gives rows of an outline their entries, by name or by running number, in rules and with backgrounds', () => {
  const rows = '    Examples:\n      | n | m |\n      | 1 | x |\n      | 2 | y |\n    Examples:\n      | n | m |\n      | 3 | z |\n';
  const text = `  Scenario Outline: same\n    When ec command is run with "<n>"\n${output}${rows}  Rule: r\n    Background:\n      When ec command is run with "a"\n${output}    Scenario Outline: no <n>\n      Then the "<m>" file should match the snapshot\n${rows}`;
  const entries = [1, 2, 3].flatMap((n) => [`same:stdout - ${n}`, `same:stderr - ${n}`, `no ${n}:stdout - 1`, `no ${n}:stderr - 1`, `no ${n}:${'xyz'[n - 1]} - 1`]);
  const found = plan(entries, [feature('one', text)]);
  expect([lost(found), missing(found)]).toEqual([[], []]);
  expect(placed(found)).toContain('one/same (row 3): stdout 1 = text of same:stdout - 3');
  expect(placed(found)).toContain('one/r > no <n> (row 2): y 1 = text of no 2:y - 1');
  expect(placed(found)).toHaveLength(15);
});

it('tells entries that no scenario asks for, and comparisons without an entry', () => {
  const found = plan(['a:stdout - 1', 'a:stdout - 2', 'gone:stdout - 1', 'a:../../etc/passwd - 1'], [feature('one', plain('a') + plain('b')), feature('two', plain('c'))]);
  expect(lost(found)).toEqual(['[a:stdout - 2] its scenario compares that once only', '[gone:stdout - 1] no scenario asks for it', '[a:../../etc/passwd - 1] no scenario asks for it']);
  expect(missing(found)).toEqual(['a: stderr 1', 'b: stdout 1', 'b: stderr 1']);
});

it('does not guess which of two scenarios of one name an entry is of', () => {
  const found = plan(['a:stdout - 1', 'a:stdout - 2'], [feature('one', plain('a') + plain('a'))]);
  expect(lost(found)).toEqual(['[a:stdout - 1]', '[a:stdout - 2]'].map((name) => `${name} several scenarios have this name: features/one.feature:2, features/one.feature:5`));
  expect([placed(found), missing(found)]).toEqual([[], ['a: stderr 1', 'a #2: stderr 1']]);
});

it('lets no entry take the number of a missing one', () => {
  const found = plan(['a:stdout - 2', 'a:stderr - 1'], [feature('one', plain('a', output + output))]);
  expect(placed(found)).toEqual(['one/a: stderr 1 = text of a:stderr - 1']);
  expect(lost(found)).toEqual(['[a:stdout - 2] the one before it in the same scenario is missing']);
  expect(missing(found)).toEqual(['a: stdout 1', 'a: stderr 2']);
});

it('takes the feature that a file is named after, the nearest of several, and all where there is none', () => {
  const features = [feature('one', plain('a')), feature('deep/one', plain('a')), feature('two', plain('b'))];
  const entries = ['a:stdout - 1', 'a:stderr - 1'];
  expect(placed(plan(entries, features, 'features/deep/__snapshots__/one.snap'))[0]).toBe('deep/one/a: stdout 1 = text of a:stdout - 1');
  expect(lost(plan(entries, features, 'elsewhere/one.snap'))).toHaveLength(2);
  const all = plan(['b:stdout - 1', 'a:stdout - 1'], features, 'features/__snapshots__/acceptance_test.snap');
  expect(placed(all)).toEqual(['two/b: stdout 1 = text of b:stdout - 1']);
  expect(lost(all)).toEqual(['[a:stdout - 1] several scenarios have this name: features/one.feature:2, features/deep/one.feature:2']);
  expect(missing(all)).toContain('b: stderr 1');
});

it('takes an entry from one file only', () => {
  const found = planImport([read('x/one.snap', ['a:stdout - 1', 'a:stderr - 1']), read('y/one.snap', ['a:stdout - 1'])], [feature('one', plain('a'))]);
  expect(lost(found)).toEqual(['[a:stdout - 1] it was imported before, from x/one.snap:1']);
  expect(placed(found)).toHaveLength(2);
});

it('says where a feature can not be read', () => {
  expect(() => featureSnapshots('Feature: f\n  Scenario: x\n    * a\n  hello\n', { path: 'a.feature', feature: 'a' })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringMatching(/^a\.feature:\d+:\d+: expected: /) as string }) as Error);
});
