// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nothingFetched } from '../checkers/nothing-fetched.ts';
import type { RunContext } from '../config.ts';
import { eventsOf } from '../history/event.ts';
import { closeScenario } from '../scenario/close-scenario.ts';
import { expectHeld, outputOf } from '../scenario/expectations.ts';
import { writeNamedFile } from '../scenario/fixtures.ts';
import { makeLogFail } from '../scenario/log-faults.ts';
import type { ScenarioRun } from '../scenario/scenario-run.ts';
import { openTestStage, testSubject, type TestStage } from '../scenario/test-scenario.ts';
import { lastRun } from '../scenario/validate.ts';
import type { Subject } from '../validator/subject.ts';
import { amplifiedFile, validateAmplified } from './amplify.ts';

const each = 'for (const reference of references) { const { repository, layers } = await manifestOf(reference); for (const layer of layers) console.log(hash(await read(repository, layer))); }';
/**
 * Writes an entry as its bytes come, and takes what lies there for the whole of it. Each byte has its place: what two of them write
 * over each other is the same in the end, so that nothing but what one reads half-way is wrong.
 */
const inPlace = `
import { closeSync, constants, openSync, writeSync } from 'node:fs';
const fetchInPlace = (repository, { digest }) => new Promise((resolve) => {
  const door = new URL(process.env.HTTP_PROXY);
  mkdirSync(cache, { recursive: true });
  const file = isCached ? openSync(cache + '/' + digest, constants.O_WRONLY | constants.O_CREAT) : undefined;
  get({ host: door.hostname, port: door.port, path: 'http://registry.local/v2/' + repository + '/blobs/' + digest, agent: false }, async (response) => {
    const chunks = [];
    let at = 0;
    for await (const chunk of response) { chunks.push(chunk); if (isCached) writeSync(file, chunk, 0, chunk.length, at); at += chunk.length; }
    if (isCached) closeSync(file);
    resolve(Buffer.concat(chunks));
  });
});
const { repository, layers } = await manifestOf(references[0]);
const seen = [];
for (const layer of layers) seen.push(isCached && existsSync(cache + '/' + layer.digest) ? readFileSync(cache + '/' + layer.digest) : await fetchInPlace(repository, layer));
`;
let stage: TestStage;

beforeAll(async () => {
  stage = await openTestStage();
});

afterAll(async () => await stage[Symbol.asyncDispose]());

interface Case extends Partial<Omit<RunContext, 'subject'>> {
  readonly program: string;
  readonly subject?: Subject;
}

async function opened({ program, ...settings }: Case): Promise<ScenarioRun> {
  const scenario = await stage.open({ validator: [await stage.program(program)], ...settings });
  await scenario.images.pushBundles('bundle', 2);
  await scenario.images.pushImage('plain');
  return scenario;
}

const run = async (scenario: ScenarioRun, line = 'x ${REGISTRY}/bundle-1', times = 3): Promise<void> => await validateAmplified(scenario, { line, times });
const notes = async ({ storedFolder }: ScenarioRun): Promise<unknown[]> => (await readFile(join(storedFolder, amplifiedFile), 'utf8')).trim().split('\n').map((line) => JSON.parse(line) as unknown);
const close = async (scenario: ScenarioRun): Promise<void> => await closeScenario(scenario, { isPassing: true });

describe('a command that is run several times at once', () => {
  it('meets itself at a layer and half-way through it, on caches that are cold and its own', async () => {
    const scenario = await opened({ program: each });
    await run(scenario);
    const histories = scenario.runsBesides.map(({ recorder }) => recorder.events());
    expect(scenario.runsBesides.map(({ plan }) => [plan.meeting, plan.cache, plan.participants.length])).toEqual([['schedule together', 'cold', 3], ['schedule leader-follower/middle/1', 'cold', 3]]);
    for (const history of histories) {
      expect(eventsOf(history, 'gate-opened').map(({ reason }) => reason)).toEqual(expect.arrayContaining(['condition']));
      expect(eventsOf(history, 'outcome-compared').map(({ participant, equal }) => [participant, equal])).toEqual([1, 2, 3].map((number) => [`validator-${number}`, true]));
    }
    await close(scenario);
    const stored = await readdir(join(scenario.storedFolder, 'run-1'));
    expect(stored).toEqual(expect.arrayContaining(['alone', 'at-once-at-a-layer', 'at-once-half-way', 'history.ndjson']));
    const verdicts = JSON.parse(await readFile(join(scenario.storedFolder, 'run-1', 'at-once-half-way', 'verdicts.json'), 'utf8')) as { checker: string; verdict: unknown }[];
    expect(verdicts.map(({ checker }) => checker)).toEqual(['ended', 'cache-intact', 'cache-prepared', 'overlapped', 'outcomes-agree']);
    expect(verdicts.every(({ verdict }) => JSON.stringify(verdict) === '{"verdict":"held"}')).toBe(true);
    expect(await notes(scenario)).toEqual([{ line: 'x ${REGISTRY}/bundle-1', times: 3, meetings: ['at-a-layer', 'half-way'] }]);
  });

  it('meets itself at its first request where it reads no layer', async () => {
    const scenario = await opened({ program: 'await manifestOf(references[0]); console.log("done");' });
    await run(scenario, '${REGISTRY}/plain');
    expect(scenario.runsBesides.map(({ plan }) => plan.meeting)).toEqual(['schedule first-request']);
    await close(scenario);
    expect(await notes(scenario)).toMatchObject([{ meetings: ['at-first-request'] }]);
  });

  it('has a folder of its own each time, with what steps have put there, and one cache', async () => {
    const say = `${each} console.log(JSON.stringify([process.cwd(), process.env.HOME, process.env.TMPDIR, process.env.KUBECONFIG, words[0], readFileSync('given', 'utf8'), readFileSync(words[0], 'utf8')]));
      if (existsSync('made')) throw new Error('somebody was here before');
      writeFileSync('made', process.cwd()); writeFileSync(words[0] + '.out', process.env.XDG_CACHE_HOME === process.env.HOME + '/.cache' ? 'own' : 'shared');`;
    const scenario = await opened({ program: say });
    await writeNamedFile(scenario, 'given', 'one');
    await writeNamedFile(scenario, '${TMPDIR}/far/file', 'two');
    await run(scenario, '${TMPDIR}/far/file ${REGISTRY}/bundle-1');
    const { root, work, home, temporary } = scenario.folders;
    const lines = (await outputOf(scenario, 'stdout')).trim().split('\n');
    expect(JSON.parse(lines.at(-1) ?? '')).toEqual([work, home, temporary, join(root, 'kubeconfig'), join(root, 'far/file'), 'one', 'two']);
    expect(await readFile(join(work, 'made'), 'utf8')).toBe(work);
    expect(await readFile(join(root, 'far/file.out'), 'utf8')).toBe('shared');
    expect((await readdir(work)).sort()).toEqual(['given', 'made']);
    const directories = scenario.runsBesides.flatMap(({ recorder }) => eventsOf(recorder.events(), 'validator-started').map(({ directory }) => directory));
    expect(new Set(directories).size).toBe(6);
    await close(scenario);
  });

  it('leaves to later steps what a run alone leaves, and is cold itself all the same', async () => {
    const scenario = await opened({ program: each });
    await run(scenario);
    const fetched = eventsOf(lastRun(scenario).recorder.events(), 'request').filter(({ target }) => target.resource === 'blob').length;
    expect(fetched).toBeGreaterThan(2);
    expect(await readdir(join(scenario.folders.cache, 'layers'))).toHaveLength(2);
    await run(scenario);
    expectHeld(scenario, nothingFetched);
    expect(lastRun(scenario).results).toHaveLength(1);
    const again = scenario.runsBesides.slice(2).map(({ recorder }) => eventsOf(recorder.events(), 'cache-looked-at').find(({ moment }) => moment === 'before')?.files);
    expect(again).toEqual([0, 0]);
    await close(scenario);
  });

  it('shares a cache below HOME, too', async () => {
    const scenario = await opened({ program: `${each} if (isCached) { mkdirSync(process.env.HOME + '/layers', { recursive: true }); writeFileSync(process.env.HOME + '/layers/.used-' + process.pid, ''); }`, subject: { ...testSubject, cacheDirectory: '${HOME}/layers' } });
    await expect(run(scenario)).rejects.toMatchObject({ code: 'VERDICT_BROKEN', message: expect.stringMatching(/cache-intact: \.used-\d+ was left behind; \.used-\d+ was left behind; \.used-/) });
  });

  it('leaves nothing behind, not even when it fails', async () => {
    const scenario = await opened({ program: `${inPlace} console.log(seen.map(hash).join());` });
    await expect(run(scenario)).rejects.toMatchObject({ code: 'VERDICT_BROKEN' });
    expect(existsSync(join(scenario.context.sessionFolder, 'amplified', scenario.identity.id))).toBe(false);
  });
});

describe('broken', () => {
  it('by what one says half-way', async () => {
    // One layer: at a second one the followers could meet by chance, and harm the leader, too.
    const oneLayer = inPlace.replace('const layer of layers)', 'const layer of layers.slice(0, 1))');
    const scenario = await opened({ program: `${oneLayer} console.log(seen.map(hash).join());` });
    await expect(run(scenario)).rejects.toMatchObject({
      code: 'VERDICT_BROKEN',
      message: expect.stringMatching(/^3 at once, schedule (together|leader-follower\/middle\/1): outcomes-agree: validator-\d differs from the serial run without cache:/),
      hint: expect.stringContaining('at-once-'),
    });
    const halfWay = eventsOf(scenario.runsBesides[1]!.recorder.events(), 'outcome-compared');
    expect(halfWay.map(({ participant, equal }) => [participant, equal])).toEqual([['validator-1', true], ['validator-2', false], ['validator-3', false]]);
  });

  it('by what one writes into a file and says nothing of', async () => {
    const scenario = await opened({ program: `${inPlace} writeFileSync('report', seen.map(hash).join());` });
    await expect(run(scenario)).rejects.toMatchObject({ code: 'VERDICT_BROKEN', message: expect.stringMatching(/validator-\d differs[^]*file work\/report\n/) });
    const { results } = lastRun(scenario);
    expect(results.map(({ participant }) => participant)).toEqual(['validator-1']);
  });

  it('by a file that one takes away', async () => {
    const scenario = await opened({ program: `import { rmSync } from 'node:fs'; ${inPlace} if (seen.some((bytes) => bytes.length < 400000)) rmSync('given');` });
    await writeNamedFile(scenario, 'given', 'one');
    await expect(run(scenario)).rejects.toMatchObject({ code: 'VERDICT_BROKEN', message: expect.stringMatching(/file work\/given\n\+ gone/) });
  });

  it('by what is left in the cache, and by one that hangs', async () => {
    const left = await opened({ program: `${each} keep({ diffId: 'lock-' + process.pid }, '');` });
    await expect(run(left)).rejects.toMatchObject({ code: 'VERDICT_BROKEN', message: expect.stringContaining('cache-intact: lock-') });
    const hangs = await opened({ program: `${each} if (isCached) setInterval(() => undefined, 1000);`, deadlineMs: 3000 });
    await expect(run(hangs)).rejects.toMatchObject({ code: 'VERDICT_BROKEN', message: expect.stringContaining('ended: validator-1 did not end') });
  });
});

it('is unknown when those who run at once never meet', async () => {
  const scenario = await opened({ program: `if (isCached) console.log(references.length > 0 ? 'same' : ''); else { ${each.replace('console.log', 'void ')} console.log('same'); }` });
  await run(scenario);
  await expect(close(scenario)).rejects.toMatchObject({ code: 'VERDICT_UNKNOWN', message: expect.stringContaining('overlapped') });
});

describe('left as it is', () => {
  it.each([
    ['a command that asks for nothing', 'console.log("1.0");', async () => undefined, 'asks the registry for no image'],
    ['one before a log that counts', each, async (scenario: ScenarioRun) => await makeLogFail(scenario, { fault: 'down', after: 2 }), 'the log was told to fail after some requests'],
  ])('%s', async (_what, program, before, reason) => {
    const scenario = await opened({ program });
    await before(scenario);
    await run(scenario);
    expect(scenario.runsBesides).toEqual([]);
    expect(lastRun(scenario).results).toHaveLength(1);
    expect(await notes(scenario)).toEqual([{ line: 'x ${REGISTRY}/bundle-1', reason }]);
  });

  it('and still amplified before a log that always fails', async () => {
    const scenario = await opened({ program: each });
    await makeLogFail(scenario, { fault: 'status', after: 0 });
    await run(scenario);
    expect(await notes(scenario)).toMatchObject([{ times: 3 }]);
  });
});
