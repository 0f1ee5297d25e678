// SPDX-License-Identifier: Apache-2.0
import { execFile, execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { shellQuoted, shellScript } from './command-line.ts';
import { doorEnvironment } from './environment.ts';

const run = promisify(execFile);

/** What a shell might take for something else. */
const hostile = [
  '', ' ', '  two  spaces  ', "it's", "''", '"double"', '$HOME', '${HOME}', '$(id)', '`id`', '\\', '\\n', 'line\nbreak', '\ttab', '*', '?', '[a]', '~', '~root',
  '!history', '#comment', '; rm', '&', '| cat', '> file', '< file', '(sub)', '{a,b}', '-n', '--', '=', 'a=b', '%s', 'ÄÖ✓', '{"components":[{"name":"A"}]}', "'\\''",
];

let folder: string;
let program: string;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'command-line-test-')));
  program = join(folder, 'say what was given.mjs');
  await writeFile(program, `#!${process.execPath}\nconst { argv, env } = process;\nprocess.stdout.write(JSON.stringify({ words: argv.slice(2), env, directory: process.cwd() }));\n`, { mode: 0o700 });
});

afterAll(async () => await rm(folder, { recursive: true }));

it('quotes words so that a shell gives them back', () => {
  const said = execFileSync('sh', ['-c', shellQuoted([program, ...hostile])], { encoding: 'utf8' });
  expect((JSON.parse(said) as { words: string[] }).words).toEqual(hostile);
});

it('leaves plain words readable', () => {
  expect(shellQuoted(['ec', 'validate', '--image', 'registry.local/a/b:c@sha256:d', '--x=1'])).toBe('ec validate --image registry.local/a/b:c@sha256:d --x=1');
});

it('writes a script that runs the same command in the same place and environment, and nothing else of it', async () => {
  const directory = join(folder, "work $(here) it's");
  await mkdir(directory);
  const environment = Object.fromEntries(hostile.map((value, index) => [`VALUE_${index}`, value]));
  const script = join(folder, 'script.sh');
  await writeFile(script, shellScript({ directory, environment, command: [program, ...hostile] }));
  const { stdout } = await run('sh', [script], { env: { PATH: process.env['PATH'], DOOR: 'http://127.0.0.1:1', INHERITED: 'no' }, cwd: '/' });
  const said = JSON.parse(stdout) as { words: string[]; env: Record<string, string>; directory: string };
  expect(said.words).toEqual(hostile);
  expect(said.directory).toBe(directory);
  expect(said.env).toEqual({ ...environment, ...doorEnvironment('http://127.0.0.1:1') });
});

it('writes a script that says what it needs when no door is given', async () => {
  const script = join(folder, 'no-door.sh');
  await writeFile(script, shellScript({ directory: folder, environment: {}, command: [program] }));
  await expect(run('sh', [script], { env: { PATH: process.env['PATH'] } })).rejects.toMatchObject({ stdout: '', stderr: expect.stringContaining('--keep') });
});

it('writes a script that runs nothing when the folder has gone', async () => {
  const script = join(folder, 'no-folder.sh');
  await writeFile(script, shellScript({ directory: join(folder, 'gone'), environment: {}, command: [program] }));
  await expect(run('sh', [script], { env: { PATH: process.env['PATH'], DOOR: 'x' } })).rejects.toMatchObject({ stdout: '' });
});
