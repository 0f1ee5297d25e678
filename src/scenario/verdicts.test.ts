// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cacheIntact } from '../checkers/cache-intact.ts';
import type { NamedVerdict } from '../checkers/checker.ts';
import { fetchedOnce } from '../checkers/fetched-once.ts';
import { layersRead } from '../checkers/layers-read.ts';
import { nothingFetched } from '../checkers/nothing-fetched.ts';
import { overlapped } from '../checkers/overlapped.ts';
import { StampedeError } from '../foundation/errors.ts';
import { closeScenario } from './close-scenario.ts';
import { expectHeld, outputOf } from './expectations.ts';
import type { ScenarioRun } from './scenario-run.ts';
import { again, compare, each, ran, verdicts } from './test-bundles.ts';
import { openTestStage, type TestStage } from './test-scenario.ts';
import { lastRun } from './validate.ts';

const atOnce = 'const images = await Promise.all(references.map(manifestOf)); for (const { repository, layers } of images) for (const layer of layers) console.log(hash(await read(repository, layer)));';
let stage: TestStage;

beforeAll(async () => {
  stage = await openTestStage();
});

afterAll(async () => await stage[Symbol.asyncDispose]());

const held = { verdict: 'held' };
const close = async (scenario: ScenarioRun, isPassing = true): Promise<void> => await closeScenario(scenario, { isPassing });

describe('a validator without fault', () => {
  it.each(['together', 'own-layers', 'first-request'])('holds, in three processes that meet at their %s', async (meeting) => {
    const scenario = await ran(stage, { program: each, meeting });
    await compare(scenario);
    expect(verdicts(scenario)).toEqual({ ended: held, 'cache-intact': held, overlapped: held, 'outcomes-agree': held });
    expectHeld(scenario, layersRead);
    await close(scenario);
    // With the one that was asked for above.
    const stored = JSON.parse(await readFile(join(scenario.storedFolder, 'run-1', 'verdicts.json'), 'utf8')) as { readonly checker: string }[];
    expect(stored.map(({ checker }) => checker)).toEqual(['layers-read', 'ended', 'cache-intact', 'overlapped', 'outcomes-agree']);
  });

  it('holds, in one process with three components', async () => {
    const scenario = await ran(stage, { program: atOnce, meeting: 'components-under-way', processes: 1 });
    await compare(scenario);
    expect(verdicts(scenario)).toEqual({ ended: held, 'cache-intact': held, overlapped: held, 'outcomes-agree': held });
    expectHeld(scenario, fetchedOnce);
    await close(scenario);
  });

  it('holds, alone, and fetches nothing the second time', async () => {
    const scenario = await ran(stage, { program: each, meeting: 'alone', processes: 1 });
    expect(verdicts(scenario)).toEqual({ ended: held, 'cache-intact': held });
    expect(() => expectHeld(scenario, nothingFetched)).toThrow(expect.objectContaining({ code: 'VERDICT_BROKEN' }));
    await again(scenario, 'alone', 1);
    expectHeld(scenario, nothingFetched);
    expectHeld(scenario, layersRead);
    await close(scenario);
    expect(await readdir(scenario.storedFolder)).toEqual(expect.arrayContaining(['run-1', 'run-2', 'scenario.json']));
  });
});

describe('a planted bug is found', () => {
  it('half an entry is left in the cache', async () => {
    const half = each.replace('await read(repository, layer)', 'await (async () => { const tar = await fetchLayer(repository, layer); keep(layer, words[0].endsWith("2") ? tar.subarray(0, 1000) : tar); return tar; })()');
    const scenario = await ran(stage, { program: half });
    const own = scenario.images.named('bundle-2').image.layers[1]!.diffId;
    const verdict = verdicts(scenario)['cache-intact'];
    expect(verdict).toMatchObject({ verdict: 'broken', sentence: expect.stringContaining(`${own} holds only the beginning`) });
    const seen = lastRun(scenario).recorder.events().filter(({ index }) => verdict?.verdict === 'broken' && verdict.events.includes(index));
    expect(seen).toContainEqual(expect.objectContaining({ kind: 'cache-file-seen', path: own, size: 1000, class: 'prefix' }));
    expect(() => expectHeld(scenario, cacheIntact)).toThrow(expect.objectContaining({ code: 'VERDICT_BROKEN', hint: expect.stringContaining('history.ndjson') }));
    await expect(close(scenario)).rejects.toMatchObject({ code: 'VERDICT_BROKEN', message: expect.stringContaining(own), hint: expect.stringContaining('history.ndjson') });
  });

  it('other bytes, and a temporary file, are left in the cache', async () => {
    const scenario = await ran(stage, { program: `${each} if (isCached) { keep({ diffId: 'lock' }, ''); }` });
    expect(verdicts(scenario)['cache-intact']).toMatchObject({ verdict: 'broken', sentence: expect.stringContaining('lock was left behind') });
    const other = await ran(stage, { program: each.replace('await read(repository, layer)', 'await (async () => { const tar = await fetchLayer(repository, layer); keep(layer, Buffer.alloc(tar.length)); return tar; })()') });
    expect(verdicts(other)['cache-intact']).toMatchObject({ verdict: 'broken', sentence: expect.stringContaining('holds other bytes') });
  });

  it('another output, in company', async () => {
    const scenario = await ran(stage, { program: `${each} console.log(isCached && words[0].endsWith('2') ? 'torn' : 'whole');` });
    await compare(scenario);
    expect(verdicts(scenario)['outcomes-agree']).toMatchObject({ verdict: 'broken', sentence: expect.stringMatching(/^validator-2 differs[^]*- whole\n\+ torn/) });
    expect(verdicts(scenario)['outcomes-agree']).not.toMatchObject({ sentence: expect.stringContaining('validator-1') });
    await expect(close(scenario)).rejects.toMatchObject({ code: 'VERDICT_BROKEN', message: expect.stringContaining('+ torn') });
  });

  it('another exit status, in company', async () => {
    const scenario = await ran(stage, { program: `${each} process.exitCode = isCached ? 1 : 0;` });
    await compare(scenario);
    expect(verdicts(scenario)['outcomes-agree']).toMatchObject({ verdict: 'broken', sentence: expect.stringMatching(/- exit status 0\n\+ exit status 1/) });
  });

  it('it hangs', async () => {
    const scenario = await ran(stage, { program: `${each} if (words[0].endsWith('3')) setInterval(() => undefined, 1000);`, settings: { deadlineMs: 1500 } });
    expect(verdicts(scenario)['ended']).toMatchObject({ verdict: 'broken', sentence: expect.stringContaining('validator-3 did not end within its deadline') });
    expect(lastRun(scenario).results.map(({ ending }) => ending)).toEqual(['exited', 'exited', 'deadline']);
    await expect(close(scenario)).rejects.toMatchObject({ code: 'VERDICT_BROKEN' });
  });

  it('it crashes, or never stops talking', async () => {
    const crashed = await ran(stage, { program: `${each} process.kill(process.pid, 'SIGSEGV'); setInterval(() => undefined, 1000);` });
    expect(verdicts(crashed)['ended']).toMatchObject({ verdict: 'broken', sentence: expect.stringContaining('SIGSEGV') });
    const loud = await ran(stage, { program: 'setInterval(() => console.log("x".repeat(1e5)), 0);', meeting: 'alone', processes: 1, settings: { outputLimitBytes: 50_000 } });
    expect(verdicts(loud)['ended']).toMatchObject({ verdict: 'broken', sentence: expect.stringContaining('more than is kept') });
    expect(await outputOf(loud, 'stdout')).toHaveLength(50_000);
  });
});

describe('a run that shows nothing is unknown', () => {
  it('nobody asks for a layer', async () => {
    const scenario = await ran(stage, { program: 'await manifestOf(references[0]);' });
    expect(verdicts(scenario)['overlapped']).toMatchObject({ verdict: 'unknown', reason: expect.stringContaining('abandoned, with 0 of 3') });
    await expect(close(scenario)).rejects.toMatchObject({ code: 'VERDICT_UNKNOWN', hint: expect.stringContaining('history.ndjson') });
  });

  it('one of three does not', async () => {
    // Gone before the others ask for anything: one who ends while another is held has met it.
    const second = "process.env.XDG_CACHE_HOME + '/second'";
    const isGone = `existsSync(${second}) && !existsSync('/proc/' + readFileSync(${second}, 'utf8'))`;
    const scenario = await ran(stage, {
      program: `if (words[0].endsWith('2')) { mkdirSync(process.env.XDG_CACHE_HOME, { recursive: true }); writeFileSync(${second} + '.new', String(process.pid)); renameSync(${second} + '.new', ${second}); }
        else { while (!(${isGone})) await new Promise((resolve) => setTimeout(resolve, 5)); ${each} }`,
    });
    expect(verdicts(scenario)['overlapped']).toMatchObject({ verdict: 'unknown', reason: expect.stringContaining('only 2 of 3 met') });
  });

  it('one process takes its components one after the other', async () => {
    const scenario = await ran(stage, { program: each, meeting: 'components-under-way', processes: 1, settings: { gateTimeoutMs: 150 } });
    expect(verdicts(scenario)['overlapped']).toMatchObject({ verdict: 'unknown', reason: expect.stringContaining('timeout, with 1 of 3') });
    expect(() => expectHeld(scenario, overlapped)).toThrow(expect.objectContaining({ code: 'VERDICT_UNKNOWN' }));
    await expect(close(scenario)).rejects.toMatchObject({ code: 'VERDICT_UNKNOWN' });
  });

  it('nobody was started', async () => {
    const scenario = await ran(stage, { program: each, meeting: 'alone', processes: 0 });
    await expect(close(scenario)).rejects.toMatchObject({ code: 'VERDICT_UNKNOWN' });
  });
});

describe('closeScenario', () => {
  const vacuousAndTorn = `await manifestOf(references[0]); keep({ diffId: 'lock-' + process.pid }, '');`;

  it('tells what is broken before what is unknown', async () => {
    const scenario = await ran(stage, { program: vacuousAndTorn });
    expect(verdicts(scenario)).toMatchObject({ overlapped: { verdict: 'unknown' }, 'cache-intact': { verdict: 'broken' } });
    await expect(close(scenario)).rejects.toMatchObject({ code: 'VERDICT_BROKEN', message: expect.stringContaining('cache-intact') });
  });

  it('judges every run, not the last alone', async () => {
    const scenario = await ran(stage, { program: each, meeting: 'components-under-way', processes: 1, settings: { gateTimeoutMs: 150 } });
    await again(scenario, 'alone', 1);
    await expect(close(scenario)).rejects.toMatchObject({ code: 'VERDICT_UNKNOWN', hint: expect.stringContaining('run-1') });
  });

  it('adds nothing when a step has failed already, yet stores the verdicts', async () => {
    const scenario = await ran(stage, { program: vacuousAndTorn });
    await close(scenario, false);
    const stored = JSON.parse(await readFile(join(scenario.storedFolder, 'run-1', 'verdicts.json'), 'utf8')) as NamedVerdict[];
    expect(stored.map(({ verdict }) => verdict.verdict)).toEqual(['held', 'broken', 'unknown']);
  });

  it('removes the folders of the scenario, unless they are kept, and keeps the stored run', async () => {
    const gone = await stage.open({ validator: [await stage.program('')] });
    await close(gone);
    expect(existsSync(gone.folders.root)).toBe(false);
    expect(existsSync(gone.storedFolder)).toBe(true);
    const kept = await ran(stage, { program: each, settings: { keep: true } });
    await close(kept);
    expect(await readdir(join(kept.folders.cache, 'layers'))).toHaveLength(4);
  });

  it('gives everything back when a verdict has not held, and tells the verdict even when that fails', async () => {
    const scenario = await ran(stage, { program: vacuousAndTorn });
    scenario.resources.defer('a stuck thing', () => {
      throw new Error('stuck');
    });
    const failure: unknown = await close(scenario).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'VERDICT_BROKEN', cause: { code: 'TEARDOWN_FAILED' } });
    expect(existsSync(scenario.folders.root)).toBe(false);
    const harmless = await stage.open();
    harmless.resources.defer('a stuck thing', () => {
      throw new StampedeError('GIT_FAILED', 'stuck');
    });
    await expect(close(harmless)).rejects.toMatchObject({ code: 'TEARDOWN_FAILED' });
  });
});
