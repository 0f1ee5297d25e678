// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { validateUnder } from '../explore/gathering.ts';
import { eventsOf } from '../history/event.ts';
import { alone } from './meeting.ts';
import type { ScenarioRun } from './scenario-run.ts';
import { compare, each, ran, verdicts } from './test-bundles.ts';
import { openTestStage, testSubject, type TestStage } from './test-scenario.ts';
import { lastRun, validate } from './validate.ts';

const held = { verdict: 'held' };
let stage: TestStage;

beforeAll(async () => {
  stage = await openTestStage();
});

afterAll(async () => await stage[Symbol.asyncDispose]());

describe('compareWithReference', () => {
  const witness = `${each.replace('console.log', 'void ')} console.error(JSON.stringify({ words, env: process.env, entries: existsSync(cache) }));`;
  const aloneIn = (scenario: ScenarioRun): string => join(lastRun(scenario).settings.folder, 'alone-validator-1');

  it('runs the command alone, serial, without the cache, and leaves the cache alone', async () => {
    const scenario = await ran(stage, { program: witness });
    const before = (await readdir(join(scenario.folders.cache, 'layers'))).sort();
    await compare(scenario);
    const { words, env, entries } = JSON.parse(await readFile(join(aloneIn(scenario), 'alone-validator-1.stderr'), 'utf8')) as { words: string[]; env: Record<string, string>; entries: boolean };
    expect(words.at(-1)).toBe('--serial');
    expect(env).toMatchObject({ CACHE: 'false', HOME: scenario.folders.home });
    expect(env['XDG_CACHE_HOME']).not.toBe(scenario.folders.cache);
    expect(entries).toBe(false);
    expect((await readdir(join(scenario.folders.cache, 'layers'))).sort()).toEqual(before);
    expect(existsSync(join(scenario.folders.root, 'alone'))).toBe(false);
  });

  it('does so for a cache below HOME, which then is another one', async () => {
    const scenario = await stage.open({ validator: [await stage.program('console.log(existsSync(process.env.HOME + "/layers/x"));')], subject: { ...testSubject, cacheDirectory: '${HOME}/layers' } });
    await validate(scenario, { line: 'x', processes: 1, meeting: alone });
    await mkdir(join(scenario.folders.home, 'layers'));
    await writeFile(join(scenario.folders.home, 'layers', 'x'), 'poison');
    await compare(scenario);
    expect(verdicts(scenario)['outcomes-agree']).toEqual(held);
  });

  it('repeats equal commands once', async () => {
    const scenario = await ran(stage, { program: each, processes: 1, meeting: 'alone' });
    await validateUnder(scenario, { line: '${REGISTRY}/bundle-1', processes: 3, schedule: 'together' });
    await compare(scenario);
    expect(eventsOf(lastRun(scenario).recorder.events(), 'outcome-compared').map(({ participant, equal }) => [participant, equal])).toEqual([1, 2, 3].map((number) => [`validator-${number}`, true]));
    expect((await readdir(lastRun(scenario).settings.folder)).filter((name) => name.startsWith('alone'))).toEqual(['alone-validator-1']);
  });

  it('leaves what the run wrote into its working directory', async () => {
    const writer = `writeFileSync('report.json', isCached ? 'of the run' : 'of the reference'); if (!isCached) writeFileSync('extra', '');`;
    const scenario = await stage.open({ validator: [await stage.program(writer)] });
    await validate(scenario, { line: 'x', processes: 1, meeting: alone });
    await compare(scenario);
    expect(await readFile(join(scenario.folders.work, 'report.json'), 'utf8')).toBe('of the run');
    expect(await readdir(scenario.folders.work)).toEqual(['report.json']);
  });

  it('does not take what differs from run to run for a difference', async () => {
    const scenario = await ran(stage, { program: 'console.log(new Date().toISOString(), process.cwd(), references[0]);', meeting: 'alone', processes: 1 });
    await compare(scenario);
    expect(verdicts(scenario)['outcomes-agree']).toEqual(held);
  });
});
