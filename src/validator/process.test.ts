// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { monotonicMs } from '../foundation/clock.ts';
import { digestOf } from '../oci/digest.ts';
import { eventsOf } from '../history/event.ts';
import { openRecorder, type Recorder } from '../history/recorder.ts';
import { runValidator, type ValidatorCommand, type ValidatorResult } from './process.ts';

let folder: string;
let count = 0;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'validator-test-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

interface Ran {
  readonly result: ValidatorResult;
  readonly recorder: Recorder;
  readonly stdout: () => string;
}

function commandOf(program: string, args: readonly string[], changes: Partial<ValidatorCommand> = {}): ValidatorCommand {
  count += 1;
  const participant = `validator-${count}`;
  const recorder = openRecorder(join(folder, `${participant}.ndjson`));
  const usual = { environment: { PATH: process.env['PATH'] ?? '' }, directory: folder, deadlineMs: 20_000, outputLimitBytes: 1024 * 1024 };
  return { participant, program, arguments: args, ...usual, outputFolder: folder, ledgerFile: join(folder, 'ledger.ndjson'), recorder, ...changes };
}

async function run(program: string, args: readonly string[], changes: Partial<ValidatorCommand> = {}): Promise<Ran> {
  const command = commandOf(program, args, changes);
  const result = await runValidator(command);
  return { result, recorder: command.recorder, stdout: () => readFileSync(result.stdoutFile, 'utf8') };
}

const shell = async (script: string, changes: Partial<ValidatorCommand> = {}): Promise<Ran> => await run('/bin/sh', ['-c', script], changes);
const exitOf = ({ recorder }: Ran) => eventsOf(recorder.events(), 'validator-exited')[0];

/** Ends as soon as the process is gone; a zombie that nobody reaps counts as gone. */
async function gone(pid: number): Promise<true> {
  for (;;) {
    try {
      if (/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))) return true;
    } catch {
      return true;
    }
    await wait(10);
  }
}

describe.concurrent('runValidator', () => {
  it('does not blame the validator for output that can not be kept, nor leaves it running', async () => {
    const notWritable = { code: 'FOLDER_NOT_WRITABLE' };
    const nowhere = commandOf('/bin/sh', ['-c', 'sleep 100'], { outputFolder: join(folder, 'missing') });
    await expect(runValidator(nowhere)).rejects.toMatchObject(notWritable);
    const full = commandOf('/bin/sh', ['-c', 'echo out; sleep 100']);
    symlinkSync('/dev/full', join(folder, `${full.participant}.stdout`));
    await expect(runValidator(full)).rejects.toMatchObject(notWritable);
    const pids = [nowhere, full].flatMap(({ recorder }) => eventsOf(recorder.events(), 'validator-started').map(({ pid }) => pid));
    expect(pids).toHaveLength(2);
    for (const pid of pids) expect(await gone(pid)).toBe(true);
  });

  it('keeps both outputs, the exit code and events of start and end', async () => {
    const ran = await shell('echo out; echo err >&2; exit 3');
    expect(ran.result).toMatchObject({ ending: 'exited', exitCode: 3, signal: null });
    expect(ran.stdout()).toBe('out\n');
    expect(readFileSync(ran.result.stderrFile, 'utf8')).toBe('err\n');
    expect(ran.recorder.events().map(({ kind }) => kind)).toEqual(['validator-started', 'validator-exited']);
    expect(exitOf(ran)?.stdout).toEqual({ file: `${ran.result.participant}.stdout`, bytes: 4, digest: digestOf(Buffer.from('out\n')), truncated: false });
    expect(exitOf(ran)).not.toHaveProperty('leftBehind');
  });

  it('gives arguments to the program as they are, through no shell, and no variable but those given', async () => {
    const script = 'process.stdout.write(JSON.stringify([process.argv.slice(1), process.env]))';
    const words = ['', 'a b', '$HOME', '`id`', '"', "'", '*', ';true', 'é\n'];
    const ran = await run(process.execPath, ['-e', script, '--', ...words], { environment: { ONLY: 'this' } });
    expect(JSON.parse(ran.stdout())).toEqual([words, { ONLY: 'this' }]);
  });

  it('has nothing on its standard input', async () => {
    expect((await shell('cat; echo done')).stdout()).toBe('done\n');
  });

  it('tells the signal that a validator died by', async () => {
    const { result } = await shell('kill -SEGV $$');
    expect(result).toMatchObject({ ending: 'signalled', exitCode: null, signal: 'SIGSEGV' });
  });

  it('keeps what a hung validator wrote, and lets it write on SIGTERM', async () => {
    const ran = await shell(`trap 'echo interrupted; exit 9' TERM; echo started; while :; do sleep 0.05; done`, { deadlineMs: 300 });
    expect(ran.result).toMatchObject({ ending: 'deadline', exitCode: 9 });
    expect(ran.stdout()).toBe('started\ninterrupted\n');
    expect(ran.result.durationMs).toBeGreaterThanOrEqual(300);
    expect(ran.result.durationMs).toBeLessThan(2000);
  });

  it('notes what the threads of a hung one do, and has one that can dump do so first', async () => {
    const ran = await shell(`trap 'echo dump >&2' QUIT; trap 'exit 9' TERM; while :; do sleep 0.05; done`, { deadlineMs: 300 });
    expect(ran.result).toMatchObject({ ending: 'deadline', exitCode: 9 });
    expect(readFileSync(ran.result.stderrFile, 'utf8')).toContain('dump');
    expect(readFileSync(join(folder, `${ran.result.participant}.threads`), 'utf8')).toMatch(/^\d+ {2}sh {2}[A-Z] \(\w+\) {2}/);
  });

  it('does not end one while things go on in the run, or somebody is held', async () => {
    const busy = commandOf('/bin/sh', ['-c', 'sleep 0.8; exit 5'], { deadlineMs: 300 });
    const events = setInterval(() => busy.recorder.record({ kind: 'cache-looked-at', moment: 'held', files: 0 }), 50);
    expect((await runValidator(busy)).exitCode).toBe(5);
    clearInterval(events);
    expect((await shell('sleep 0.8; exit 5', { deadlineMs: 300, isExcused: () => true })).result.exitCode).toBe(5);
    const begun = monotonicMs();
    const excusedOnce = begun + 400;
    const hung = await shell('sleep 100', { deadlineMs: 300, isExcused: () => monotonicMs() < excusedOnce });
    expect(hung.result.ending).toBe('deadline');
    // From when the excuse was made: who is busy may start the process later, which makes its own time shorter. Silence counts from the last look
    // at the excuse, which may be 100 ms old.
    expect(monotonicMs() - begun).toBeGreaterThanOrEqual(600);
  });

  it('does not take for silence what nobody listened to', async () => {
    const running = runValidator(commandOf('/bin/sh', ['-c', 'sleep 0.8; exit 5'], { deadlineMs: 500 }));
    const stalled = setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 600), 50);
    expect((await running).exitCode).toBe(5);
    clearTimeout(stalled);
  });

  it('ends one that has been busy for ten times its deadline', async () => {
    const busy = commandOf('/bin/sh', ['-c', 'sleep 100'], { deadlineMs: 100 });
    const events = setInterval(() => busy.recorder.record({ kind: 'cache-looked-at', moment: 'held', files: 0 }), 20);
    expect(await runValidator(busy)).toMatchObject({ ending: 'deadline' });
    clearInterval(events);
  });

  it('counts nothing of a time in which it stood still itself, such as the sleep of a machine', async () => {
    const busy = commandOf('/bin/sh', ['-c', 'sleep 2; exit 5'], { deadlineMs: 150 });
    const events = setInterval(() => busy.recorder.record({ kind: 'cache-looked-at', moment: 'held', files: 0 }), 20);
    const stalled = setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1700), 50);
    expect(await runValidator(busy)).toMatchObject({ exitCode: 5 });
    clearTimeout(stalled);
    clearInterval(events);
  });

  it('kills one that ignores SIGTERM, with its children', async () => {
    const ran = await shell(`trap '' TERM; sleep 60 & echo $!; while :; do sleep 0.05; done`, { deadlineMs: 200 });
    expect(ran.result).toMatchObject({ ending: 'deadline', exitCode: null, signal: 'SIGKILL' });
    expect(await gone(Number(ran.stdout()))).toBe(true);
  });

  it('ends one that writes without end, keeping no more than the limit', async () => {
    const ran = await run('/usr/bin/head', ['-c', '1G', '/dev/zero'], { outputLimitBytes: 100_000 });
    expect(ran.result).toMatchObject({ ending: 'output-limit', signal: 'SIGKILL' });
    expect(statSync(ran.result.stdoutFile).size).toBe(100_000);
    expect(exitOf(ran)?.stdout).toMatchObject({ bytes: 100_000, truncated: true, digest: digestOf(Buffer.alloc(100_000)) });
  });

  it('keeps an output of exactly the limit', async () => {
    const ran = await run('/usr/bin/head', ['-c', '100000', '/dev/zero'], { outputLimitBytes: 100_000 });
    expect(ran.result).toMatchObject({ ending: 'exited', exitCode: 0 });
    expect(exitOf(ran)?.stdout).toMatchObject({ bytes: 100_000, truncated: false });
  });

  it('does not wait for a child that holds the outputs, kills it and notes it', async () => {
    const ran = await shell('sleep 60 & echo $!');
    expect(ran.result).toMatchObject({ ending: 'exited', exitCode: 0 });
    expect(await gone(Number(ran.stdout()))).toBe(true);
    expect(exitOf(ran)).toMatchObject({ leftBehind: 1 });
  });

  it('does not wait for one that has left the group either', async () => {
    const escape = `setsid sh -c 'echo $$; exec sleep 60' & while [ ! -s ${join(folder, '$ME')}.stdout ]; do sleep 0.02; done; exit 0`;
    const me = `validator-${count + 1}`;
    const ran = await shell(escape, { deadlineMs: 1500, environment: { PATH: process.env['PATH'] ?? '', ME: me } });
    const escaped = Number(ran.stdout());
    expect(escaped).toBeGreaterThan(1);
    process.kill(escaped, 'SIGKILL');
    expect(ran.result).toMatchObject({ participant: me, ending: 'exited', exitCode: 0 });
    expect(exitOf(ran)).toMatchObject({ outputHeldOpen: true });
  });

  it('ends one that is to be stopped, also when that was so from the start', async () => {
    const stop = new AbortController();
    const running = shell('sleep 60', { signal: stop.signal });
    stop.abort();
    expect((await running).result).toMatchObject({ ending: 'stopped', signal: 'SIGKILL' });
    expect((await shell('sleep 60', { signal: AbortSignal.abort() })).result.ending).toBe('stopped');
  });

  it('tells the peak of its memory', async () => {
    const script = `const held = Buffer.alloc(200 * 1024 * 1024, 1); setTimeout(() => held.length, 100)`;
    const { result } = await run(process.execPath, ['-e', script]);
    const mebibytes = (result.peakRssBytes ?? 0) / 1024 ** 2;
    expect(mebibytes).toBeGreaterThan(200);
    expect(mebibytes).toBeLessThan(500);
  });

  it('leaves nothing running that it could not note', async () => {
    const marker = `60.${process.pid}`;
    await expect(run('/bin/sleep', [marker], { ledgerFile: join(folder, 'missing', 'ledger.ndjson') })).rejects.toMatchObject({ code: 'ENOENT' });
    const { result } = await shell(`while ps -eo stat,args | grep '[s]leep ${marker}' | grep -qv '^Z'; do sleep 0.02; done`, { deadlineMs: 3000 });
    expect(result.ending).toBe('exited');
  });
});
