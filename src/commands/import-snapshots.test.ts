// SPDX-License-Identifier: Apache-2.0
import { mkdir, readFile, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot, TestProject, type Ended } from './test-project.ts';

const feature = `Feature: one

  Scenario: happy: all well
    When ec command is run with "report \${REGISTRY}/a"
    Then the output should match the snapshot
    And the "\${TMPDIR}/tmp/report.xml" file should match the snapshot

  Scenario Outline: rows
    When ec command is run with "row <n>"
    Then the output should match the snapshot

    Examples:
      | n |
      | 1 |
      | 2 |
`;

/** Prints JSON of its own layout, lines that would end a block, and what differs in every run. */
const script = `#!/bin/sh
case $1 in
report)
  printf '{"image":"%s","rule":"a < b & c","time":%s,"made":"2026-11-27T02:03:04Z","work":"%s/ec-work-%s/policy"}' "$2" 1764200000 "$TMPDIR" $$
  printf '<report folder="%s/x-%s">a &amp; b</report>\\n' "$TMPDIR" $$ > "$TMPDIR/report.xml" ;;
row)
  printf 'row %s\\n---\\nend\\n' "$2"; date '+%Y/%m/%d %H:%M:%S failed' >&2; exit 1 ;;
esac
`;

/** The same as Conforma's suite records it. */
const recorded = `
[rows:stdout - 1]
row 1
/-/-/-/
end

---

[rows:stderr - 1]
\${TIMESTAMP} failed

---

[happy: all well:stdout - 1]
{
  "image": "\${REGISTRY}/a",
  "rule": "a \\u003c b \\u0026 c",
  "time": 1764200000,
  "made": "\${TIMESTAMP}",
  "work": "\${TEMP}/ec-work-\${RANDOM}/policy"
}
---

[happy: all well:stderr - 1]

---
[happy: all well:\${TMPDIR}/tmp/report.xml - 1]
<report folder="\${TEMP}/x-\${RANDOM}">a &amp; b</report>

---

[rows:stdout - 2]
row 2
/-/-/-/
end

---

[rows:stderr - 2]
\${TIMESTAMP} failed

---
`;

/** A snapshot file of this project as Conforma's suite would have written it. */
function asRecorded(snapshots: string): string {
  const texts: Record<string, string> = {};
  new Script(snapshots).runInNewContext({ exports: texts });
  const blocks = Object.entries(texts).map(([key, stored]) => {
    const [, title, what, number] = /^(.*): (\S+) (\d+)$/.exec(key) ?? [];
    const text = stored.slice(1, -1);
    return `\n[${title}:${what} - ${number}]\n${/^[{[]/.test(text) ? text.trimEnd().replaceAll('<', '\\u003c') : text}\n---\n`;
  });
  return blocks.join('');
}

let project: TestProject;
const file = 'features/__snapshots__/one.snap';
const inside = (path: string): string => join(project.folder, path);
const run = async (...args: string[]): Promise<Ended> => await project.start(['import-snapshots', ...args]).ended;
const runHere = async (...args: string[]): Promise<Ended> => await run(...args, '--features', inside('features'), '--to', inside('snapshots'));

beforeAll(async () => {
  project = await TestProject.open();
  await project.feature(feature);
  await project.script(script);
  await project.write(file, recorded);
});

afterAll(async () => await project.close());

describe('snapshots:import', () => {
  it('takes over a suite, whose outputs match from then on', async () => {
    await rm(inside('snapshots'), { recursive: true });
    const { status, output } = await runHere(inside('features/__snapshots__'));
    expect(output).toBe('7 imported, 0 there already\n');
    expect(status).toBe(0);
    const held = await project.acceptance(['--ci']);
    expect(held.output).toContain('3 scenarios: ✔ 3 held');
    expect(held.status).toBe(0);
  });

  it('has nothing to do the second time, and has made what a run would have written', async () => {
    const before = project.read('snapshots/one.snap');
    expect(await runHere(inside(file))).toMatchObject({ status: 0, output: '0 imported, 7 there already\n' });
    expect(project.read('snapshots/one.snap')).toBe(before);
    await rm(inside('snapshots'), { recursive: true });
    expect(await project.acceptance()).toMatchObject({ status: 0 });
    expect(project.read('snapshots/one.snap')).toBe(before);
  });

  it('tells what differs and leaves it, unless it is to be replaced', async () => {
    await project.write('changed/one.snap', recorded.replace('row 2', '\u001b[2Jrow two'));
    const before = project.read('snapshots/one.snap');
    const { status, output } = await runHere(inside('changed/one.snap'));
    expect(output).toContain(`differs: rows (row 2): stdout 1\n  - ${inside('snapshots/one.snap')}\n  + ${inside('changed/one.snap')}:32\n`);
    expect(output).toMatch(/ {2}- row 2\n {2}\+ \\x1b\[2Jrow two\n {4}---\n/);
    expect(output).toMatch(/\n0 imported, 6 there already, 1 differs and was left \(--overwrite replaces what differs\)\n$/);
    expect(output).not.toContain('\u001b');
    expect(status).toBe(1);
    expect(project.read('snapshots/one.snap')).toBe(before);
    expect(await runHere(inside('changed/one.snap'), '--overwrite')).toMatchObject({ status: 0, output: '0 imported, 1 replaced, 6 there already\n' });
    expect(project.read('snapshots/one.snap')).toContain('row two');
    await runHere(inside(file), '--overwrite');
    expect(project.read('snapshots/one.snap')).toBe(before);
  });

  it('tells what has no place, and what has no entry', async () => {
    await project.write('other/one.snap', `${recorded.replace('rows:stderr - 2', 'rows:stderr - 3')}\n[../../gone:stdout - 1]\nx\n---\n`);
    const { status, output } = await runHere(inside('other/one.snap'));
    expect(output).toContain(`not imported: ${inside('other/one.snap')}:39 [rows:stderr - 3]: its scenario compares that 2 times only\n`);
    expect(output).toContain(`not imported: ${inside('other/one.snap')}:44 [../../gone:stdout - 1]: no scenario asks for it\n`);
    expect(output).toContain(`no entry: ${inside('features/one.feature')}:15 rows (row 2): stderr 1\n`);
    expect(output).toMatch(/\n0 imported, 6 there already, 2 not imported, 1 without an entry\n$/);
    expect(status).toBe(3);
  });

  it('takes over what the reference validator has said, which it says again', async () => {
    const features = join(projectRoot, 'features');
    await project.write('reference/documents.snap', asRecorded(await readFile(join(projectRoot, 'snapshots/documents.snap'), 'utf8')));
    expect(await run(inside('reference'), '--features', features, '--to', inside('imported'))).toMatchObject({ status: 0, output: '4 imported, 0 there already\n' });
    const flags = ['--features', features, '--snapshots', inside('imported'), '--runs', inside('runs'), '--ci'];
    const { status, lastLine } = await project.start(['acceptance', join(features, 'documents.feature'), ...flags]).ended;
    expect(lastLine).toContain('4 scenarios: ✔ 4 held');
    expect(status).toBe(0);
  });

  it('is what to use where the folder of snapshots has files of go-snaps', async () => {
    const { status, output } = await project.acceptance(['--snapshots', inside('features/__snapshots__'), '--ci']);
    expect(output).toContain(`SNAPSHOT_FILE_FOREIGN: ${inside(file)} has snapshots in the format of go-snaps`);
    expect(output).toContain('npm run snapshots:import -- ');
    expect(output).not.toContain('merge conflicts');
    expect(status).toBe(2);
    expect(await run(inside(file), '--features', inside('features'), '--to', inside('features/__snapshots__'))).toMatchObject({ status: 2, output: expect.stringContaining('SNAPSHOT_FILE_FOREIGN: ') as string });
  });

  it.each([
    ['nothing', [], 'CONFIG_INVALID: no file or folder to import is named'],
    ['a file that is not there', ['nowhere.snap'], 'CONFIG_INVALID: there is no file or folder '],
    ['a folder without files', ['empty'], 'CONFIG_INVALID: no .snap file lies below '],
    ['an unknown option', [file, '--replace'], "CONFIG_INVALID: Unknown option '--replace'"],
    ['an unfinished block', ['half.snap'], 'half.snap:4: [rows:stderr - 1] has no line --- before the end of the file'],
    ['a file of this project', ['snapshots/one.snap'], 'one.snap:1: [name - number] is expected here, not "// Jest Snapshot v1'],
    ['a huge file', ['huge.snap'], 'huge.snap:1: it has 70000000 bytes, more than 67108864'],
  ])('refuses %s, and writes nothing', async (_, args, message) => {
    await mkdir(inside('empty'), { recursive: true });
    await project.write('half.snap', '[rows:stdout - 1]\nx\n---\n[rows:stderr - 1]\n\n');
    await project.write('huge.snap', '');
    await truncate(inside('huge.snap'), 70_000_000);
    const target = inside('nothing-written');
    const { status, output } = await run(...args.map((each) => (each.startsWith('--') ? each : inside(each))), '--features', inside('features'), '--to', target);
    expect(output).toContain(message);
    expect(status).toBe(2);
    expect(project.exists('nothing-written')).toBe(false);
  });

  it('refuses features that are not there or can not be read', async () => {
    expect(await run(inside(file), '--features', inside('nowhere'))).toMatchObject({ status: 2, output: expect.stringContaining('FEATURES_MISSING: ') as string });
    await project.write('bad/x.feature', 'Feature: f\n  Scenario: x\n    * a\n  hello\n');
    expect(await run(inside(file), '--features', inside('bad'))).toMatchObject({ status: 2, output: expect.stringMatching(/CONFIG_INVALID: .*x\.feature:4:3: /) as string });
  });
});
