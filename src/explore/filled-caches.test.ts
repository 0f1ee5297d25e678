// SPDX-License-Identifier: Apache-2.0
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Participant } from '../scenario/run.ts';
import { FilledCaches, type Change, type RunAlone } from './filled-caches.ts';

const participants: readonly Participant[] = ['one', 'other'].map((name) => ({ name, arguments: [name] }));
const long = new Date('2020-01-01T00:00:00Z');

let root: string;
let caches: FilledCaches;
/** Where each run was, whose it was, and where it is stored. */
let runs: string[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'filled-'));
  caches = new FilledCaches({ root, stored: join(root, 'stored') });
  runs = [];
});

afterEach(() => rmSync(root, { recursive: true }));

/** Leaves a file of its own, and in another what `says` returns. */
function running(says: (home: string) => string = () => 'nothing', isEnded = false): RunAlone {
  return async (home, { name }, folder) => {
    runs.push([home, name, folder].map((word) => word.replace(`${root}/`, '')).join(' '));
    // The next one has to wait for it.
    await new Promise((resolve) => setImmediate(resolve));
    mkdirSync(join(home, 'cache'), { recursive: true });
    writeFileSync(join(home, 'cache', name), `${name} after ${runs.length}`);
    writeFileSync(join(home, 'cache', 'index'), says(home));
    utimesSync(join(home, 'cache', name), long, long);
    return !isEnded;
  };
}

async function fill(name: string, { kind = {}, run = running(), those = participants, change }: { kind?: unknown; run?: RunAlone; those?: readonly Participant[]; change?: Change } = {}): Promise<string> {
  const home = join(root, name);
  await caches.fill(home, { participants: those, kind, folder: join(root, name, '..', `before-${name}`), run, ...(change === undefined ? {} : { change }) });
  return home;
}

const filled = (number: number): readonly string[] => participants.map(({ name }) => `filled-${number} ${name} stored/filled-${number}/${name}`);

describe('a cache that is needed again', () => {
  it('is filled once, by one process after the other, and copied with its times', async () => {
    const homes = await Promise.all([fill('a'), fill('b')]);
    homes.push(await fill('c'));
    expect(runs).toEqual(filled(1));
    for (const home of homes) {
      expect(readFileSync(join(home, 'cache', 'other'), 'utf8')).toBe('other after 2');
      expect(lstatSync(join(home, 'cache', 'one')).mtime).toEqual(long);
    }
  });

  it('is changed once, in a copy, and copied from there', async () => {
    const made: string[] = [];
    const changing = (name: string): Change => ({
      name,
      make: (home) => {
        made.push(name);
        writeFileSync(join(home, 'cache', 'one'), name);
      },
    });
    const homes = await Promise.all([fill('a', { change: changing('cut') }), fill('b', { change: changing('cut') }), fill('c', { change: changing('empty') }), fill('d')]);
    expect(homes.map((home) => readFileSync(join(home, 'cache', 'one'), 'utf8'))).toEqual(['cut', 'cut', 'empty', 'one after 1']);
    expect([made.sort(), runs]).toEqual([['cut', 'empty'], filled(1)]);
  });

  it('is changed where it is when it can\'t be copied', async () => {
    const change: Change = { name: 'cut', make: (home) => writeFileSync(join(home, 'cache', 'one'), 'cut') };
    const run = running((home) => home);
    for (const name of ['a', 'b']) expect(readFileSync(join(await fill(name, { run, change }), 'cache', 'one'), 'utf8')).toBe('cut');
  });

  it('is nobody\'s but its own', async () => {
    writeFileSync(join(await fill('a'), 'cache', 'one'), 'damaged');
    expect(readFileSync(join(await fill('b'), 'cache', 'one'), 'utf8')).toBe('one after 1');
  });

  it('is filled again for another environment, and for other processes', async () => {
    await fill('a');
    await fill('b', { kind: { BUG: 'in-place-write' } });
    await fill('c', { those: participants.slice(0, 1) });
    expect(runs).toEqual([...filled(1), ...filled(2), ...filled(3).slice(0, 1)]);
  });
});

describe('a cache that says where it lies', () => {
  const inside = (name: string): RunAlone => {
    const write = running();
    return async (home, participant, folder) => {
      const isWhole = await write(home, participant, folder);
      mkdirSync(join(home, 'cache', name), { recursive: true });
      writeFileSync(join(home, 'cache', name, 'link.json'), home);
      return isWhole;
    };
  };
  const linking = (): RunAlone => {
    const write = running();
    return async (home, participant, folder) => {
      const isWhole = await write(home, participant, folder);
      symlinkSync(join(home, 'cache', 'index'), join(home, 'cache', `link of ${participant.name}`));
      return isWhole;
    };
  };

  it.each([
    ['in a file', () => running((home) => `{"at":"${home}/cache"}`)],
    ['in a file of an entry that is a folder', () => inside('sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef')],
    ['in a link', linking],
  ])('%s is filled for each by itself', async (_, run) => {
    await fill('a', { run: run() });
    await fill('b', { run: run() });
    const own = (name: string): readonly string[] => participants.map((one) => `${name} ${one.name} before-${name}/${one.name}`);
    expect(runs).toEqual([...filled(1), ...own('a'), ...own('b')]);
  });
});

it('is filled anew after a process could not run', async () => {
  await expect(fill('a', { run: async () => await Promise.reject(new Error('no such program')) })).rejects.toThrow('no such program');
  await fill('b');
  expect(runs).toEqual(filled(2));
});

it('is filled anew after a process had to be ended, and that one copied', async () => {
  await fill('a', { run: running(undefined, true) });
  await fill('b');
  await fill('c');
  expect(runs.filter((run) => run.startsWith('filled-'))).toEqual([...filled(1), ...filled(2)]);
  expect(runs.filter((run) => !run.startsWith('filled-')).map((run) => run.split(' ')[0])).toEqual(['a', 'a']);
});
