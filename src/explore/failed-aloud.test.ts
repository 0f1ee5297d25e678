// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failedAloud } from './failed-aloud.ts';

let folder: string;

beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'failed-aloud-'))));
afterEach(async () => await rm(folder, { recursive: true }));

interface Ended {
  /** What it says alone. */
  readonly alone?: string;
  readonly exitCode?: number | null;
  readonly stdout?: string;
  readonly stderr?: string;
}

async function isTold({ exitCode = 1, stdout = '', stderr = 'no space left on device\n', alone = 'exit status 0\none 10\ntwo 20\n' }: Ended): Promise<boolean> {
  const [stdoutFile, stderrFile] = [join(folder, 'stdout'), join(folder, 'stderr')];
  await writeFile(stdoutFile, stdout);
  await writeFile(stderrFile, stderr);
  const result = { participant: 'validator-1', ending: 'exited', exitCode, signal: null, durationMs: 1, peakRssBytes: null, peakOpenFiles: undefined, peakThreads: undefined, stdoutFile, stderrFile, registryName: '127.0.0.1:5000' } as const;
  return failedAloud(result, { alone, known: new Map() });
}

describe('a failure is told', () => {
  it.each<readonly [string, Ended]>([
    ['nothing on standard output', {}],
    ['the beginning of what is said alone', { stdout: 'one 10\n' }],
  ])('by an error, and %s', async (_what, ended) => {
    expect(await isTold(ended)).toBe(true);
  });

  it.each<readonly [string, Ended]>([
    ['status 0: silently wrong is the worst', { exitCode: 0 }],
    ['a finding that nobody has alone', { stdout: '{ "success": false }\n' }],
    ['nothing on standard error', { stderr: '' }],
    ['the status of the run alone', { exitCode: 1, alone: 'exit status 1\none 10\n' }],
    ['the status of a process that a signal has ended', { exitCode: null }],
  ])('not by %s', async (_what, ended) => {
    expect(await isTold(ended)).toBe(false);
  });
});
