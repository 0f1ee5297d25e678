// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

function crashCache(...args: readonly string[]): { readonly status: number | null; readonly lines: readonly string[]; readonly errors: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['bin/stampede.mjs', 'crash-cache', ...args], { cwd: root, encoding: 'utf8' });
  return { status, lines: stdout.trimEnd().split('\n'), errors: stderr };
}

it('finds nothing in the safe cache, wherever its process is killed', () => {
  const { status, lines } = crashCache('--points', '10', '--seed', 'test');
  const [, points] = /^(\d+) points, \1 clean, 0 partial entries, 0 left behind$/.exec(lines.at(-1) ?? '') ?? [];
  expect(lines.at(-2)).toBe(`${points} were killed before they had ended`);
  expect(status).toBe(0);
});

it('finds what a writer in place leaves, and finds it again at the point that it names', () => {
  const bug = ['--planted-bug', 'in-place-write', '--points', '10', '--seed', 'test'];
  const { status, lines } = crashCache(...bug);
  expect(status).toBe(1);
  expect(lines.at(-1)).toMatch(/ [1-9]\d* partial entries, [1-9]\d* left behind$/);
  const [, call] = lines.map((line) => /^point (\d+) \(at write number/.exec(line)?.[1]).filter((number) => number !== undefined);
  if (call === undefined) return expect(lines[0]).toContain('strace is not here');
  // Each kind of call, also those of which the program makes many before it begins.
  for (const kind of ['openat', 'write', 'close']) expect(lines).toContainEqual(expect.stringContaining(`(at ${kind} number `));
  expect(crashCache(...bug, '--only', call)).toMatchObject({ status: 1, lines: expect.arrayContaining([expect.stringMatching(`^point ${call} `)]) as string[] });
});

it.each([[['--points', 'many'], 'CONFIG_INVALID'], [['--points', '0', '--only', '999999'], 'NOTHING_SELECTED'], [['--planted-bug', 'none'], 'CONFIG_INVALID']])('refuses %j', (args, code) => {
  const { status, errors } = crashCache(...args);
  expect(errors).toContain(code);
  expect(status).toBe(2);
});
