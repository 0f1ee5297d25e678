// SPDX-License-Identifier: Apache-2.0
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toolOrSkip } from '../foundation/tools.ts';
import { cpuTimeOf } from '../foundation/process-table.ts';
import type { FileCall } from '../history/event.ts';
import { callFamilies } from './calls.ts';
import type { TracingSettings } from './traced-process.ts';
import { openTracing } from './tracing.ts';

/** Writes an entry in place, in two halves, while another thread is busy. */
const writer = `
import { mkdir, open, rename, unlink } from 'node:fs/promises';
const cache = process.argv[2];
const spin = setInterval(() => { for (let i = 0; i < 1e5; i += 1); }, 1);
await mkdir(cache);
const file = await open(cache + '/entry', 'wx');
await file.write(Buffer.alloc(1000, 'a'));
await file.write(Buffer.alloc(1000, 'b'));
await file.sync();
await file.close();
await rename(cache + '/entry', cache + '/other');
await unlink(cache + '/other');
clearInterval(spin);
process.exitCode = 7;
`;

const strace = toolOrSkip('strace');
let folder: string;
let cache: string;
let child: ChildProcess | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tracing-'));
  cache = join(folder, 'cache');
  await writeFile(join(folder, 'writer.mjs'), writer);
});

afterEach(async () => {
  child?.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

interface Running {
  readonly ended: Promise<readonly [number | null, string | null]>;
  readonly pid: number;
}

async function traced(settings: Pick<TracingSettings, 'stopping' | 'onCall'>, command: readonly string[] = [process.execPath, join(folder, 'writer.mjs'), cache]): Promise<Running> {
  const tracing = await openTracing({ traceFile: join(folder, 'trace'), directory: cache, families: callFamilies, ...settings });
  const [program = '', ...rest] = [...tracing.words, ...command];
  const started = spawn(program, rest, { stdio: ['ignore', 'ignore', 'inherit'], detached: true });
  child = started;
  const pid = started.pid ?? 0;
  tracing.started(pid);
  const ended = once(started, 'exit').then(async (how) => {
    await tracing.close();
    return how as [number | null, string | null];
  });
  return { ended, pid };
}

describe.skipIf(strace === undefined)('a traced process', () => {
  it('tells its calls on the cache in order, and keeps its number and status', async () => {
    const calls: FileCall[] = [];
    const { ended, pid } = await traced({ stopping: [], onCall: (call) => void calls.push(call) });
    expect(readFileSync(`/proc/${pid}/comm`, 'utf8')).not.toBe('');
    expect(await ended).toEqual([7, null]);
    const changing = calls.filter(({ family }) => !['look', 'read'].includes(family)).map(({ family, nth, path }) => `${family} ${nth} ${path}`);
    expect(changing).toEqual(['create 1 ', 'create 2 entry', 'write 1 entry', 'write 2 entry', 'sync 1 entry', 'close 1 entry', 'rename 1 other', 'remove 1 other']);
  });

  it.each([['write', 1, 1000], ['write', 2, 2000], ['create', 2, 0]] as const)('stands still after %s %d, all threads of it, and goes on', async (family, nth, bytes) => {
    const seen: unknown[] = [];
    const { ended, pid } = await traced({
      stopping: [family],
      onCall: async (call) => {
        if (call.family !== family || call.nth !== nth) return;
        // The system itself spends a few microseconds of theirs on putting them to rest.
        await new Promise((resolve) => setTimeout(resolve, 20));
        const before = cpuTimeOf(pid);
        seen.push((await readFile(join(cache, 'entry'))).length);
        // Busy as it was: a thread that still ran would have run in this time.
        await new Promise((resolve) => setTimeout(resolve, 100));
        expect(cpuTimeOf(pid)).toBe(before);
      },
    });
    expect(await ended).toEqual([7, null]);
    expect(seen).toEqual([bytes]);
  });

  it('stands after each of many calls, none lost', async () => {
    const many = `
      import { appendFile, mkdir } from 'node:fs/promises';
      await mkdir(process.argv[2]);
      await Promise.all(Array.from({ length: 100 }, (_, index) => appendFile(process.argv[2] + '/' + index % 7, 'x')));`;
    await writeFile(join(folder, 'many.mjs'), many);
    let writes = 0;
    const { ended } = await traced({ stopping: ['write'], onCall: async ({ family }) => void (writes += family === 'write' ? 1 : 0) }, [process.execPath, join(folder, 'many.mjs'), cache]);
    expect(await ended).toEqual([0, null]);
    expect(writes).toBe(100);
  });

  it('stands, and what it has started goes on: that makes such calls, too', async () => {
    const parent = `
      import { execFileSync } from 'node:child_process';
      import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
      execFileSync('/bin/sh', ['-c', 'cd "$0" && for name in 1 2 3 4 5; do : > from && mv from "$name"; done', ${JSON.stringify(folder)}]);
      mkdirSync(process.argv[2]);
      writeFileSync(process.argv[2] + '/entry.tmp', '');
      renameSync(process.argv[2] + '/entry.tmp', process.argv[2] + '/entry');`;
    await writeFile(join(folder, 'parent.mjs'), parent);
    const told: string[] = [];
    const { ended } = await traced({ stopping: ['create', 'rename'], onCall: ({ family, path }) => void (family === 'rename' && told.push(path)) }, [process.execPath, join(folder, 'parent.mjs'), cache]);
    expect(await ended).toEqual([0, null]);
    expect(told).toEqual(['entry']);
  });

  it('stands, again and again, while what it has started does the same', async () => {
    const parent = `
      import { spawn } from 'node:child_process';
      import { once } from 'node:events';
      import { mkdir, rename, writeFile } from 'node:fs/promises';
      await mkdir(process.argv[2]);
      await writeFile(process.argv[2] + '/0', '');
      const started = spawn('/bin/sh', ['-c', 'cd "$0" && for name in $(seq 1 40); do : > from && mv from "to $name"; done', ${JSON.stringify(folder)}]);
      const ended = once(started, 'exit');
      for (let count = 0; count < 100; count += 1) await rename(process.argv[2] + '/' + count, process.argv[2] + '/' + (count + 1));
      process.exitCode = (await ended)[0];`;
    await writeFile(join(folder, 'parent.mjs'), parent);
    const told: string[] = [];
    const { ended } = await traced({ stopping: ['create', 'rename', 'close'], onCall: ({ family, path }) => void (family === 'rename' && told.push(path)) }, [process.execPath, join(folder, 'parent.mjs'), cache]);
    expect(await ended).toEqual([0, null]);
    expect(told).toEqual(Array.from({ length: 100 }, (_, count) => String(count + 1)));
  }, 30_000);

  it('goes on, and its end tells, when who is told fails', async () => {
    const { ended } = await traced({ stopping: ['write'], onCall: async () => await Promise.reject(new Error('told in vain')) });
    await expect(ended).rejects.toThrow('told in vain');
  });

  it('is killed where it stands', async () => {
    const { ended, pid } = await traced({ stopping: ['write'], onCall: ({ family, nth }) => void (family === 'write' && nth === 1 && process.kill(pid, 'SIGKILL')) });
    expect(await ended).toEqual([null, 'SIGKILL']);
    expect((await readFile(join(cache, 'entry'))).length).toBe(1000);
  });

  it('does not outlive the one who stopped it', async () => {
    const runner = `
      import { openTracing } from ${JSON.stringify(new URL('./tracing.ts', import.meta.url).pathname)};
      import { spawnProcess } from ${JSON.stringify(new URL('../validator/spawner.ts', import.meta.url).pathname)};
      const tracing = await openTracing({ traceFile: ${JSON.stringify(join(folder, 'trace'))}, directory: ${JSON.stringify(cache)}, families: ['write'], stopping: ['write'],
        onCall: () => { process.stdout.write('stands\\n'); return new Promise(() => {}); } });
      const [program, ...rest] = [...tracing.words, process.execPath, ${JSON.stringify(join(folder, 'writer.mjs'))}, ${JSON.stringify(cache)}];
      const child = await spawnProcess({ program, arguments: rest, environment: {}, directory: '/' });
      tracing.started(child.pid);
      process.stdout.write(child.pid + '\\n');`;
    await writeFile(join(folder, 'runner.mts'), runner);
    const started = spawn(process.execPath, ['--import', 'tsx', join(folder, 'runner.mts')], { stdio: ['ignore', 'pipe', 'inherit'], cwd: new URL('../..', import.meta.url).pathname });
    child = started;
    let said = '';
    for await (const chunk of started.stdout as AsyncIterable<Buffer>) {
      said += chunk.toString();
      if (said.includes('stands')) break;
    }
    const pid = Number(/^\d+/m.exec(said)?.[0]);
    expect(readdirSync(`/proc/${pid}/task`).length).toBeGreaterThan(1);
    started.kill('SIGKILL');
    while (existsSync(`/proc/${pid}/exe`)) await new Promise(setImmediate);
  });
});
