// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plainFeature, TestProject, type RunningCommand } from './test-project.ts';

/** Says its pid and ignores what it can; a hundred seconds are its bound. */
const hanging = (pidFile: string): string =>
  `#!/bin/sh\ntrap "" TERM INT\necho "about to hang" >&2\necho $$ > ${pidFile}.new && mv ${pidFile}.new ${pidFile}\nfor i in $(seq 100); do sleep 1; done\n`;

let project: TestProject;

beforeAll(async () => {
  project = await TestProject.open();
  await project.script(hanging(join(project.folder, 'validator.pid')));
  await project.feature(plainFeature);
});

afterAll(async () => await project.close());

/** The pid of the hanging validator, once it runs. */
async function hangingValidator({ child, ended }: RunningCommand): Promise<number> {
  while (!project.exists('validator.pid')) {
    if (child.exitCode !== null) throw new Error(`ended before its validator ran:\n${(await ended).output}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const pid = Number(project.read('validator.pid'));
  await rm(join(project.folder, 'validator.pid'));
  return pid;
}

/** What was sent SIGKILL needs a moment of the processor to end: where there is no parent to wait for it, it is asked for. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

describe.each([
  ['serial', []],
  ['parallel', ['--parallel', '2']],
])('%s', (_name, flags) => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends validators, services and folders', async (signal, wanted) => {
    const running = project.start(['acceptance', ...project.flags(), ...flags]);
    const pid = await hangingValidator(running);
    running.child.kill(signal);
    const { status, output } = await running.ended;
    expect(status).toBe(wanted);
    expect(output).toContain(`INTERRUPTED by ${signal}`);
    await expect.poll(() => isRunning(pid), { timeout: 30_000 }).toBe(false);
    expect(project.leftSessions()).toEqual([]);
  });

  it('what SIGKILL left is cleaned up by the next start', async () => {
    const running = project.start(['acceptance', ...project.flags(), ...flags]);
    const pid = await hangingValidator(running);
    running.child.kill('SIGKILL');
    await running.ended;
    expect(project.leftSessions()).toHaveLength(1);
    const { output } = await project.start(['acceptance', ...project.flags(), '--dry-run']).ended;
    expect(output).toContain('cleaned up after an earlier run that was killed');
    await expect.poll(() => isRunning(pid), { timeout: 30_000 }).toBe(false);
    expect(project.leftSessions()).toEqual([]);
  });
});

describe('while it is starting', () => {
  // At each of these moments a session may or may not be there yet; none may be left.
  it.each([250, 350, 450, 550, 650, 750])('a signal after %i ms leaves nothing', async (ms) => {
    const running = project.start(['stage']);
    await new Promise((resolve) => setTimeout(resolve, ms));
    running.child.kill('SIGTERM');
    // Before the command's own code runs, the signal ends the process by itself.
    const { status } = await running.ended;
    expect([null, 143]).toContain(status);
    expect(project.leftSessions()).toEqual([]);
  });
});

describe('a hanging validator', () => {
  it('is ended at its deadline, and what it wrote is kept', async () => {
    const running = project.start(['acceptance', ...project.flags(), '--deadline', '1000']);
    await hangingValidator(running);
    const { status, output, lastLine } = await running.ended;
    expect(output).toContain('still running at its deadline, ended by SIGKILL');
    expect(lastLine).toContain('✘ 1 broken');
    expect(status).toBe(1);
    const folder = /artifacts {2}(.+)/.exec(output)?.[1] ?? '';
    expect(readFileSync(join(folder, 'run-1', 'validator-1.stderr'), 'utf8')).toBe('about to hang\n');
    expect(project.leftSessions()).toEqual([]);
  });

  it('keeps the history of an interrupted run', async () => {
    const running = project.start(['acceptance', ...project.flags()]);
    await hangingValidator(running);
    running.child.kill('SIGINT');
    const { output } = await running.ended;
    const folder = /what was recorded so far: (.+)/.exec(output)?.[1] ?? '';
    const [scenario = ''] = readdirSync(folder).filter((name) => name.startsWith('s-'));
    expect(readFileSync(join(folder, scenario, 'run-1', 'history.ndjson'), 'utf8')).toContain('"kind":"validator-started"');
  });
});

describe('a worker that crashes', () => {
  it('turns the run red, and leaves no validator behind', async () => {
    const running = project.start(['acceptance', ...project.flags(), '--parallel', '2']);
    const pid = await hangingValidator(running);
    // Its own parent is the process that starts validators.
    process.kill(parentOf(parentOf(pid)), 'SIGKILL');
    const { status, output, lastLine } = await running.ended;
    expect(output).toContain('WORKER_CRASHED: 1 of 1 scenarios never came to an end');
    expect(lastLine).toContain('harness failed');
    expect(status).toBe(4);
    await expect.poll(() => isRunning(pid), { timeout: 30_000 }).toBe(false);
    expect(project.leftSessions()).toEqual([]);
  });

  it('and so does the process that starts validators', async () => {
    const running = project.start(['acceptance', ...project.flags()]);
    const pid = await hangingValidator(running);
    process.kill(parentOf(pid), 'SIGKILL');
    const { status, output, lastLine } = await running.ended;
    expect(output).toContain('WORKER_CRASHED: the process that starts validators is gone');
    expect(lastLine).toContain('harness failed');
    expect(status).toBe(4);
    await expect.poll(() => isRunning(pid), { timeout: 30_000 }).toBe(false);
    expect(project.leftSessions()).toEqual([]);
  });
});

function parentOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

describe('--keep', () => {
  it('leaves the stage up, and prints a command that runs the last validator again', async () => {
    await project.script('#!/bin/sh\necho "ran with $1 in $HOME"\n');
    const running = project.start(['acceptance', ...project.flags(), '--keep']);
    await running.seen(/the stage stays up until Ctrl-C/);
    const shown = running.shown();
    const again = /^ {2}(DOOR=.+)$/m.exec(shown)?.[1] ?? 'false';
    expect(execFileSync('sh', ['-c', again], { encoding: 'utf8' })).toMatch(/^ran with hello in .*\/home$/m);
    const registry = /registry +(http:\S+)/.exec(shown)?.[1] ?? '';
    expect((await fetch(`${registry}/v2/`)).status).toBe(200);
    expect(shown).toMatch(/scenario folders, caches .+: \S+scenarios/);
    running.child.kill('SIGINT');
    expect((await running.ended).status).toBe(130);
    expect(project.leftSessions()).toEqual([]);
  });
});
