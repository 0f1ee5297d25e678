// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestStage, type TestStage } from '../scenario/test-scenario.ts';
import { patienceOf, silenceMs, type Patience } from './patience.ts';

let stage: TestStage;

beforeAll(async () => {
  stage = await openTestStage();
});

afterAll(async () => await stage[Symbol.asyncDispose]());

const patient = 'const { repository, layers } = await manifestOf(references[0]); for (const layer of layers) await read(repository, layer);';
/** Gives up a download in which nothing comes for so long, and asks once more. */
const impatient = (ms: number): string => `
const { repository, layers } = await manifestOf(references[0]);
const once = ({ digest }) => new Promise((resolve, reject) => {
  const door = new URL(process.env.HTTP_PROXY);
  const request = get({ host: door.hostname, port: door.port, path: 'http://registry.local/v2/' + repository + '/blobs/' + digest, agent: false, timeout: ${ms} }, (response) => {
    response.on('data', () => undefined).on('end', resolve).on('error', reject);
  }).on('timeout', () => request.destroy(new Error('silence'))).on('error', reject);
});
for (const layer of layers) await once(layer).catch(() => once(layer));`;

async function patience(body: string): Promise<Patience> {
  const scenario = await stage.open({ validator: [await stage.program(body)] });
  await scenario.images.pushBundles('bundle', 2);
  const shared = scenario.images.readLayers().find(({ images }) => images.length === 2)!;
  const participants = [{ name: 'validator-1', arguments: [scenario.images.referenceOf('bundle-1')] }];
  return await patienceOf({ scenario, workload: { participants, shared }, environment: {}, name: 'patience' });
}

describe('patienceOf', () => {
  it('tells that somebody waits as long as it looks', async () => {
    expect(await patience(patient)).toEqual({ answer: Infinity, body: Infinity });
  });

  it('knows nothing of one that reads no layer', async () => {
    expect(await patience('await manifestOf(references[0]);')).toEqual({ answer: undefined, body: undefined });
  });

  it('tells when somebody asks again', async () => {
    const { answer = 0, body = 0 } = await patience(impatient(1000));
    for (const one of [answer, body]) {
      // Its clock began before anybody could know that it was held.
      expect(one).toBeGreaterThan(500);
      expect(one).toBeLessThan(silenceMs);
    }
  });

  it('tells when somebody ends', async () => {
    const { answer } = await patience(`${impatient(600)} process.exit(1);`.replace('.catch(() => once(layer))', '.catch(() => process.exit(1))'));
    expect(answer).toBeGreaterThan(200);
    expect(answer).toBeLessThan(silenceMs);
  });
});
