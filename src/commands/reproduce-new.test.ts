// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readReport } from '../reproduce/report.ts';
import { newReport } from './reproduce-new.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'new-report-'))));
afterEach(() => rmSync(folder, { recursive: true }));

/** Somebody at a terminal who answers each question as it comes. */
function person(...answers: readonly string[]) {
  const input = Object.assign(new PassThrough(), { isTTY: true });
  const output = new PassThrough();
  const left = [...answers];
  let shown = '';
  output.on('data', (text: Buffer) => {
    shown += text.toString();
    if (shown.endsWith(': ')) input.write(`${left.shift() ?? ''}\n`);
  });
  return { input, output, shown: () => shown };
}

it('asks at a terminal, and writes what can be used as it is', async () => {
  const file = join(folder, 'asked.json');
  const asking = person('images are rejected', '', '', 'in-place-write', '4', 'components', 'no', '1', 'missing', '');
  expect(await newReport(file, asking)).toBe(0);
  expect(await readReport(file)).toEqual({ title: 'images are rejected', subject: 'reference', plantedBug: 'in-place-write', workload: { participants: 4, sharing: 'components', untouched: true, flags: [] }, symptom: { exitStatus: 1, contains: 'missing' } });
  expect(asking.shown()).toContain(`next       npm run reproduce -- --report ${file}`);
});

it('takes an outcome that differs for the symptom where nothing else is named', async () => {
  const file = join(folder, 'asked.json');
  await newReport(file, person('it differs', 'sometimes', 'crane', 'bin/crane', '', '', '', '', '', 'no'));
  const report = await readReport(file);
  expect(report).toMatchObject({ description: 'sometimes', binary: join(folder, 'bin/crane'), symptom: { differsFromSerial: true } });
  expect(report.workload).not.toHaveProperty('untouched');
});

it('says what is wrong with the answers', async () => {
  await expect(newReport(join(folder, 'asked.json'), person('it differs', '', '', '', 'many'))).rejects.toThrow(/what was answered: workload\.participants/);
});

it('writes a template where nobody is to be asked, and nothing over what is there', async () => {
  const file = join(folder, 'template.yaml');
  await newReport(file, { input: new PassThrough(), output: new PassThrough() });
  expect(readFileSync(file, 'utf8')).toContain('# What somebody saw');
  expect((await readReport(file)).workload.participants).toBe(2);
  await expect(newReport(file, { input: new PassThrough(), output: new PassThrough() })).rejects.toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
});
