// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { root } from '../foundation/root.ts';

const { compiled } = (await import(pathToFileURL(join(root, 'bin', 'compiled.mjs')).href)) as { compiled(root: string): Promise<string> };

let folder: string;
const written = (name: string, text: string): void => {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'compiled-test-'));
  cpSync(join(root, 'bin'), join(folder, 'bin'), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  for (const name of ['package.json', 'package-lock.json']) written(name, '{"type":"module"}');
  written('src/state.ts', 'export const state: { value: string } = { value: "as it was" };');
  written('src/commands/main.ts', "import { state } from '../state.ts';\nexport async function main(): Promise<number> {\n  state.value = 'set by main';\n  process.stdout.write((await import(new URL('../../steps/one.steps.js', import.meta.url).href)).seen());\n  return 3;\n}\n");
  written('steps/one.steps.ts', "import { state } from '../src/state.ts';\n\n\nexport const seen = (): string => `${state.value}\\n${new Error('x').stack}`;\n");
  for (const name of ['src/containers/reaper-program.ts', 'bench/run.ts', 'support/hooks.ts']) written(name, 'export {};');
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const builds = (): string[] => readdirSync(join(folder, 'dist', 'app'));
const run = (): { status: number | null; stdout: string; stderr: string } => spawnSync(process.execPath, [join(folder, 'bin', 'stampede.mjs')], { encoding: 'utf8' });

describe('the sources, put together', () => {
  it('are the same to all that load them, and stack traces name the sources', () => {
    const { status, stdout } = run();
    expect(stdout).toMatch(/^set by main\n/);
    expect(stdout).toMatch(/steps\/one\.steps\.ts:4:/);
    expect(status).toBe(3);
  });

  it('are made once for each state of them', async () => {
    const first = await compiled(folder);
    expect(await compiled(folder)).toBe(first);
    written('src/state.ts', 'export const state = { value: "another" };');
    expect(await compiled(folder)).not.toBe(first);
    expect(builds()).toHaveLength(2);
  });

  it('are made by several at once, and nothing unfinished stays', async () => {
    const made = await Promise.all([1, 2, 3, 4].map(async () => await compiled(folder)));
    expect(builds()).toEqual([...new Set(made)].map((path) => basename(path)));
  });

  it('are kept for a week, since whoever began with them may still load of them', async () => {
    const first = await compiled(folder);
    const daysAgo = (days: number): Date => new Date(new Date().getTime() - days * 24 * 60 * 60 * 1000);
    utimesSync(first, daysAgo(6), daysAgo(6));
    written('src/state.ts', 'export const state = { value: "b" };');
    const second = await compiled(folder);
    expect(builds()).toContain(basename(first));
    utimesSync(first, daysAgo(8), daysAgo(8));
    written('src/state.ts', 'export const state = { value: "cc" };');
    await compiled(folder);
    expect(builds()).not.toContain(basename(first));
    expect(builds()).toContain(basename(second));
  });

  it.skipIf(spawnSync('unshare', ['-m', 'true']).status !== 0)('are loaded as they are where nothing can be written', () => {
    written('src/commands/main.ts', "import { state } from '../state.ts';\nexport const main = (): number => state.value.length;\n");
    const { status, stderr } = spawnSync('unshare', ['-m', 'sh', '-c', 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && exec "$0" "$1/bin/stampede.mjs"', process.execPath, folder], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe('as it was'.length);
    expect(readdirSync(folder)).not.toContain('dist');
  });

  it('leaves nothing where they can not be put together', async () => {
    written('src/state.ts', 'export const state = {;');
    await expect(compiled(folder)).rejects.toThrow(/state\.ts/);
    expect(builds()).toEqual([]);
  });
});

it('few files are open at a time', () => {
  const { status, stderr } = spawnSync('sh', ['-c', 'ulimit -n 96 && exec "$0" bin/stampede.mjs reference version', process.execPath], { cwd: root, encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
});
