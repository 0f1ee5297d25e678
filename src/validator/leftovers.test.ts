// SPDX-License-Identifier: Apache-2.0
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { endLeftovers, noteProcess } from './leftovers.ts';

// Which process a number belongs to can be told on Linux only; elsewhere nothing is killed on suspicion.
describe.runIf(process.platform === 'linux')('endLeftovers', () => {
  let folder: string;
  let ledger: string;
  let sleeper: ChildProcess;
  let ended: Promise<unknown>;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'leftovers-test-'));
    ledger = join(folder, 'processes.ndjson');
    sleeper = spawn('/bin/sleep', ['60'], { detached: true, stdio: 'ignore' });
    ended = once(sleeper, 'exit');
  });

  afterEach(async () => {
    sleeper.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true });
  });

  it('kills what was noted and still runs, once', async () => {
    noteProcess(ledger, Number(sleeper.pid));
    expect(endLeftovers(ledger)).toBe(1);
    expect(await ended).toEqual([null, 'SIGKILL']);
    expect(endLeftovers(ledger)).toBe(0);
  });

  it('kills what lives beside the ledger, though nobody came to note it, and no neighbour', async () => {
    const livingIn = (home: string): ChildProcess => spawn('/bin/sleep', ['60'], { detached: true, stdio: 'ignore', env: { HOME: home } });
    const [inside, neighbour] = [livingIn(join(folder, 'scenarios', 'home')), livingIn(`${folder}-of-another/home`)];
    const end = once(inside, 'exit');
    expect(endLeftovers(ledger)).toBe(1);
    expect(await end).toEqual([null, 'SIGKILL']);
    expect(neighbour.exitCode ?? neighbour.signalCode).toBeNull();
    neighbour.kill('SIGKILL');
    await once(neighbour, 'exit');
  });

  it('leaves a process alone that has the number of one that was noted', () => {
    noteProcess(ledger, Number(sleeper.pid));
    const { pid, startTime } = JSON.parse(readFileSync(ledger, 'utf8')) as { readonly pid: number; readonly startTime: string };
    rmSync(ledger);
    for (const other of [{ pid, startTime: String(Number(startTime) - 1) }, { pid }, { pid, startTime: null }]) appendFileSync(ledger, `${JSON.stringify(other)}\n`);
    expect(endLeftovers(ledger)).toBe(0);
    expect(sleeper.exitCode ?? sleeper.signalCode).toBeNull();
  });

  it('passes over lines that are torn or name no process', () => {
    noteProcess(ledger, Number(sleeper.pid));
    const whole = readFileSync(ledger, 'utf8');
    rmSync(ledger);
    appendFileSync(ledger, `${whole.slice(0, 5)}\nnull\n[]\n{"pid":-1,"startTime":"1"}\n{"pid":1,"startTime":"0"}\n{"pid":"x"}\n${whole}`);
    expect(endLeftovers(ledger)).toBe(1);
  });

  it('finds nothing in a ledger that is not there', () => {
    expect(endLeftovers(join(folder, 'nothing'))).toBe(0);
  });
});
