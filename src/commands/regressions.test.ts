// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toolOrSkip } from '../foundation/tools.ts';
import { readReport } from '../reproduce/report.ts';
import { projectRoot, TestProject } from './test-project.ts';

// A kept regression passes on the safe cache in every `npm run acceptance`; here each has to fail on the bug that it stands for.

const strace = toolOrSkip('strace');
const folder = join(projectRoot, 'features', 'regressions');
let project: TestProject;

beforeAll(async () => {
  project = await TestProject.open();
});

afterAll(async () => await project.close());

describe.each(readdirSync(folder))('%s', (name) => {
  const feature = join(folder, name, `${name}.feature`);
  const needsTracer = /^@regression.* @file-calls/m.test(readFileSync(feature, 'utf8'));

  it.skipIf(needsTracer && strace === undefined)('fails where the bug is', async () => {
    const { plantedBug = '', symptom } = await readReport(join(folder, name, 'report.json'));
    const running = project.start(['acceptance', feature, '--planted-bug', plantedBug, '--runs', join(project.folder, 'runs'), ...(symptom.hangs === true ? ['--deadline', '8000'] : [])]);
    const { status, output, lastLine } = await running.ended;
    expect(output).toMatch(/^ {5}VERDICT_BROKEN: /m);
    expect(lastLine).toMatch(/^1 scenario: ✔ 0 held, ✘ 1 broken/);
    expect(status).toBe(1);
  });
});
