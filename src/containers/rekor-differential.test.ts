// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareLogs } from '../conformance/rekor-answers.ts';
import { freshMaterial, questions } from '../conformance/rekor-questions.ts';
import { judgeByRecord, recordedAnswers } from '../conformance/rekor-recorded.ts';
import { embeddedLauncher } from '../stage/embedded-launcher.ts';
import type { Launcher } from '../stage/service.ts';
import { openContainerLauncher } from './launcher.ts';
import { projectComposeFile, testEngine } from './test-engine.ts';

const engine = await testEngine();

describe.skipIf(engine === undefined)('the embedded log and a real one', { timeout: 120_000 }, () => {
  let folder = '';
  // Not before it is known that anything is run: who is skipped removes nothing.
  beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'differential-test-'))));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const start = async (launcher: Launcher) => await launcher.start('rekor', { directory: join(folder, launcher.name.replaceAll(/\W/g, '-')), port: 0 });

  it('give the same answers to the same requests, field by field', async () => {
    await using containers = await openContainerLauncher({ composeFile: projectComposeFile, environment: {} });
    await using real = await start(containers);
    await using embedded = await start(embeddedLauncher);
    const asked = questions(freshMaterial('differential'));
    expect(await compareLogs(embedded.url, real.url, asked)).toEqual([]);
    expect((await judgeByRecord(real.url, questions(freshMaterial('kept')), recordedAnswers())).failures).toEqual([]);
  });
});
