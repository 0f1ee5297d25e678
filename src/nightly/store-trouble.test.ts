// SPDX-License-Identifier: Apache-2.0
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sqlite from 'node-sqlite3-wasm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hasCode } from '../foundation/errors.ts';
import { NightStore } from './store.ts';
import { nightOf, runOfNight } from './test-records.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nightly-trouble-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const file = (): string => join(folder, 'nightly.sqlite');
const program = (text: string): readonly string[] => ['--import', 'tsx', '--input-type=module', '--eval', `import { NightStore } from ${JSON.stringify(fileURLToPath(new URL('store.ts', import.meta.url)))}; import { nightOf, runOfNight } from ${JSON.stringify(fileURLToPath(new URL('test-records.ts', import.meta.url)))}; ${text}`];

function filled(): void {
  using store = NightStore.open(folder, { isNew: true });
  store.addRuns(Array.from({ length: 500 }, (_, position) => runOfNight('n', position)), nightOf('n'));
}

function failure(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}

describe('a store', () => {
  it('of a later version is left alone', () => {
    filled();
    const database = new sqlite.Database(file());
    database.exec('PRAGMA user_version = 2');
    database.close();
    const before = readFileSync(file());
    expect(failure(() => NightStore.open(folder))).toMatchObject({ code: 'STORE_NEWER', message: expect.stringMatching(/format 2/) as string });
    expect(readFileSync(file()).equals(before)).toBe(true);
    expect(readdirSync(folder).filter((name) => name.startsWith('owner'))).toEqual([]);
  });

  it('that is damaged, or something else, is told', () => {
    filled();
    const bytes = readFileSync(file());
    const damage = (change: (copy: Buffer) => Buffer): unknown => {
      writeFileSync(file(), change(Buffer.from(bytes)));
      return failure(() => NightStore.open(folder));
    };
    expect(damage((copy) => copy.fill(0x5a, 8192, 20_000))).toMatchObject({ code: 'STORE_DAMAGED' });
    expect(damage((copy) => copy.subarray(0, 10_000))).toMatchObject({ code: 'STORE_DAMAGED' });
    expect(damage(() => Buffer.from('no database at all, but long enough to be looked at as one'.repeat(20)))).toMatchObject({ code: 'STORE_DAMAGED' });
    rmSync(file());
    const foreign = new sqlite.Database(file());
    foreign.exec('CREATE TABLE other (a)');
    foreign.close();
    expect(failure(() => NightStore.open(folder))).toMatchObject({ code: 'STORE_DAMAGED', message: expect.stringMatching(/of something else/) as string });
    rmSync(file());
    expect(failure(() => NightStore.open(folder))).toMatchObject({ code: 'STORE_MISSING' });
  });

  it('is one process at a time, and what a killed one left is no hindrance', { timeout: 120_000 }, async () => {
    filled();
    const child = spawn(process.execPath, program(`const store = NightStore.open(process.argv[1]); store.beginNight(nightOf('m'), []); store.query('BEGIN IMMEDIATE'); store.query("DELETE FROM runs"); console.log('in'); setInterval(() => undefined, 1000);`).concat(folder, 'x'), { stdio: ['ignore', 'pipe', 'inherit'] });
   
    await once(child.stdout, 'data');
    if (child.exitCode === null) {
      expect(failure(() => NightStore.open(folder))).toMatchObject({ code: 'STORE_BUSY', message: expect.stringMatching(/process \d+ has it open/) as string });
      child.kill('SIGKILL');
    }
    await once(child, 'close');
    using store = NightStore.open(folder);
    expect(store.runs()).toHaveLength(500);
    expect(store.nights().map(({ id }) => id)).toEqual(['n', 'm']);
    expect(failure(() => NightStore.open(folder))).toMatchObject({ code: 'STORE_BUSY', message: expect.stringMatching(/this very process/) as string });
  });

  it('on a full disk loses nothing that was stored', { timeout: 120_000 }, () => {
    const script = `
      let stored = 0;
      const store = NightStore.open(process.argv[1], { isNew: true });
      try {
        for (;;) { store.addRuns(Array.from({ length: 200 }, (_, at) => runOfNight('n', stored + at, { sentence: 'x'.repeat(500) })), nightOf('n')); stored += 200; }
      } catch (error) { console.log(JSON.stringify({ code: error.code, hint: error.hint, stored, left: store.runs().length })); }
      store.close();
      const again = NightStore.open(process.argv[1]);
      console.log(JSON.stringify({ again: again.runs().length }));
      again.close();`;
    const mounted = join(folder, 'small');
    mkdirSync(mounted);
    let output = '';
    try {
      output = execFileSync('unshare', ['--mount', 'sh', '-c', 'mount -t tmpfs -o size=2m none "$1" && shift && exec "$@"', 'sh', mounted, process.execPath, ...program(script), mounted], { encoding: 'utf8' });
    } catch (error) {
      if (/unshare|mount|ENOENT|not permitted/.test(String((error as { stderr?: unknown }).stderr ?? error)) && !existsSync('/proc/self/ns/mnt')) return;
      throw error;
    }
    const [first, second] = output.trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(first).toMatchObject({ code: 'DISK_FULL', hint: expect.stringContaining('--resume') as string });
    expect(first?.['stored']).toBeGreaterThan(0);
    expect(first?.['left']).toBe(first?.['stored']);
    expect(second).toEqual({ again: first?.['stored'] });
  });
});

it('an error of anything else stays what it is', () => {
  using store = NightStore.open(folder, { isNew: true });
  expect(hasCode(failure(() => store.query('SELECT nothing')), 'STORE_DAMAGED')).toBe(false);
});
