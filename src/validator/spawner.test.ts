// SPDX-License-Identifier: Apache-2.0
import { fork, spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { root } from '../foundation/root.ts';
import { spawnProcess, type SpawnRequest } from './spawner.ts';

let folder: string;

beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'spawner-test-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const sh = (script: string, more: Partial<SpawnRequest> = {}): SpawnRequest => ({ program: '/bin/sh', arguments: ['-c', script], environment: { PATH: '/usr/bin:/bin' }, directory: folder, ...more });

async function run(request: SpawnRequest): Promise<{ readonly stdout: string; readonly stderr: string; readonly exitCode: number | null; readonly signal: string | null }> {
  const { stdout, stderr, exited } = await spawnProcess(request);
  const [out, err, ended] = await Promise.all([text(stdout), text(stderr), exited]);
  return { stdout: out, stderr: err, ...ended };
}

/** The process that has started this one. */
function parentOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

describe('a process that was spawned', () => {
  it('has the words, environment and folder that it was given, and nothing else', async () => {
    const request = { program: process.execPath, arguments: ['-e', 'process.stdout.write(JSON.stringify([process.argv.slice(1), process.env, process.cwd()]))', '--', 'a b', '', 'ü\n"'], environment: { ONLY: 'this one' }, directory: folder };
    expect(JSON.parse((await run(request)).stdout)).toEqual([['a b', '', 'ü\n"'], { ONLY: 'this one' }, folder]);
  });

  it('has nothing to read, and its outputs are apart', async () => {
    expect(await run(sh('cat; echo out; echo err >&2; exit 7'))).toEqual({ stdout: 'out\n', stderr: 'err\n', exitCode: 7, signal: null });
  });

  it('is told of by the signal that ended it', async () => {
    expect(await run(sh('kill -TERM $$'))).toMatchObject({ exitCode: null, signal: 'SIGTERM' });
  });

  it('loses none of its output, however late that is read and however soon it has ended', async () => {
    const spawned = await spawnProcess(sh('head -c 100000 /dev/zero; echo end'));
    await spawned.exited;
    const [output] = await Promise.all([text(spawned.stdout), text(spawned.stderr)]);
    expect([output.length, output.slice(-4)]).toEqual([100_004, 'end\n']);
  });

  it('may write much more than a pipe holds', async () => {
    expect((await run(sh('head -c 5000000 /dev/zero'))).stdout.length).toBe(5_000_000);
  });

  it('leads a group of its own', async () => {
    const spawned = await spawnProcess(sh('sleep 60 & wait'));
    process.kill(-spawned.pid, 'SIGKILL');
    expect(await spawned.exited).toEqual({ exitCode: null, signal: 'SIGKILL' });
    // Whoever is left of the group would hold it open.
    expect(await text(spawned.stdout)).toBe('');
  });

  it('and another one at the same time have what is their own', async () => {
    const numbers = Array.from({ length: 40 }, (_, index) => String(index));
    const ran = await Promise.all(numbers.map(async (number) => await run(sh(`echo ${number}; exit ${number}`))));
    expect(ran.map(({ stdout, exitCode }) => [stdout, exitCode])).toEqual(numbers.map((number) => [`${number}\n`, Number(number)]));
  });
});

describe('what can not be started', () => {
  it.each([
    ['is not there', sh('', { program: '/nowhere/program' }), /ENOENT/],
    ['may not be run', sh('', { program: '/etc/passwd' }), /EACCES/],
    ['has too many words', sh('', { arguments: ['x'.repeat(4 * 1024 * 1024)] }), /E2BIG/],
    ['has a folder that is not there', sh('', { directory: '/nowhere' }), /ENOENT/],
    ['has a word that no word can be', sh('', { arguments: ['a\0b'] }), /null bytes/],
  ])('%s: the system says so, and the next one starts', async (_, request, said) => {
    await expect(spawnProcess(request)).rejects.toThrow(said);
    expect(await run(sh('echo next'))).toMatchObject({ stdout: 'next\n' });
  });
});

describe.skipIf(process.platform !== 'linux')('the process that starts others', () => {
  it.each([['was started', sh('echo x')], ['could not be started', sh('', { program: '/nowhere/program' })]])('leaves nothing open of what %s', async (_, request) => {
    const openFiles = (): number => readdirSync('/proc/self/fd').length;
    await run(request).catch(() => undefined);
    const before = openFiles();
    for (let round = 0; round < 20; round += 1) await run(request).catch(() => undefined);
    await vi.waitFor(() => expect(openFiles()).toBeLessThan(before + 10), { timeout: 30_000 });
  });

  it('is small: a fork takes the longer the more memory there is', async () => {
    const spawned = await spawnProcess(sh('sleep 60'));
    const helper = parentOf(spawned.pid);
    expect(helper).not.toBe(process.pid);
    const resident = Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${helper}/status`, 'utf8'))?.[1]);
    expect(resident).toBeLessThan(80 * 1024);
    process.kill(-spawned.pid, 'SIGKILL');
    await spawned.exited;
  });

  it('takes what it has started with it when it is killed; that is an error, and the next one starts', async () => {
    const spawned = await spawnProcess(sh('sleep 60'));
    process.kill(parentOf(spawned.pid), 'SIGKILL');
    await expect(spawned.exited).rejects.toMatchObject({ code: 'WORKER_CRASHED' });
    await vi.waitFor(() => expect(isRunning(spawned.pid)).toBe(false), { timeout: 30_000 });
    expect(await run(sh('echo next'))).toMatchObject({ stdout: 'next\n' });
  });

  it('hears nobody but its own', async () => {
    const spawned = await spawnProcess(sh('read -r line; sleep 60'));
    const [address = ''] = /stampede-[0-9a-f]{32}/.exec(readFileSync('/proc/net/unix', 'utf8')) ?? [];
    const stranger = connect(`\0${address}`, () => stranger.write('x'.repeat(32)));
    await once(stranger, 'close');
    process.kill(-spawned.pid, 'SIGKILL');
    expect([await text(spawned.stdout), await text(spawned.stderr)]).toEqual(['', '']);
  });

  const program = (rest: string): string => `
    import { spawnProcess } from ${JSON.stringify(join(root, 'src/validator/spawner.ts'))};
    const spawned = await spawnProcess({ program: '/bin/sleep', arguments: ['60'], environment: {}, directory: '/' });
    ${rest}`;

  function started(rest: string): ChildProcessByStdio<null, Readable, null> {
    writeFileSync(join(folder, 'main.mts'), program(rest));
    return spawn(process.execPath, ['--import', import.meta.resolve('tsx'), join(folder, 'main.mts')], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  }

  it.each(['SIGKILL', 'SIGTERM'] as const)('ends with its own by %s, and with it what it has started, although that stands stopped', async (signal) => {
    const main = started("process.kill(-spawned.pid, 'SIGSTOP'); console.log(spawned.pid);");
    const [line] = (await once(main.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    expect(isRunning(pid)).toBe(true);
    main.kill(signal);
    await vi.waitFor(() => expect(isRunning(pid)).toBe(false), { timeout: 30_000 });
  });

  it('goes on when its word reaches nobody any more, and then ends what it has started', async () => {
    // As Node does where the other end is closed already, and that has not been read yet.
    const unheard = `
      const send = process.send.bind(process);
      process.send = (said, told) => {
        if (said.kind !== 'exited') return send(said, told);
        process.nextTick(told ?? ((error) => process.emit('error', error)), new Error('write EPIPE'));
        return false;
      };`;
    const address = `\0spawner-test-${process.pid}`;
    const server = createServer((socket) => socket.resume()).listen(address);
    const helper = fork(join(root, 'bin/spawner.mjs'), { execArgv: ['--import', `data:text/javascript,${encodeURIComponent(unheard)}`], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    const end = once(helper, 'exit');
    const start = async (id: number, script: string): Promise<number> => {
      const outputs = [`${id} a`, `${id} b`];
      helper.send({ kind: 'open', address, outputs });
      helper.send({ kind: 'start', id, outputs, ...sh(script) });
      const [said] = (await Promise.race([once(helper, 'message'), end])) as [{ pid: number }];
      return said.pid;
    };
    const pid = await start(1, 'sleep 60');
    for (const id of [2, 3]) expect(await start(id, 'exit 0')).toBeGreaterThan(0);
    expect(isRunning(pid)).toBe(true);
    helper.disconnect();
    expect(await end).toEqual([0, null]);
    await vi.waitFor(() => expect(isRunning(pid)).toBe(false), { timeout: 30_000 });
    server.close();
  });

  it('is waited for until its outputs are there, although it has ended by then', () => {
    writeFileSync(join(folder, 'main.mts'), `
      import { setImmediate } from 'node:timers/promises';
      import { spawnProcess } from ${JSON.stringify(join(root, 'src/validator/spawner.ts'))};
      const spawning = spawnProcess({ program: '/bin/echo', arguments: ['said'], environment: {}, directory: '/' });
      for (let turn = 0; turn < 2; turn += 1) await setImmediate();
      // Whatever comes of it is read at once.
      for (const until = performance.now() + 500; performance.now() < until; );
      const spawned = await spawning;
      for await (const piece of spawned.stdout) process.stdout.write(piece);`);
    const { status, stdout } = spawnSync(process.execPath, ['--import', import.meta.resolve('tsx'), join(folder, 'main.mts')], { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], timeout: 60_000 });
    expect([status, stdout]).toEqual([0, 'said\n']);
  });

  it('keeps nobody waiting who has nothing running', () => {
    writeFileSync(join(folder, 'main.mts'), program("process.kill(spawned.pid, 'SIGKILL'); await spawned.exited; spawned.stdout.resume(); spawned.stderr.resume();"));
    const { status, signal } = spawnSync(process.execPath, ['--import', import.meta.resolve('tsx'), join(folder, 'main.mts')], { cwd: root, stdio: 'inherit', timeout: 60_000 });
    expect([status, signal]).toEqual([0, null]);
  });
});

function isRunning(pid: number): boolean {
  return existsSync(`/proc/${pid}/exe`);
}
