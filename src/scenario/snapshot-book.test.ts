// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SnapshotMode } from '../config.ts';
import { settle, SnapshotReader, type Settlement, type SnapshotRecord } from './snapshot-book.ts';
import { snapshotFile } from './snapshot-file.ts';

const header = '// Jest Snapshot v1, https://jestjs.io/docs/snapshot-testing\n';
const corrupt = { code: 'SNAPSHOT_FILE_CORRUPT' };
let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snapshot-book-test-'));
  file = join(folder, 'feature.snap');
});

afterEach(async () => await rm(folder, { recursive: true }));

function record(name: string, received: string): SnapshotRecord {
  return { file, name, received, outcome: 'missing' };
}

/** Writes entries as a green run of the whole feature does. */
function have(entries: readonly (readonly [name: string, text: string])[], mode: SnapshotMode = 'new', isComplete = true): Settlement {
  return settle(file, entries.map(([name, text]) => record(name, text)), { mode, isComplete });
}

const text = async (): Promise<string> => await readFile(file, 'utf8');

it('has one file a feature, in folders like the features', () => {
  expect(snapshotFile('/snapshots', 'regressions/issue-1')).toBe('/snapshots/regressions/issue-1.snap');
});

describe('SnapshotReader', () => {
  it('says matched, mismatched with a readable diff, or missing, and never writes', async () => {
    have([['a: stdout', 'one\ntwo\nthree\n']]);
    const before = await stat(file);
    const reader = new SnapshotReader(file);
    expect(reader.compare('a: stdout', 'one\ntwo\nthree\n')).toEqual({ file, name: 'a: stdout', received: 'one\ntwo\nthree\n', outcome: 'matched', difference: undefined });
    expect(reader.compare('a: stderr', 'x')).toMatchObject({ outcome: 'missing', difference: undefined });
    const { outcome, difference } = new SnapshotReader(file).compare('a: stdout', 'one\n2\nthree\n');
    expect(outcome).toBe('mismatched');
    expect(difference).toContain('- Snapshot');
    expect(difference).toContain('- two\n+ 2');
    expect(difference).not.toContain('\u001b');
    expect((await stat(file)).mtimeMs).toBe(before.mtimeMs);
  });

  it('says missing where there is no file, and makes none', () => {
    expect(new SnapshotReader(file).compare('a: stdout', '')).toMatchObject({ outcome: 'missing' });
    expect(existsSync(file)).toBe(false);
  });

  it('counts up when one name is compared twice', () => {
    have([['a: stdout', 'first'], ['a: stdout', 'second']]);
    const reader = new SnapshotReader(file);
    expect(reader.compare('a: stdout', 'first')).toMatchObject({ outcome: 'matched' });
    expect(reader.compare('a: stdout', 'first')).toMatchObject({ outcome: 'mismatched' });
    expect(reader.compare('a: stdout', 'third')).toMatchObject({ outcome: 'missing' });
  });

  it.each([
    ['a line more at the end', 'a\n', 'a\n\n'],
    ['a line more at the beginning', 'a', '\na'],
    ['line breaks around', 'a', '\na\n'],
    ['spaces at the end', 'a\nb', 'a\nb  '],
    ['nothing, where something was', 'a', ''],
    ['something, where nothing was', '', 'a'],
  ])('sees and shows %s', (_, expected, received) => {
    have([['a: stdout', expected]]);
    const { outcome, difference = '' } = new SnapshotReader(file).compare('a: stdout', received);
    expect(outcome).toBe('mismatched');
    expect(difference.split('\n').slice(2).filter((line) => /^[+-]/.test(line))).not.toEqual([]);
  });
});

describe('texts survive exactly', () => {
  it.each([
    ['backticks', 'a `b` ``` c'],
    ['placeholders', '${REGISTRY}/a \\${b} $${c} ${'],
    ['backslashes', 'C:\\new\\tmp \\\\ \\` \\u0041 \\'],
    ['nothing', ''],
    ['a line break alone', '\n'],
    ['blank lines around', '\n\n  a\n\n\n'],
    ['indentation', '    a\n  b\n'],
    ['other alphabets', 'ÄÖ ✓ 漢字 😀 \u2028 \u0000'],
    ['quotes', `"a" 'b'`],
    ['what looks like an entry', 'exports[`a: stdout 1`] = `b`;'],
    ['carriage returns', 'a\r\nb\r\n'],
  ])('%s', (_, received) => {
    have([['before: stdout', 'x'], ['a: stdout', received], ['z: stdout', 'y']]);
    expect(new SnapshotReader(file).compare('a: stdout', received)).toMatchObject({ outcome: 'matched', received });
    // Read, kept, and written again beside a new one: still the same.
    have([['another: stdout', 'x']], 'new', false);
    expect(new SnapshotReader(file).compare('a: stdout', received)).toMatchObject({ outcome: 'matched' });
  });

  it('whatever they and their names hold; another text does not match', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), fc.string().filter((name) => name !== '__proto__'), (one, other, name) => {
        have([[`n${name}`, one]], 'all');
        const outcome = (received: string): string => new SnapshotReader(file).compare(`n${name}`, received).outcome;
        expect(outcome(one)).toBe('matched');
        const lines = (value: string): string => value.replaceAll(/\r\n|\r/g, '\n');
        expect(outcome(other)).toBe(lines(one) === lines(other) ? 'matched' : 'mismatched');
      }),
      { numRuns: 200 },
    );
  });

  it('though line ends are not told apart, and a file checked out with CRLF is read', async () => {
    have([['a: stdout', 'a\nb\n']]);
    expect(new SnapshotReader(file).compare('a: stdout', 'a\r\nb\r\n')).toMatchObject({ outcome: 'matched' });
    await writeFile(file, (await text()).replaceAll('\n', '\r\n'));
    expect(new SnapshotReader(file).compare('a: stdout', 'a\nb\n')).toMatchObject({ outcome: 'matched' });
  });
});

describe('settle', () => {
  it('writes nothing in mode none', () => {
    expect(have([['a: stdout', 'x']], 'none')).toEqual({ file, written: 0, updated: 0, removed: 0, obsolete: [] });
    expect(existsSync(file)).toBe(false);
  });

  it('adds what is missing in mode new, and never overwrites what changed', async () => {
    have([['a: stdout', 'old']]);
    expect(have([['a: stdout', 'changed'], ['b: stdout', 'new']])).toMatchObject({ written: 1, updated: 0, removed: 0 });
    const reader = new SnapshotReader(file);
    expect(reader.compare('a: stdout', 'old')).toMatchObject({ outcome: 'matched' });
    expect(reader.compare('b: stdout', 'new')).toMatchObject({ outcome: 'matched' });
    expect(await text()).not.toContain('changed');
  });

  it('replaces what changed in mode all', () => {
    have([['a: stdout', 'old'], ['b: stdout', 'same']]);
    expect(have([['a: stdout', 'changed'], ['b: stdout', 'same']], 'all')).toMatchObject({ written: 0, updated: 1, removed: 0 });
    expect(new SnapshotReader(file).compare('a: stdout', 'changed')).toMatchObject({ outcome: 'matched' });
  });

  it('leaves a file alone when nothing changes', async () => {
    have([['a: stdout', 'x']]);
    const before = await stat(file);
    for (const mode of ['none', 'new', 'all'] as const) expect(have([['a: stdout', 'x']], mode)).toMatchObject({ written: 0, updated: 0, removed: 0 });
    expect((await stat(file)).mtimeMs).toBe(before.mtimeMs);
  });

  it('leaves a file alone that somebody has written by hand, until an entry changes', async () => {
    const entries = ['b: stdout 1', 'a: stdout 1', 'c: stdout 1'].map((name) => `\n\nexports[\`${name}\`] = \`x\`;`);
    await writeFile(file, `${header}${entries.join('')}\n`);
    const before = await text();
    for (const mode of ['none', 'new', 'all'] as const) have([['a: stdout', 'x']], mode, false);
    expect(await text()).toBe(before);
  });

  it('writes texts as they are, for people to read', async () => {
    have([['b: stdout', '{\n  "a": "\\n"\n}\n'], ['a: stdout', 'one "line"']]);
    expect(await text()).toBe(`${header}\nexports[\`a: stdout 1\`] = \`one "line"\`;\n\nexports[\`b: stdout 1\`] = \`\n{\n  "a": "\\\\n"\n}\n\n\`;\n`);
  });

  it.each(['none', 'new'] as const)('reports obsolete entries in mode %s, and keeps them', async (mode) => {
    have([['a: stdout', 'x'], ['gone: stdout', 'y'], ['a: stdout', 'twice']]);
    const before = await text();
    expect(have([['a: stdout', 'x']], mode)).toMatchObject({ removed: 0, obsolete: ['a: stdout 2', 'gone: stdout 1'] });
    expect(await text()).toBe(before);
  });

  it('removes obsolete entries in mode all', async () => {
    have([['a: stdout', 'x'], ['gone: stdout', 'y']]);
    expect(have([['a: stdout', 'x']], 'all')).toMatchObject({ removed: 1, obsolete: ['gone: stdout 1'] });
    expect(await text()).not.toContain('gone');
    expect(new SnapshotReader(file).compare('a: stdout', 'x')).toMatchObject({ outcome: 'matched' });
  });

  it('removes the file with its last entry', () => {
    have([['gone: stdout', 'y']]);
    expect(have([], 'all')).toMatchObject({ removed: 1 });
    expect(existsSync(file)).toBe(false);
  });

  it.each(['none', 'new', 'all'] as const)('knows nothing obsolete, and removes nothing, in mode %s where not all ran to a good end', (mode) => {
    have([['a: stdout', 'x'], ['C:\\new: stdout', 'y']]);
    expect(have([['a: stdout', 'changed']], mode, false)).toMatchObject({ removed: 0, obsolete: [] });
    expect(new SnapshotReader(file).compare('C:\\new: stdout', 'y')).toMatchObject({ outcome: 'matched' });
  });
});

describe('a file that is not whole is refused, and left as it is', () => {
  const entry = (name: string, value: string): string => `\nexports[\`${name}\`] = \`${value}\`;\n`;
  it.each([
    ['merge-conflict markers', `${header}${entry('a: stdout 1', 'x')}\n<<<<<<< HEAD${entry('b: stdout 1', 'y')}=======${entry('b: stdout 1', 'z')}>>>>>>> branch\n`],
    ['markers inside a text', `${header}\nexports[\`a: stdout 1\`] = \`\n<<<<<<< HEAD\nx\`;\n=======\ny\`;\n>>>>>>> branch\n`],
    ['markers above the header', `<<<<<<< HEAD\n${header}=======\n${header}>>>>>>> branch\n${entry('a: stdout 1', 'x')}`],
    ['both sides of a merge', `${header}${entry('a: stdout 1', 'x')}${entry('a: stdout 1', 'y')}`],
    ['a placeholder that is evaluated', `${header}${entry('a: stdout 1', '${REGISTRY}')}${entry('b: stdout 1', 'y')}`],
    ['an entry cut short', `${header}\nexports[\`a: stdout 1\`] = \`half`],
    ['an entry without its number', `${header}${entry('a: stdout', 'x')}`],
    ['an entry that is no text', `${header}\nexports[\`a: stdout 1\`] = 7;\n`],
    ['an older header', `// Jest Snapshot v1, https://goo.gl/fbAQLP\n${entry('a: stdout 1', 'x')}`],
    ['another format', '{"a":1}'],
  ])('%s', async (_, content) => {
    await writeFile(file, content);
    expect(() => new SnapshotReader(file)).toThrow(expect.objectContaining(corrupt));
    for (const mode of ['none', 'new', 'all'] as const) expect(() => have([['c: stdout', 'new']], mode)).toThrow(expect.objectContaining(corrupt));
    expect(await text()).toBe(content);
  });

  it('though it was whole before', async () => {
    const [whole, broken] = [`${header}${entry('a: stdout 1', 'x')}`, `${header}${entry('a: stdout 1', '${')}`];
    await writeFile(file, whole);
    expect(new SnapshotReader(file).compare('a: stdout', 'x')).toMatchObject({ outcome: 'matched' });
    await writeFile(file, broken);
    expect(() => new SnapshotReader(file)).toThrow(expect.objectContaining(corrupt));
  });

  it('an empty one is not', async () => {
    await writeFile(file, '');
    expect(have([['a: stdout', 'x']])).toMatchObject({ written: 1 });
  });

  it('one of another suite is named as such, and left', async () => {
    const foreign = '\n[a:stdout - 1]\nx\n---\n';
    await writeFile(file, foreign);
    const error = { code: 'SNAPSHOT_FILE_FOREIGN', hint: `npm run snapshots:import -- ${file} --to DIR, and --snapshots DIR from then on` };
    expect(() => new SnapshotReader(file)).toThrow(expect.objectContaining(error));
    expect(() => have([['c: stdout', 'new']], 'all')).toThrow(expect.objectContaining(error));
    expect(await text()).toBe(foreign);
  });
});
