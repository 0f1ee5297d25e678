// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { readReport, symptomWords, templateOf } from './report.ts';

const folder = mkdtempSync(join(tmpdir(), 'report-'));
afterAll(() => rmSync(folder, { recursive: true }));

function written(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

const least = { title: 'sometimes', symptom: { exitStatus: 1 } };

describe('a report', () => {
  it('has defaults, and needs a title and a symptom alone', async () => {
    expect(await readReport(written('least.json', JSON.stringify(least)))).toEqual({ ...least, subject: 'reference', workload: { participants: 2, flags: [] } });
  });

  it('may be YAML', async () => {
    const file = written('r.yaml', 'title: sometimes\nsymptom:\n  matches: "^no.*found$"\n  exitStatus: 1\nworkload:\n  participants: 4\n');
    expect(await readReport(file)).toMatchObject({ symptom: { matches: '^no.*found$', exitStatus: 1 }, workload: { participants: 4 } });
  });

  it('names files from its own folder', async () => {
    const file = written('files.json', JSON.stringify({ ...least, binary: 'bin/ec', subject: './subject.ts' }));
    expect(await readReport(file)).toMatchObject({ binary: join(folder, 'bin/ec'), subject: join(folder, 'subject.ts') });
  });

  it('is what the template is', async () => {
    expect(await readReport(written('template.yaml', templateOf()))).toMatchObject({ subject: 'reference', workload: { participants: 2 } });
  });

  // The list of what no strategy shows is read by `not-shown.ts`.
  it.each(readdirSync(fileURLToPath(new URL('../../reports', import.meta.url))).filter((name) => name !== 'not-shown.yaml'))('reports/%s is one', async (name) => {
    expect((await readReport(fileURLToPath(new URL(`../../reports/${name}`, import.meta.url)))).title).not.toBe('');
  });
});

describe('what is no report', () => {
  it.each([
    ['has no symptom', { title: 'a' }, /no-report\.json: it names no symptom: exitStatus, contains/],
    ['has an empty symptom', { title: 'a', symptom: {} }, /symptom: is empty: name exitStatus/],
    ['has no title', { symptom: { hangs: true } }, /title: /],
    ['has a member that nobody knows', { ...least, tilte: 'b' }, /the report has no "tilte"/],
    ['has a symptom that nobody knows', { title: 'a', symptom: { status: 1 } }, /symptom has no "status"/],
    ['has a pattern that is none', { title: 'a', symptom: { matches: '(' } }, /symptom\.matches: is no regular expression/],
    ['has a checker that nobody knows', { title: 'a', symptom: { checker: 'nobody' } }, /symptom\.checker: /],
    ['has one participant', { ...least, workload: { participants: 1 } }, /workload\.participants: /],
    ['has more bytes than anybody waits for', { ...least, workload: { participants: 64, layers: 16, layerBytes: 256 * 1024 * 1024 } }, /workload: has more than 2 GiB/],
    ['leads a browser elsewhere', { ...least, link: 'javascript:alert(1)' }, /link: /],
    ['is a list', [], /the report: /],
  ])('%s', async (_name, document, words) => {
    await expect(readReport(written('no-report.json', JSON.stringify(document)))).rejects.toThrow(expect.objectContaining({ code: 'REPORT_INVALID', message: expect.stringMatching(words) as string }));
  });

  it('names all that is wrong at once', async () => {
    const file = written('several.json', JSON.stringify({ title: '', symptom: { exitStatus: 999 }, more: 1 }));
    await expect(readReport(file)).rejects.toThrow(/is no report:\n(?: {2}.*\n){2} {2}.*$/);
  });

  it('shows what would move a cursor by its number', async () => {
    await expect(readReport(written('escape.json', JSON.stringify({ ...least, '\u001b[2J': 1 })))).rejects.toThrow(/the report has no "\\\\u001b\[2J"/);
  });

  it.each([
    ['json', '{"title": ', /is not JSON: /],
    ['yaml', 'title: [', /is not YAML: /],
  ])('is not well-formed: %s', async (ending, text, words) => {
    await expect(readReport(written(`broken.${ending}`, text))).rejects.toThrow(words);
  });

  it('grows when it is read', async () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefgh'.split('').map((name, nth) => `${name}: &${name} [${Array.from({ length: 9 }, () => `*${'abcdefgh'[nth]}`).join(',')}]`).join('\n')}\n`;
    await expect(readReport(written('bomb.yaml', bomb))).rejects.toThrow(expect.objectContaining({ code: 'REPORT_INVALID' }));
  });

  it('is not there, is a pipe, leads elsewhere, or is larger than anybody writes', async () => {
    const pipe = join(folder, 'pipe.json');
    execFileSync('mkfifo', [pipe]);
    const link = join(folder, 'link.json');
    symlinkSync('/etc/passwd', link);
    for (const file of [join(folder, 'nowhere.json'), pipe, link, written('large.json', ' '.repeat(300_000))]) await expect(readReport(file)).rejects.toThrow(expect.objectContaining({ code: 'REPORT_INVALID' }));
  });
});

it('says a symptom in words', () => {
  expect(symptomWords({ exitStatus: 1, contains: 'a\u001b' })).toBe('a process ends with status 1, and its output contains "a\\u001b"');
  expect(symptomWords({ hangs: true })).toBe('it does not end');
});
