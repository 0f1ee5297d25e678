// SPDX-License-Identifier: Apache-2.0
import type * as FilePromises from 'node:fs/promises';
import { describe, expect, it, vi } from 'vitest';
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

describe('planted bugs', () => {
  it('are one for each class but those of other machines, and all told', () => {
    const classes = new Set(plantedBugs.map((bug) => bug.class));
    expect(Array.from({ length: 20 }, (_, index) => `T${index + 1}`).filter((one) => !classes.has(one as never))).toEqual([]);
    expect(new Set(plantedBugs.map(({ name }) => name)).size).toBe(plantedBugs.length);
    expect(listPlantedBugs().trimEnd().split('\n')).toHaveLength(plantedBugs.length);
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

  run('goes wrong', async () => {
    await using bench = await openBench(partsWith(name), true);
    expect(await situation(bench)).not.toBe('right');
  });

  run('and the safe cache does not', async () => {
    await using bench = await openBench(safeParts, false);
    expect(await situation(bench)).toBe('right');
  });
});
