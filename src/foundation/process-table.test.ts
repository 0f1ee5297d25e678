// SPDX-License-Identifier: Apache-2.0
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { groupSizeOf, peakRssOf, signalGroup, standsTraced, startTimeOf } from './process-table.ts';
import { toolOrSkip } from './tools.ts';

/** Larger than the highest number that Linux gives out. */
const nobody = 2 ** 22 + 1;
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
});

/** In a group of its own; resolves when the script has printed something. */
async function started(program: string, args: readonly string[]): Promise<ChildProcess & { readonly pid: number }> {
  const child = spawn(program, args, { detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  await once(child.stdout, 'data');
  return child as typeof child & { readonly pid: number };
}

const sleeper = ['--eval', 'setInterval(() => {}, 1e6); console.log("up")'];

describe.skipIf(process.platform !== 'linux')('the process table', () => {
  it('tells processes apart by when they started, and the same process always the same', async () => {
    const child = await started(process.execPath, sleeper);
    expect(startTimeOf(process.pid)).toMatch(/^\d+$/);
    expect(startTimeOf(process.pid)).toBe(startTimeOf(process.pid));
    expect(Number(startTimeOf(child.pid))).toBeGreaterThan(Number(startTimeOf(process.pid)));
    expect(startTimeOf(nobody)).toBeUndefined();
  });

  it('reads through any name that a program may have', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'table-test-'));
    symlinkSync(process.execPath, join(folder, 'a) S 1 (b'));
    const child = await started(join(folder, 'a) S 1 (b'), sleeper);
    expect(Number(startTimeOf(child.pid))).toBeGreaterThan(Number(startTimeOf(process.pid)));
    expect(groupSizeOf(child.pid)).toBe(1);
    rmSync(folder, { recursive: true });
  });

  it('keeps the highest memory in bytes after it was given back', async () => {
    const large = 'let held = Buffer.alloc(150e6, 1); held = undefined; globalThis.gc(); setInterval(() => {}, 1e6); console.log("up")';
    const child = await started(process.execPath, ['--expose-gc', '--eval', large]);
    expect(peakRssOf(child.pid)).toBeGreaterThan(150e6);
    expect(peakRssOf(child.pid)).toBeLessThan(450e6);
    expect(peakRssOf(nobody)).toBeUndefined();
  });

  it('counts and signals a whole group, and says when none is left', async () => {
    const child = await started('/bin/sh', ['-c', 'sleep 100 & sleep 100 & echo up; wait']);
    expect(groupSizeOf(child.pid)).toBe(3);
    const exited = once(child, 'exit');
    expect(signalGroup(child.pid, 'SIGKILL')).toBe(true);
    expect((await exited)[1]).toBe('SIGKILL');
    while (groupSizeOf(child.pid) > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(groupSizeOf(nobody)).toBe(0);
    expect(signalGroup(nobody, 'SIGKILL')).toBe(false);
  });

  it.each([0, 1])('is never asked for by number %i, which stands for others than it says', (pid) => {
    const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
    expect(signalGroup(pid, 'SIGKILL')).toBe(false);
    expect(kill).not.toHaveBeenCalled();
    kill.mockRestore();
  });
});

const strace = toolOrSkip('strace');

describe.skipIf(strace === undefined)('a process under a tracer', () => {
  const busy = ['-e', 'console.log("up"); for (;;);'];

  it('stands once it has been stopped, and not before', async () => {
    const { pid } = await started(strace ?? '', ['-DD', '-f', '-qq', '-o', '/dev/null', '-e', 'trace=none', '--', process.execPath, ...busy]);
    for (let looks = 0; looks < 1000; looks += 1) expect(standsTraced(pid)).toBe(false);
    process.kill(pid, 'SIGSTOP');
    await expect.poll(() => standsTraced(pid), { interval: 5, timeout: 30_000 }).toBe(true);
    process.kill(pid, 'SIGCONT');
    await expect.poll(() => standsTraced(pid), { interval: 5, timeout: 30_000 }).toBe(false);
  });

  it('is not told to stand when nobody traces it: anybody could let it go on', async () => {
    const { pid } = await started(process.execPath, busy);
    process.kill(pid, 'SIGSTOP');
    await expect.poll(() => /^State:\s+T/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')), { interval: 5, timeout: 30_000 }).toBe(true);
    expect(standsTraced(pid)).toBe(false);
  });
});
