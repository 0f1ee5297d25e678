// SPDX-License-Identifier: Apache-2.0
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { standsTraced } from '../foundation/process-table.ts';
import { toolOrSkip } from '../foundation/tools.ts';
import { callFamilies } from './calls.ts';
import { openTracedProcess, type TracedProcess } from './traced-process.ts';

/** Says each time that it is told to go on; another thread of it is busy when it is told so. */
const program = `
const { Worker } = require('node:worker_threads');
process.on('SIGCONT', () => process.stdout.write('told to go on\\n'));
new Worker("require('node:worker_threads').workerData === 'busy' ? (() => { for (;;); })() : setInterval(() => {}, 1e6)", { eval: true, workerData: process.argv[1] }).once('online', () => process.stdout.write('ready\\n'));
`;

const strace = toolOrSkip('strace');
let folder: string;
let child: ChildProcess;
let traced: TracedProcess;
let said: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'traced-process-'));
  said = '';
});

afterEach(async () => {
  await traced.close();
  child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

async function start(kind: 'busy' | 'idle', stands?: (pid: number) => boolean): Promise<void> {
  child = spawn(strace ?? '', ['-DD', '-f', '-qq', '-o', '/dev/null', '-e', 'trace=none', '--', process.execPath, '-e', program, kind], { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  child.stdout?.setEncoding('utf8').on('data', (text: string) => void (said += text));
  await once(child.stdout as NonNullable<typeof child.stdout>, 'data');
  said = '';
  traced = await openTracedProcess({ traceFile: join(folder, 'trace'), directory: join(folder, 'cache'), families: callFamilies, stopping: ['rename'], onCall: () => undefined }, stands);
  traced.started(child.pid ?? 0);
}

/** What strace would write of it, for which another one keeps it. */
function trace(line: string): void {
  appendFileSync(join(folder, 'trace'), `${line}\n`);
}

function threads(): readonly string[] {
  return readdirSync(`/proc/${child.pid ?? 0}/task`);
}

// Told to go on by mistake it would pass by the place where it is stopped next.
describe.skipIf(strace === undefined)('a process is not told to go on', () => {
  it.each(['busy', 'idle'] as const)('that is %s, for a thread of which it is told late, however often it is looked at', async (kind) => {
    let looks = 0;
    await start(kind, (pid) => {
      looks += 1;
      return standsTraced(pid);
    });
    const [first = ''] = threads();
    trace(`${first} --- stopped by SIGSTOP ---`);
    await expect.poll(() => {
      // So that it is looked at within a moment, too.
      trace(`${first} read(3<pipe:[1]>, ""..., 1) = 1`);
      return looks;
    }, { interval: 1, timeout: 30_000 }).toBeGreaterThan(50);
    expect(said).toBe('');
  });
});

describe.skipIf(strace === undefined)('a process is told to go on', () => {
  it('once all threads have been seen to stop', async () => {
    await start('idle');
    for (const thread of threads()) trace(`${thread} --- stopped by SIGSTOP ---`);
    await expect.poll(() => said, { interval: 5, timeout: 30_000 }).toBe('told to go on\n');
  });

  it('once all stand, though of a thread nobody told', async () => {
    await start('busy');
    process.kill(child.pid ?? 0, 'SIGSTOP');
    trace(`${threads()[1] ?? ''} --- stopped by SIGSTOP ---`);
    await expect.poll(() => said, { interval: 5, timeout: 30_000 }).toBe('told to go on\n');
  });

  it('and so is what it has started, of which it is told at the last moment', async () => {
    const started = spawn(process.execPath, ['-e', 'process.kill(process.pid, "SIGSTOP"); console.log("went on")'], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void started.kill('SIGKILL'));
    await expect.poll(() => readFileSync(`/proc/${started.pid ?? 0}/status`, 'utf8'), { interval: 5, timeout: 30_000 }).toMatch(/^State:\s+T/m);
    await start('idle', () => {
      trace(`${started.pid ?? 0} --- stopped by SIGSTOP ---`);
      return true;
    });
    trace(`${threads()[1] ?? ''} --- stopped by SIGSTOP ---`);
    await once(started.stdout, 'data');
  }, 30_000);
});
