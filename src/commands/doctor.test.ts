// SPDX-License-Identifier: Apache-2.0
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startSmallEngine } from '../containers/test-small-engine.ts';
import type { Check, Outlook } from '../doctor/check.ts';
import { findTool, toolOrSkip } from '../foundation/tools.ts';
import { projectRoot, TestProject } from './test-project.ts';

let project: TestProject;
beforeEach(async () => void (project = await TestProject.open()));
afterEach(async () => {
  expect(project.leftSessions()).toEqual([]);
  await project.close();
});

interface Told {
  readonly status: number;
  readonly checks: readonly Check[];
  readonly outlooks: readonly Outlook[];
}

interface Surroundings {
  /** Before the command: what takes something away from it. */
  readonly under?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

async function run(args: readonly string[], { under = [], environment = {} }: Surroundings = {}) {
  const [program = '', ...words] = [...under, process.execPath, join(projectRoot, 'bin/stampede.mjs'), 'doctor', ...args];
  const child = spawn(program, words, { env: { ...process.env, TMPDIR: project.temporary, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
  const [output, complaint, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close') as Promise<[number | null]>]);
  return { status, output, complaint };
}

async function ask(args: readonly string[] = [], surroundings?: Surroundings) {
  const { status, output, complaint } = await run([...args, '--json'], surroundings);
  expect(complaint).toBe('');
  const told = JSON.parse(output) as Told;
  expect(told.status).toBe(status);
  const check = (name: string): Check | undefined => told.checks.find((one) => one.name === name);
  const outlook = (undertaking: string): string | undefined => told.outlooks.find((one) => one.undertaking === undertaking)?.state;
  return { status, check, outlook };
}

/** Whether a namespace of one's own can be had, as root can. */
const unshare = spawnSync('unshare', ['-m', '-n', 'true']).status === 0;
const strace = toolOrSkip('strace');

describe('doctor', () => {
  it('without git nothing starts', async () => {
    const { status, check, outlook } = await ask([], { environment: { PATH: project.folder } });
    expect(status).toBe(4);
    expect(check('git')).toMatchObject({ state: 'missing', found: 'git is not on the PATH' });
    expect(outlook('acceptance')).toBe('does not work');
    expect(outlook('crash:cache')).not.toBe('does not work');
  });

  it('a git without http-backend is none', async () => {
    await project.write('programs/git', `#!/bin/sh\necho ${project.folder}\n`);
    await project.makeExecutable('programs/git');
    const { status, check } = await ask([], { environment: { PATH: join(project.folder, 'programs') } });
    expect(status).toBe(4);
    expect(check('git')?.found).toBe('this git has no http-backend');
  });

  it('without strace verdicts on file calls would be unknown, and it says so', async () => {
    await project.write('programs/git', `#!/bin/sh\nexec ${findTool('git')} "$@"\n`);
    await project.makeExecutable('programs/git');
    const { status, check, outlook } = await ask([], { environment: { PATH: join(project.folder, 'programs'), STAMPEDE_TOOLS: '' } });
    expect(status).toBe(3);
    expect(check('file calls')).toMatchObject({ state: 'missing', found: 'strace is not installed', means: expect.stringContaining('unknown') });
    expect(['acceptance', 'explore', 'explore with file calls', 'matrix'].map(outlook)).toEqual(['in part', 'works', 'does not work', 'in part']);
  });

  it.skipIf(strace === undefined)('where ptrace is not allowed strace is of no use', async () => {
    // Who is traced already can't be traced by another one.
    const { status, check } = await ask([], { under: [strace!, '-f', '-o', '/dev/null', '-e', 'trace=none'] });
    expect(status).toBe(3);
    expect(check('file calls')).toMatchObject({ state: 'missing', found: expect.stringMatching(/^this system does not let processes be traced: .*not permitted/) });
  });

  it.skipIf(strace === undefined)('an strace that is too old is told before a run needs it', async () => {
    await project.write('programs/strace', `#!/bin/sh\n[ "$1" != -DD ] || { echo "strace: invalid option -- D" >&2; exit 1; }\nexec ${strace} "$@"\n`);
    await project.makeExecutable('programs/strace');
    const { status, check } = await ask([], { environment: { STAMPEDE_TOOLS: join(project.folder, 'programs') } });
    expect(status).toBe(3);
    expect(check('file calls')?.found).toMatch(/^strace \S+ is of no use here: strace: invalid option -- D \(status 1\)$/);
  });

  it('an engine that is not there stops nothing but its own stage', async () => {
    const environment = { DOCKER_HOST: `unix://${project.folder}/none.sock` };
    const { status, check, outlook } = await ask([], { environment });
    expect(status).toBe(0);
    expect(check('container engine')).toMatchObject({ state: 'missing', found: `no container engine answers at DOCKER_HOST=${environment.DOCKER_HOST}` });
    expect(outlook('acceptance:containers')).toBe('does not work');
    expect((await ask(['--stage', 'containers'], { environment })).status).toBe(4);
  });

  it('an external stage is asked for its services', async () => {
    const nowhere = 'http://127.0.0.1:1';
    const { status, check } = await ask(['--stage', 'external', '--registry-url', nowhere, '--rekor-url', nowhere, '--git-url', nowhere, '--git-certificate', '/none']);
    expect(status).toBe(4);
    expect(check('external registry')?.found).toBe(`registry does not answer at ${nowhere}/v2/`);
  });

  it('few open files', async () => {
    const { status, check } = await ask([], { under: ['/bin/sh', '-c', 'ulimit -n 160; exec "$0" "$@"'] });
    expect(status).toBe(4);
    expect(check('open files')).toMatchObject({ state: 'missing', found: 'up to 160 at once' });
  });

  it.skipIf(!unshare)('no loopback', async () => {
    const { status, check } = await ask([], { under: ['unshare', '-n'] });
    expect(status).toBe(4);
    expect(check('loopback')?.state).toBe('missing');
  });

  it.skipIf(!unshare)('a full disk, and a folder for runs that can not be written', async () => {
    const small = 'mkdir "$TMPDIR/small" && mount -t tmpfs -o size=2m none "$TMPDIR/small" && mount -t tmpfs -o ro none /mnt && export TMPDIR="$TMPDIR/small" && exec "$0" "$@"';
    const { status, check } = await ask(['--runs', '/mnt/runs'], { under: ['unshare', '-m', '/bin/sh', '-c', small] });
    expect(status).toBe(4);
    expect(check('temporary files')).toMatchObject({ state: 'missing', found: expect.stringMatching(/small, [01] MiB free$/) });
    expect(check('stored runs')?.found).toMatch(/^can't write into \/mnt: EROFS/);
  });

  it.skipIf(!unshare)('no word of who waits', async () => {
    const { status, check } = await ask([], { under: ['unshare', '-m', '/bin/sh', '-c', 'mount -t tmpfs none /proc && exec "$0" "$@"'] });
    expect(status).toBe(3);
    expect(check('waiting processes')).toMatchObject({ state: 'missing', means: expect.stringContaining('unknown') });
  });
});

describe('doctor and an engine that answers', async () => {
  const small = await startSmallEngine(48);
  afterAll(async () => await small?.[Symbol.asyncDispose]());

  it.skipIf(small === undefined)('the stage of containers still wants its images', async () => {
    const { status, check, outlook } = await ask(['--stage', 'containers'], { environment: { DOCKER_HOST: small!.dockerHost } });
    expect(check('container engine')).toMatchObject({ state: 'ok', found: expect.stringMatching(/^Docker \S+, API \S+; started by /) });
    expect(check('images')).toMatchObject({ state: 'missing', found: expect.stringContaining('not built yet: stampede-'), remedy: expect.stringContaining('npm run images:build') });
    expect(outlook('acceptance:containers')).toBe('does not work');
    expect(status).toBe(4);
  });
});

describe("doctor and the user's validator", () => {
  const given = (binary: string): readonly string[] => ['--subject', 'ec', '--binary', binary];

  it.each(['', '/nowhere/ec'])('%j: none is wrong usage, and all else is told nevertheless', async (binary) => {
    const { status, check, outlook } = await ask(given(binary));
    expect(status).toBe(2);
    expect(check('validator')?.state).toBe('missing');
    expect(check('git')?.state).toBe('ok');
    expect(outlook('acceptance')).toBe('does not work');
    expect(outlook('matrix')).not.toBe('does not work');
  });

  it('one that may not be executed', async () => {
    const script = await project.write('validator', '#!/bin/sh\n');
    const { status, check } = await ask(given(script));
    expect(status).toBe(2);
    expect(check('validator')).toMatchObject({ found: `${script} can't be executed: it has no execute permission`, remedy: `chmod +x ${script}` });
  });

  it('what it says of itself moves no cursor', async () => {
    const script = await project.script('#!/bin/sh\nexec printf "v1 \\033[2J\\033]0;title\\007\\rof\\b\\n"\n');
    const { output } = await run(given(script));
    expect(output).toMatch(/^ok {7}validator {9}script of sh, v1 /m);
    expect(output).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    expect(output).toMatch(/^works {10}acceptance$/m);
  });

  it('wrong usage is one message', async () => {
    expect(await run(['--subject', 'nope'])).toMatchObject({ status: 2, output: '', complaint: expect.stringMatching(/^SUBJECT_UNKNOWN: /) });
    expect(await run(['--frobnicate'])).toMatchObject({ status: 2, output: '', complaint: expect.stringMatching(/^CONFIG_INVALID: /) });
  });

  it('nothing is left: no folder for runs, nothing in TMPDIR but what every command leaves', async () => {
    await run(['--runs', join(project.folder, 'runs')]);
    expect(existsSync(join(project.folder, 'runs'))).toBe(false);
    expect(readdirSync(project.temporary).filter((name) => !/^(stampede|tsx)-\d+$/.test(name))).toEqual([]);
  });
});
