// SPDX-License-Identifier: Apache-2.0
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
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

it.skipIf(strace === undefined).each(readdirSync(folder))('%s fails where the bug is', async (name) => {
  const { plantedBug = '' } = await readReport(join(folder, name, 'report.json'));
  const hangs = plantedBug === 'stale-lock-file' || plantedBug === 'waiters-never-told';
  const running = project.start(['acceptance', join(folder, name, `${name}.feature`), '--planted-bug', plantedBug, '--runs', join(project.folder, 'runs'), ...(hangs ? ['--deadline', '8000'] : [])]);
  const { status, output, lastLine } = await running.ended;
  expect(output).toMatch(/^ {5}VERDICT_BROKEN: /m);
  expect(lastLine).toMatch(/^1 scenario: ✔ 0 held, ✘ 1 broken/);
  expect(status).toBe(1);
});
