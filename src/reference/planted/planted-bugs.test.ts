// SPDX-License-Identifier: Apache-2.0
import type * as FilePromises from 'node:fs/promises';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { safeParts } from '../cache/parts.ts';
import { listPlantedBugs, partsWith, plantedBugs } from './planted-bugs.ts';
import { openBench, type Situation } from './test-bench.ts';
import { entrySituations } from './test-entry-situations.ts';
import { flightSituations } from './test-flight-situations.ts';
import { writerSituations } from './test-writer-situations.ts';

// The second tier in small: each call that changes a file can be held.
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof FilePromises>();
  const { fileHook } = await import('./test-file-hook.ts');
  const held = <Call extends (...args: never[]) => Promise<unknown>>(name: string, call: Call) =>
    async (...args: Parameters<Call>): Promise<unknown> => {
      await fileHook.current(name, String(args[0]));
      return await call(...args);
    };
  return { ...real, rename: held('rename', real.rename), writeFile: held('writeFile', real.writeFile), appendFile: held('appendFile', real.appendFile), open: held('open', real.open) };
});

const situations: Readonly<Record<string, Situation>> = { ...writerSituations, ...entrySituations, ...flightSituations };

/** What is seen of each: a bug that shows in another way, or by another one's mistake, is not the one that was meant. */
const shows: Readonly<Record<string, RegExp>> = {
  'in-place-write': /^200000 wrong bytes$/,
  'killed-writers-file-adopted': /^100000 wrong bytes; sha256:\w+$/,
  'broken-download-published': /^\d+ wrong bytes; sha256:\w+$/,
  'publish-refuses-existing': /^failed: .*: EEXIST: file already exists, link/,
  'shared-temporary-name': /^failed: .*: ENOENT: no such file or directory, rename/,
  'delete-then-rename': /^failed: .*: ENOENT: no such file or directory, open/,
  'removes-others-unfinished': /^failed: .*: ENOENT: no such file or directory, rename/,
  'write-error-ignored': /^131072 wrong bytes; sha256:\w+$/,
  'temporary-on-another-disk': /^65536 wrong bytes$/,
  'append-after-publish': /^600000 wrong bytes; sha256:\w+$/,
  'index-read-before-download': /^fetched again$/,
  'index-changed-without-lock': /^fetched again$/,
  'size-published-first': /^0 wrong bytes$/,
  'stat-then-open': /^failed: .*: ENOENT: no such file or directory, open/,
  'evicts-what-others-use': /^ENOENT: no such file or directory, open/,
  'no-verification': /^300000 wrong bytes$/,
  'age-instead-of-content': /^100000 wrong bytes$/,
  'any-error-is-a-miss': /^nobody was told$/,
  'key-without-digest': /^300000 wrong bytes$/,
  'windows-name': /^sha256:\w+$/,
  'lock-dropped-early': /^failed: .*: ENOENT: no such file or directory, rename/,
  'lock-outside-the-cache': /^failed: .*: ENOENT: no such file or directory, rename/,
  'stale-lock-file': /^still waiting$/,
  'one-lock-for-all': /^still waiting$/,
  'impatient-waiter': /^failed: .*: the cache is busy$/,
  'hits-bypass-flight': /^200000 wrong bytes$/,
  'flight-per-instance': /^fetched 2 times$/,
  'no-single-flight': /^fetched 2 times$/,
  'leader-cancels-all': /^failed: .*: This operation was aborted$/,
  'waiters-never-told': /^still waiting$/,
  'waiters-told-success': /^200000 wrong bytes; 200000 wrong bytes$/,
  'error-remembered': /^failed: .*: reset$/,
  'drain-not-awaited': /^closed while a layer was under way$/,
  'close-errors-dropped': /^nobody was told$/,
  'whole-layer-in-memory': /^a chunk of 4000000 bytes$/,
  'unbounded-readers': /^20 open at a time$/,
  'stream-handed-to-all': /^\d+ wrong bytes; \d+ wrong bytes$/,
  'buffer-used-by-all': /^300000 wrong bytes$/,
};

/** What a bug leaves there (locks of its own, unfinished files) goes with the test, and with nobody else's. */
let temporary: string;

beforeAll(() => {
  temporary = mkdtempSync(join(tmpdir(), 'planted-bugs-test-'));
  vi.stubEnv('TMPDIR', temporary);
});

afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(temporary, { recursive: true });
});

describe('planted bugs', () => {
  it('are one for each class, and all told', () => {
    expect(plantedBugs.length).toBeGreaterThanOrEqual(24);
    const classes = new Set(plantedBugs.map((bug) => bug.class));
    expect(Array.from({ length: 20 }, (_, index) => `T${index + 1}`).filter((one) => !classes.has(one as never))).toEqual([]);
    expect(new Set(plantedBugs.map(({ name }) => name)).size).toBe(plantedBugs.length);
    const lines = listPlantedBugs().trimEnd().split('\n');
    expect(lines.map((line) => line.split(/ {2,}/))).toEqual(plantedBugs.map((bug) => [bug.name, bug.class, bug.seen]));
    for (const bug of plantedBugs) for (const text of [bug.symptom, bug.cause, bug.fix, bug.seen]) expect(text.length).toBeGreaterThan(5);
  });

  it('have a situation each', () => {
    expect(Object.keys(situations).sort()).toEqual(plantedBugs.map(({ name }) => name).sort());
  });

  it('are refused under a name that none has', () => {
    expect(() => partsWith('nothing')).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});

describe.each(plantedBugs.map(({ name }) => name))('%s', (name) => {
  const situation = situations[name] ?? (async () => await Promise.reject(new Error('no situation')));

  // A full disk is a small one that only root may mount.
  const run = it.skipIf(name === 'write-error-ignored' && process.getuid?.() !== 0);

  run('goes wrong, as it should', async () => {
    await using bench = await openBench(partsWith(name), true);
    expect(await situation(bench)).toMatch(shows[name] ?? /^$/);
  });

  run('and the safe cache does not', async () => {
    await using bench = await openBench(safeParts, false);
    expect(await situation(bench)).toBe('right');
  });
});
