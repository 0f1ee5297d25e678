// SPDX-License-Identifier: Apache-2.0
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasCode } from '../foundation/errors.ts';
import { requireRunnable } from './campaign-problems.ts';
import { campaignSchema, type Campaign } from './campaign.ts';

let folder = '';
let program = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'campaign-problems-'));
  program = join(folder, 'program');
  writeFileSync(program, '#!/bin/sh\n');
  chmodSync(program, 0o755);
  writeFileSync(join(folder, 'data'), '');
});
afterAll(() => rmSync(folder, { recursive: true }));

const subjects = fileURLToPath(new URL('../../subjects', import.meta.url));
const reference = { name: 'reference', subject: 'reference' };

async function problemsOf(changes: object, builds: readonly string[] = []): Promise<string> {
  const campaign = { ...campaignSchema.parse({ name: 'c', targets: [reference], ...changes }), file: 'c.json', known: [] } as unknown as Campaign;
  try {
    await requireRunnable(campaign, { subjects, builds: new Set(builds) });
    return '';
  } catch (error) {
    expect(hasCode(error, 'CAMPAIGN_INVALID'), String(error)).toBe(true);
    return (error as Error).message;
  }
}

describe('a campaign that can be run', () => {
  it.each([
    ['the least there is', {}, []],
    ['named strategies, for two numbers of processes', { targets: [{ ...reference, participants: [2, 3] }], strategies: ['together', 'leader-follower/middle/2'] }, []],
    ['a planted bug', { targets: [{ ...reference, plantedBug: 'in-place-write' }] }, []],
    ['a baseline of an earlier night', { baseline: 'v1' }, ['v1']],
    ['a baseline that is a target', { targets: [reference, { ...reference, name: 'old', build: 'v1' }], baseline: 'v1' }, []],
  ] as const)('%s', async (_what, changes, builds) => expect(await problemsOf(changes, builds)).toBe(''));

  it('a program of its own', async () => expect(await problemsOf({ targets: [{ name: 'ec', subject: 'ec', binary: program }] })).toBe(''));
});

describe('a campaign that can not', () => {
  it.each([
    ['a subject that is not there', { targets: [{ name: 'a', subject: 'nobody' }] }, /targets: a: no subject nobody could be loaded/],
    ['a subject without its program', { targets: [{ name: 'a', subject: 'ec' }] }, /targets: a: the subject ec needs a program: binary, or --binary a=PATH/],
    ['a program that is not there', { targets: [{ name: 'a', subject: 'ec', binary: '/not/there' }] }, /targets: a: there is no validator at \/not\/there/],
    ['two of one name', { targets: [reference, reference] }, /targets: two are named reference/],
    ['a bug that nobody knows', { targets: [{ ...reference, plantedBug: 'toString' }] }, /no bug is known as toString/],
    ['a bug in a program that can have none', { targets: [{ ...reference, plantedBug: 'in-place-write', binary: process.execPath }] }, /only the reference validator can be given a planted bug/],
    ['a strategy that is none', { strategies: ['leader-follower/nowhere'] }, /strategies: .*leader-follower\/nowhere.*; there are together, /],
    ['a leader that is not there', { strategies: ['leader-follower/middle/3'] }, /strategies: .*leader-follower\/middle\/3/],
    ['a strategy that is named twice', { strategies: ['together', 'together'] }, /strategies: one is named twice/],
    ['a baseline that nobody has run', { baseline: 'v9' }, /baseline: no target here and no night before is of the build v9/],
  ])('%s', async (_what, changes, words) => expect(await problemsOf(changes, ['v1'])).toMatch(words));

  it('a program that can not be executed', async () => expect(await problemsOf({ targets: [{ name: 'a', subject: 'ec', binary: join(folder, 'data') }] })).toMatch(/targets: a: .*data/));

  it('is told all that is wrong at once', async () => {
    const told = await problemsOf({ targets: [{ name: 'a', subject: 'nobody' }, { name: 'b', subject: 'ec' }], strategies: ['nowhere'], baseline: 'v9' });
    for (const part of ['targets: a: ', 'targets: b: ', 'strategies: ', 'baseline: ']) expect(told).toContain(part);
  });
});
