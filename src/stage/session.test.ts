// SPDX-License-Identifier: Apache-2.0
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { endLeftovers } from '../validator/leftovers.ts';
import { openSession, sweepSessions } from './session.ts';

let root: string;

beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'session-test-'))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

const sessionModule = new URL('./session.ts', import.meta.url).href;
const leftoversModule = new URL('../validator/leftovers.ts', import.meta.url).href;

/** A process that opens a session, starts a detached one and notes it, says both, and waits. */
async function owner(): Promise<{ readonly child: ChildProcess; readonly directory: string; readonly started: number }> {
  const program = `
    import { spawn } from 'node:child_process';
    const { openSession } = await import('${sessionModule}');
    const { noteProcess } = await import('${leftoversModule}');
    const session = await openSession({ root: ${JSON.stringify(root)} });
    const child = spawn('sleep', ['100'], { detached: true, stdio: 'ignore' });
    noteProcess(session.ledgerFile, child.pid);
    console.log(JSON.stringify({ directory: session.directory, started: child.pid }));
    process.on('SIGUSR2', () => process.exit(4));
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, ...(JSON.parse(line.toString()) as { directory: string; started: number }) };
}

function attributesOf(directory: string): string {
  return execFileSync('lsattr', ['-d', directory], { encoding: 'utf8' }).split(' ')[0] ?? '';
}

function knowsUnrelated(): boolean {
  const directory = mkdtempSync(join(tmpdir(), 'session-test-'));
  try {
    return spawnSync('chattr', ['+T', directory]).status === 0;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

describe('a session', () => {
  it('has a folder of its own that nobody else can read, and goes with it', async () => {
    const session = await openSession({ root });
    expect(statSync(session.directory).mode & 0o777).toBe(0o700);
    expect(JSON.parse(readFileSync(join(session.directory, 'owner.json'), 'utf8'))).toMatchObject({ pid: process.pid });
    await session[Symbol.asyncDispose]();
    expect(readdirSync(root)).toEqual([]);
  });

  it.skipIf(!knowsUnrelated())('lies far from other ones on the disk, where the file system can do that', async () => {
    const made = join(root, 'below', 'made');
    await using session = await openSession({ root: made });
    expect(attributesOf(made)).toContain('T');
    expect(attributesOf(session.directory)).not.toContain('T');
  });

  it('leaves nothing where something is made in it after it has gone, such as by work that was under way', async () => {
    const program = `
      import { existsSync, mkdirSync } from 'node:fs';
      const { openSession } = await import('${sessionModule}');
      const session = await openSession({ root: ${JSON.stringify(root)} });
      await session[Symbol.asyncDispose]();
      mkdirSync(session.directory + '/scenarios/late', { recursive: true });
      console.log(existsSync(session.directory));
      process.exit(143);`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', program], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [[said], [status]] = await Promise.all([once(child.stdout, 'data'), once(child, 'exit')]);
    expect([String(said), status]).toEqual(['true\n', 143]);
    expect(readdirSync(root)).toEqual([]);
  });

  it('is gone too where the process ended while it was made', async () => {
    const program = `
      const { readdirSync } = await import(${JSON.stringify(new URL('session.ts', import.meta.url).href)}).then(async ({ openSession }) => {
        void openSession({ root: ${JSON.stringify(root)} });
        return await import('node:fs');
      });
      const look = () => {
        const there = readdirSync(${JSON.stringify(root)});
        if (there.length === 0) return void setImmediate(look);
        console.log(there.length);
        process.exit(130);
      };
      look();`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', program], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [[said], [status]] = await Promise.all([once(child.stdout, 'data'), once(child, 'exit')]);
    expect([String(said), status]).toEqual(['1\n', 130]);
    expect(readdirSync(root)).toEqual([]);
  });

  it('says when no folder can be made', async () => {
    writeFileSync(join(root, 'file'), '');
    await expect(openSession({ root: join(root, 'file') })).rejects.toMatchObject({ code: 'FOLDER_NOT_WRITABLE' });
  });
});

describe('a sweep', () => {
  it.each([['was killed', 'SIGKILL'], ['ended all at once', 'SIGUSR2']] as const)('ends the processes and removes the folder of a run that %s', async (_, signal) => {
    const { child, directory, started } = await owner();
    expect(await sweepSessions({ root, endLeftovers })).toEqual([]);
    expect(isRunning(started)).toBe(true);
    child.kill(signal);
    await once(child, 'exit');
    expect(await sweepSessions({ root, endLeftovers })).toEqual([{ id: directory.split('/').at(-1), processes: 1 }]);
    await expect.poll(() => isRunning(started), { timeout: 30_000 }).toBe(false);
    expect(existsSync(directory)).toBe(false);
  });

  it('knows a pid that has gone to another process', async () => {
    const session = await openSession({ root });
    const file = join(session.directory, 'owner.json');
    writeFileSync(file, JSON.stringify({ ...(JSON.parse(readFileSync(file, 'utf8')) as object), startTime: '1' }));
    expect(await sweepSessions({ root, endLeftovers })).toHaveLength(1);
  });

  it('shares the work with another one', async () => {
    for (let count = 0; count < 5; count += 1) {
      const { directory } = await openSession({ root });
      writeFileSync(join(directory, 'owner.json'), JSON.stringify({ pid: 2 ** 22 + 1, startTime: '1', created: '' }));
    }
    const sweeps = await Promise.all([sweepSessions({ root, endLeftovers }), sweepSessions({ root, endLeftovers })]);
    expect(sweeps.flat()).toHaveLength(5);
    expect(readdirSync(root)).toEqual([]);
  });

  it('touches nothing that is not a session', async () => {
    const outside = join(root, 'outside');
    mkdirSync(join(outside, 'kept'), { recursive: true });
    const id = `session-${'0'.repeat(8)}-0000-0000-0000-${'0'.repeat(12)}`;
    symlinkSync(outside, join(root, id));
    mkdirSync(join(root, 'session-not-one'));
    mkdirSync(join(root, id.replace('session-0', 'session-1')));
    writeFileSync(join(root, id.replace('session-0', 'session-2')), 'a file');
    const before = readdirSync(root).sort();
    expect(await sweepSessions({ root, endLeftovers })).toEqual([]);
    expect(readdirSync(root).sort()).toEqual(before);
    expect(existsSync(join(outside, 'kept'))).toBe(true);
  });

  it('finds nothing where there is nothing', async () => {
    expect(await sweepSessions({ root: join(root, 'missing'), endLeftovers })).toEqual([]);
  });
});
