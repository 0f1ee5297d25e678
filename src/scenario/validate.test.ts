// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { eventsOf } from '../history/event.ts';
import { openDoor } from '../faults/door.ts';
import { createGateKeeper } from '../faults/gate-keeper.ts';
import { openRecorder } from '../history/recorder.ts';
import { validateUnder } from '../explore/gathering.ts';
import { outputOf } from './expectations.ts';
import { alone } from './meeting.ts';
import type { Plan } from './plan.ts';
import type { ScenarioRun } from './scenario-run.ts';
import { openTestStage, type TestStage } from './test-scenario.ts';
import { commandsOf, lastRun, lastValidatorFile, validate } from './validate.ts';

const run = promisify(execFile);
let stage: TestStage;
let reader: string;
let witness: string;

beforeAll(async () => {
  stage = await openTestStage();
  reader = await stage.program('for (const r of references) { const { repository, layers } = await manifestOf(r); for (const layer of layers) console.log(hash(await read(repository, layer))); }');
  witness = await stage.program('console.log(JSON.stringify({ words, env: process.env, directory: process.cwd() }));');
});

afterEach(() => vi.unstubAllEnvs());
afterAll(async () => await stage[Symbol.asyncDispose]());

interface Witnessed {
  readonly words: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly directory: string;
}

async function witnessed(scenario: ScenarioRun, index = 0): Promise<Witnessed> {
  return JSON.parse(await outputOf(scenario, 'stdout', index)) as Witnessed;
}

describe('a validator', () => {
  it('gets the words of the command, split at each space, variables expanded', async () => {
    const scenario = await stage.open({ validator: [witness, 'leading'] });
    const { publicKeyFile } = await scenario.keys.make('known');
    await validate(scenario, { line: 'validate  image --key ${known_PUBLIC_KEY} --json {"a":"${REGISTRY}/b"} ', processes: 1, meeting: alone });
    const { words } = await witnessed(scenario);
    expect(words).toEqual(['leading', 'validate', '', 'image', '--key', publicKeyFile, '--json', `{"a":"registry.local/${scenario.identity.id}/b"}`, '']);
    expect(commandsOf(lastRun(scenario))).toEqual([[witness, ...words]]);
  });

  it('inherits the search path and nothing else; lines of steps win over the usual environment', async () => {
    vi.stubEnv('SECRET_TOKEN', 'secret');
    vi.stubEnv('HTTP_PROXY', 'http://elsewhere');
    const scenario = await stage.open({ validator: [witness] });
    scenario.environment.set('EC_CACHE', 'false').set('HOME', '/nowhere');
    await validate(scenario, { line: 'x', processes: 1, meeting: alone });
    const { env, directory } = await witnessed(scenario);
    const { HTTP_PROXY, HTTPS_PROXY, http_proxy, https_proxy, ...rest } = env;
    expect(HTTP_PROXY).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(new Set([HTTP_PROXY, HTTPS_PROXY, http_proxy, https_proxy]).size).toBe(1);
    expect(rest).toEqual({ ...scenario.usualEnvironment, EC_CACHE: 'false', HOME: '/nowhere' });
    expect(rest['PATH']).toBe(process.env['PATH']);
    expect(directory).toBe(scenario.folders.work);
    for (const name of ['KUBECONFIG', 'SIGSTORE_REKOR_PUBLIC_KEY', 'SSL_CERT_FILE']) expect(await readFile(rest[name] ?? '', 'utf8')).not.toBe('');
  });

  it('knows its own number, and has a door of its own', async () => {
    const scenario = await stage.open({ validator: [witness] });
    await validate(scenario, { line: '--name image-${PARTICIPANT}', processes: 3, meeting: alone });
    const seen = await Promise.all([0, 1, 2].map(async (index) => await witnessed(scenario, index)));
    expect(seen.map(({ words }) => words[1])).toEqual(['image-1', 'image-2', 'image-3']);
    expect(new Set(seen.map(({ env }) => env['HTTP_PROXY'])).size).toBe(3);
  });

  it('is not started with a variable that nobody knows, unless such are empty', async () => {
    const strict = await stage.open({ validator: [witness] });
    await expect(validate(strict, { line: '${WRONG}', processes: 1, meeting: alone })).rejects.toMatchObject({ code: 'VARIABLE_UNKNOWN' });
    expect(strict.runs).toEqual([]);
    const lax = await stage.open({ validator: [witness], unknownVariables: 'empty' });
    await validate(lax, { line: 'a${WRONG}b', processes: 1, meeting: alone });
    expect((await witnessed(lax)).words).toEqual(['ab']);
  });

  it('that is missing is told', async () => {
    const scenario = await stage.open({ validator: [join(stage.folder, 'gone')] });
    await expect(validate(scenario, { line: 'x', processes: 2, meeting: alone })).rejects.toMatchObject({ code: 'VALIDATOR_MISSING' });
  });
});

describe('a run', () => {
  it('is stored: plan as it was written, history, outputs, versions', async () => {
    const scenario = await stage.open({ validator: [reader] });
    await scenario.images.pushBundles('bundle', 2);
    const line = 'validate --image ${REGISTRY}/bundle-${PARTICIPANT}';
    await validateUnder(scenario, { line, processes: 2, schedule: 'together' });
    const folder = join(scenario.storedFolder, 'run-1');
    const plan = JSON.parse(await readFile(join(folder, 'plan.json'), 'utf8')) as Plan;
    expect(plan).toEqual(lastRun(scenario).plan);
    expect(plan).toMatchObject({ scenario: scenario.identity.id, subject: 'test', seed: 'seed', meeting: 'schedule together', sharedLayer: scenario.images.readLayers()[0]!.digest, gates: [{ name: 'together', until: { count: 2 } }] });
    expect(plan.participants).toEqual(['validator-1', 'validator-2'].map((name) => ({ name, arguments: line.split(' ') })));
    const history = (await readFile(join(folder, 'history.ndjson'), 'utf8')).trim().split('\n').map((text) => JSON.parse(text) as unknown);
    expect(history).toEqual(lastRun(scenario).recorder.events());
    expect((await readFile(join(folder, 'validator-2.stdout'), 'utf8')).split('\n')).toHaveLength(3);
    expect(JSON.parse(await readFile(join(folder, 'versions.json'), 'utf8'))).toMatchObject({ node: process.versions.node, stage: 'embedded' });
  });

  it('knows the layers of the images that its commands name, and of no others', async () => {
    const scenario = await stage.open({ validator: [reader] });
    await scenario.images.pushBundles('bundle', 11);
    await validate(scenario, { line: '${REGISTRY}/bundle-11:latest ${REGISTRY}/bundle-1/parent', processes: 1, meeting: alone });
    const [workload] = eventsOf(lastRun(scenario).recorder.events(), 'workload-known');
    const layers = scenario.images.named('bundle-11').image.layers.map(({ diffId }) => diffId);
    expect(workload?.layers.map(({ diffId }) => diffId)).toEqual(layers);
    await validate(scenario, { line: '{"components":[{"containerImage":"${REGISTRY}/bundle-2"},{"containerImage":"${REGISTRY}/bundle-3@sha256:0"}]}', processes: 1, meeting: alone });
    expect(eventsOf(lastRun(scenario).recorder.events(), 'workload-known')[0]?.layers).toHaveLength(3);
  });

  it('takes no image for another whose name goes on with a dot', async () => {
    const scenario = await stage.open({ validator: [witness] });
    await scenario.images.pushBundles('bundle', 1);
    await scenario.images.pushBundles('bundle-1.x', 1);
    await validate(scenario, { line: '${REGISTRY}/bundle-1.x-1', processes: 1, meeting: alone });
    expect(eventsOf(lastRun(scenario).recorder.events(), 'workload-known')[0]?.layers).toHaveLength(2);
    await validate(scenario, { line: 'see ${REGISTRY}/bundle-1.', processes: 1, meeting: alone });
    expect(eventsOf(lastRun(scenario).recorder.events(), 'workload-known')[0]?.layers).toHaveLength(2);
  });

  it('can be repeated by the script that it leaves, behind a door', async () => {
    const scenario = await stage.open({ validator: [reader] });
    await scenario.images.pushBundles('bundle', 2);
    await validateUnder(scenario, { line: '${REGISTRY}/bundle-${PARTICIPANT}', processes: 2, schedule: 'together' });
    const recorder = openRecorder(join(stage.folder, 'by-hand.ndjson'));
    const gates = createGateKeeper([], { participants: [], recorder });
    const door = await openDoor({ participant: 'by-hand', upstream: stage.addresses.registryUrl, hosts: ['registry.local'], recorder, gates });
    for (const folder of [scenario.storedFolder, scenario.context.runFolder]) {
      const { stdout } = await run('sh', [join(folder, lastValidatorFile)], { env: { PATH: process.env['PATH'], DOOR: door.url } });
      expect(stdout).toBe(await outputOf(scenario, 'stdout', 1));
    }
    expect(eventsOf(recorder.events(), 'request').length).toBeGreaterThan(0);
    await door.close();
    recorder.close();
  });

  it('must have been, to be looked at', async () => {
    const scenario = await stage.open();
    expect(() => lastRun(scenario)).toThrow(expect.objectContaining({ code: 'STEP_OUT_OF_ORDER' }));
  });
});
