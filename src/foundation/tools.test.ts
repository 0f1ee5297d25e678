// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { findTool, toolOrSkip } from './tools.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tools-test-'));
  for (const name of ['first', 'second']) await mkdir(join(folder, name));
  vi.stubEnv('STAMPEDE_REQUIRE_TOOLS', undefined);
  vi.stubEnv('STAMPEDE_TOOLS', undefined);
  vi.stubEnv('PATH', join(folder, 'second'));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

it('finds a program on the PATH, and before it in the folder for tools', async () => {
  await writeFile(join(folder, 'second', 'tool'), '', { mode: 0o755 });
  expect(findTool('tool')).toBe(join(folder, 'second', 'tool'));
  await writeFile(join(folder, 'first', 'tool'), '', { mode: 0o755 });
  vi.stubEnv('STAMPEDE_TOOLS', join(folder, 'first'));
  expect(findTool('tool')).toBe(join(folder, 'first', 'tool'));
});

it('passes over files that are no programs, and folders', async () => {
  vi.stubEnv('STAMPEDE_TOOLS', join(folder, 'first'));
  await writeFile(join(folder, 'first', 'tool'), '', { mode: 0o644 });
  await mkdir(join(folder, 'second', 'tool'));
  expect(findTool('tool')).toBeUndefined();
});

it('says what is skipped, or fails where tools are required', () => {
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  expect(toolOrSkip('tool')).toBeUndefined();
  expect(said).toHaveBeenCalledWith(expect.stringContaining('tool'));
  vi.stubEnv('STAMPEDE_REQUIRE_TOOLS', '1');
  expect(() => toolOrSkip('tool')).toThrow('tool');
});
