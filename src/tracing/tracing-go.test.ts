// SPDX-License-Identifier: Apache-2.0
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toolOrSkip } from '../foundation/tools.ts';
import type { CallFamily } from '../history/event.ts';
import { callFamilies } from './calls.ts';
import type { TracingSettings } from './traced-process.ts';
import { openTracing } from './tracing.ts';

const strace = toolOrSkip('strace');
const crane = toolOrSkip('crane');
const canBeNobody = process.getuid?.() === 0;
const nobody = { uid: 65534, gid: 65534 };
let folder: string;
let cache: string;
let child: ChildProcess | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tracing-go-'));
  cache = join(folder, 'cache');
  await mkdir(cache);
  for (const each of [folder, cache]) await chmod(each, 0o777);
});

afterEach(async () => {
  child?.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

/** Saves a password in the folder, without any network: a new file, one write, close, rename; twice. */
const login = [crane ?? '', 'auth', 'login', '--username', 'a', '--password', 'b', 'registry.local'];

async function traced(settings: Pick<TracingSettings, 'stopping' | 'onCall'>, { words, user = {} }: { readonly words: readonly string[]; readonly user?: Partial<typeof nobody> }): Promise<{ readonly pid: number; readonly ended: Promise<readonly [number | null, string | null]> }> {
  const traceFile = join(folder, 'trace');
  const tracing = await openTracing({ traceFile, directory: cache, families: callFamilies, ...settings });
  await chmod(traceFile, 0o666);
  const [program = '', ...rest] = [...tracing.words, ...words];
  const started = spawn(program, rest, { stdio: 'ignore', detached: true, env: { DOCKER_CONFIG: cache, HOME: folder, PATH: '/usr/bin:/bin' }, ...user });
  child = started;
  tracing.started(started.pid ?? 0);
  const ended = once(started, 'exit').then(async (how) => {
    await tracing.close();
    return how as [number | null, string | null];
  });
  return { pid: started.pid ?? 0, ended };
}

/** What lies in the folder, chance taken out of the names. */
const lying = (): readonly string[] => readdirSync(cache).map((name) => name.replace(/\d+$/, '')).sort();

describe.skipIf(strace === undefined || crane === undefined)('a traced Go program, whose calls wander between threads', () => {
  it.each([
    ['create', ['config.json'], ['config.json', 'config.json']],
    ['write', ['config.json'], ['config.json', 'config.json']],
    ['close', ['config.json'], ['config.json', 'config.json']],
    ['rename', ['config.json'], ['config.json']],
  ] as const)('stands still after each %s', async (family, first, second) => {
    const seen: (readonly string[])[] = [];
    const { ended } = await traced({ stopping: [family], onCall: (call) => void (call.family === family && seen.push(lying())) }, { words: login });
    expect(await ended).toEqual([0, null]);
    expect(seen).toEqual([first, second]);
  });

  it.each([['create', 0], ['write', 62], ['rename', 62]] as readonly (readonly [CallFamily, number])[])('is killed after its first %s', async (family, bytes) => {
    let sizes: readonly number[] = [];
    const { pid, ended } = await traced({
      stopping: [family],
      onCall: (call) => {
        if (call.family !== family || call.nth !== 1) return;
        process.kill(pid, 'SIGKILL');
        sizes = readdirSync(cache).map((name) => statSync(join(cache, name)).size);
      },
    }, { words: login });
    expect(await ended).toEqual([null, 'SIGKILL']);
    expect(sizes).toEqual([bytes]);
    expect(lying()).toEqual(['config.json']);
    expect(readdirSync(cache).includes('config.json')).toBe(family === 'rename');
  });
});

describe.skipIf(strace === undefined || !canBeNobody)('a traced process of a user who is not root', () => {
  const node = `const fs = require('fs'); const f = fs.openSync(process.argv[1] + '/entry', 'w'); fs.writeSync(f, 'abc'); fs.closeSync(f); fs.renameSync(process.argv[1] + '/entry', process.argv[1] + '/other'); fs.unlinkSync(process.argv[1] + '/other');`;

  it.each([
    ['Node', [process.execPath, '--eval', node], ['create', 'write', 'close', 'rename', 'remove'], true],
    ['Go', login, ['create', 'write', 'close', 'rename', 'create', 'write', 'close', 'rename'], crane !== undefined],
  ] as const)('stands and goes on, in %s', async (name, words, expected, isThere) => {
    if (!isThere) return;
    const stopping = ['create', 'write', 'close', 'rename', 'remove'] as const;
    const seen: string[] = [];
    const { ended } = await traced({ stopping, onCall: ({ family, result }) => void ((stopping as readonly string[]).includes(family) && !result.startsWith('E') && seen.push(family)) }, { words: name === 'Node' ? [...words, cache] : words, user: nobody });
    expect(await ended).toEqual([0, null]);
    expect(seen).toEqual(expected);
  });
});
