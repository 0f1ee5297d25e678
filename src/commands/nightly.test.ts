// SPDX-License-Identifier: Apache-2.0
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NightStore } from '../nightly/store.ts';
import type { RunRecord } from '../nightly/record.ts';
import { TestProject } from './test-project.ts';

let project: TestProject;
beforeAll(async () => (project = await TestProject.open()));
afterAll(async () => await project.close());

const reference = { name: 'reference', subject: 'reference', build: 'v1.0.0' };
const buggy = { name: 'buggy', subject: 'reference', build: 'v1.1.0', plantedBug: 'in-place-write' };

async function campaign(name: string, changes: object): Promise<string> {
  return await project.write(`${name}.json`, JSON.stringify({ name, targets: [reference], strategies: ['leader-follower', 'two-writers'], repeat: { new: 1, old: 1 }, ...changes }));
}

const at = (name: string): string => join(project.folder, name);
const nightly = async (...args: readonly string[]) => await project.start(['nightly', ...args]).ended;

function runsIn(store: string): readonly RunRecord[] {
  using opened = NightStore.open(at(store));
  return opened.runs();
}

describe('a campaign that can not be run', () => {
  it('is refused with all that is wrong, before anything starts', async () => {
    const file = await campaign('wrong', {
      targets: [{ name: 'a', subject: 'nobody' }, { name: 'b', subject: 'ec' }, { name: 'b', subject: 'ec', binary: 'not-there' }, { name: 'c', subject: 'reference', plantedBug: 'no-such' }],
      strategies: ['leader-follower/nowhere', 'together'], baseline: 'v9',
    });
    const { status, output } = await nightly('--campaign', file, '--store', at('wrong'));
    expect(status).toBe(2);
    for (const part of [/a: no subject nobody could be loaded/, /b: the subject ec needs a program/, /b: there is no validator at \S*not-there/, /two are named b/, /no bug is known as no-such/, /named "leader-follower\/nowhere"/, /of the build v9/]) expect(output).toMatch(part);
    expect(output).not.toContain('stage embedded');
    expect(project.exists('wrong')).toBe(false);
  });

  it.each([
    ['of another shape', JSON.stringify({ name: 'x y', targets: [], budget: { time: 'long' }, stopp: 1 }), [/name: /, /targets: /, /budget.time: a length of time/, /stopp/]],
    ['no JSON', '{', [/is not JSON/]],
  ])('%s', async (_what, text, parts) => {
    const { status, output } = await nightly('--campaign', await project.write('shape.json', text), '--store', at('shape'));
    expect(status).toBe(2);
    for (const part of parts) expect(output).toMatch(part);
  });
});

describe('a night', { timeout: 300_000 }, () => {
  it('finds what is broken in one build and not in the other, and keeps what shows it', async () => {
    const file = await campaign('two', { targets: [reference, buggy], strategies: ['leader-follower/middle'], baseline: 'v1.0.0', keep: { heldEvery: 1_000_000, megabytes: 100 } });
    const { status, output } = await nightly('--campaign', file, '--store', at('two'), '--seed', 's', '--json', at('two-night.json'));
    expect(output).toMatch(/new +buggy leader-follower\/middle {2}outcomes-agree/);
    expect(output).toMatch(/first bad build v1\.1\.0, last good v1\.0\.0/);
    expect(output).toMatch(/\nbroken\nreport {5}\S*two\/reports\/two-s\.html\n$/);
    expect(status).toBe(1);
    const runs = runsIn('two');
    expect(runs.map(({ target, schedule, verdict }) => `${target} ${schedule} ${verdict}`).sort()).toEqual(['buggy leader-follower/middle/1 broken', 'buggy leader-follower/middle/2 broken', 'reference leader-follower/middle/1 held', 'reference leader-follower/middle/2 held']);
    for (const { verdict, folder, durationMs, validatorMs } of runs) {
      expect(folder !== null).toBe(verdict === 'broken');
      if (folder !== null) expect(readdirSync(join(at('two'), folder))).toEqual(expect.arrayContaining(['scheduled', 'calm', 'verdict.json']));
      expect(validatorMs).toBeGreaterThan(0);
      expect(validatorMs).toBeLessThanOrEqual(durationMs);
    }
    expect(readdirSync(at('two')).sort()).toEqual(['nightly.sqlite', 'nightly.sqlite-journal', 'reports', 'runs']);
    expect(JSON.parse(project.read('two-night.json'))).toMatchObject({ verdict: 'broken', exitStatus: 1, counts: { held: 2, broken: 2 } });
    const again = await nightly('report', '--store', at('two'));
    expect(again.status).toBe(1);
    expect(output).toContain(again.output);
    const replay = /again npm run explore -- (--replay \S+)/.exec(output)?.[1] ?? '';
    expect((await project.start(['explore', ...replay.split(' '), '--store', at('replayed')]).ended).output).toMatch(/as stored in .*: broken/);
    expect((await nightly('--campaign', file, '--store', at('two'), '--seed', 's')).output).toContain('the night two-s is in the store already');
  });

  it('is held with what is known, until the version comes', async () => {
    writeFileSync(at('known.json'), JSON.stringify({ known: [{ issue: '#12', strategy: 'leader-follower', symptom: 'outcomes-agree', untilVersion: '1.2' }, { issue: '#13', strategy: 'two-writers' }] }));
    const file = await campaign('listed', { targets: [buggy], strategies: ['leader-follower/middle'], known: 'known.json' });
    const { status, output } = await nightly('--campaign', file, '--store', at('listed'));
    expect(output).toMatch(/known +buggy leader-follower\/middle/);
    expect(output).toContain('issue #12, until version 1.2');
    expect(status).toBe(0);
    const later = await nightly('--campaign', file, '--store', at('listed'), '--build', 'v1.2.0');
    expect(later.output).toMatch(/expired +buggy/);
    expect(later.output).toContain('issue #12 is excused no more: known until 1.2');
    expect(later.status).toBe(1);
  });

  it('made in shards is joined, with what is missing and what to type', async () => {
    const file = await campaign('split', { strategies: ['two-writers'] });
    const ends = [];
    for (const index of [1, 2]) ends.push(await nightly('--campaign', file, '--store', at(`part-${index}`), '--seed', '7', '--shard', `${index}/2`, '--quiet', '--bundle', at(`bundle-${index}`)));
    for (const { output, status } of ends) {
      expect(status === 0 || /0 runs, shard/.test(output)).toBe(true);
      expect(output).not.toContain('missing');
    }
    const one = await nightly('merge', at('bundle-2'), '--store', at('merged'));
    expect(one.output).toMatch(/shard 1\/2 is missing or not at its end: npm run nightly -- --campaign split.json --seed 7 --shard 1\/2/);
    expect(one.status).toBe(3);
    const both = await nightly('merge', at('bundle-2'), at('bundle-1'), '--store', at('merged'));
    expect(both.output).toMatch(/duplicate {2}\S*bundle-2 adds nothing to the store/);
    expect(both.output).toContain('0 in 4: below 53 % at 95 %');
    expect(both.status).toBe(0);
    expect(runsIn('merged')).toHaveLength(4);
  });
});
