// SPDX-License-Identifier: Apache-2.0
import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestStage, type TestStage } from '../scenario/test-scenario.ts';
import { begunOutcomes, expectedOutcomes } from './expectation.ts';

let stage: TestStage;

beforeAll(async () => {
  stage = await openTestStage();
});

afterAll(async () => await stage[Symbol.asyncDispose]());

it('learns what another process says once, whoever asks at the same time', async () => {
  const scenario = await stage.open({ validator: [await stage.program('console.log(words[0]);')] });
  const participant = { name: 'validator-1', arguments: ['one'] };
  const expectation = await expectedOutcomes({ scenario, workload: { participants: [participant], alone: [participant] }, environment: {}, name: 'alone' });
  const other = { name: 'validator-2', arguments: ['two'] };
  await Promise.all([expectation.learn(other), expectation.learn(other)]);
  await expectation.learn(other);
  expect((await readdir(scenario.storedFolder)).filter((name) => name.startsWith('alone-validator-2'))).toEqual(['alone-validator-2-without-cache']);
  expect(expectation.serialDefects).toEqual([]);
});

it('tells what a cache changes without any race', async () => {
  const scenario = await stage.open({ validator: [await stage.program('console.log(isCached ? words[0] : "other");')] });
  const participants = ['one', 'two'].map((word, index) => ({ name: `validator-${index + 1}`, arguments: [word] }));
  const { serialDefects } = await expectedOutcomes({ scenario, workload: { participants, alone: participants }, environment: {}, name: 'alone' });
  expect(serialDefects).toHaveLength(8);
  expect(serialDefects[0]).toBe('validator-1 alone, cold cache, order 1: another outcome than without a cache');
});

it('begins with what is said without a cache, and completes it once, while others go on', async () => {
  const scenario = await stage.open({ validator: [await stage.program('console.log(words[0]);')] });
  const participants = ['one', 'two'].map((word, index) => ({ name: `validator-${index + 1}`, arguments: [word] }));
  const together = { name: 'validator-all', arguments: ['one', 'two'] };
  const looks: (readonly string[])[] = [];
  const begun = await begunOutcomes({ scenario, workload: { participants, alone: [...participants, together] }, environment: {}, name: 'alone' }, async ({ serialRuns }) => {
    looks.push(serialRuns.map(({ moment, participant }) => `${moment} ${participant}`));
    await Promise.resolve();
  });
  expect(looks).toEqual([['without-cache validator-1', 'without-cache validator-2']]);
  await Promise.all([begun.complete(), begun.complete()]);
  expect(looks).toHaveLength(2);
  expect(looks[1]).toHaveLength(10);
  expect((await readdir(scenario.storedFolder)).some((name) => name.includes('validator-all'))).toBe(false);
});

it('lets nobody judge where whoever looks at serial runs on a cache refuses them', async () => {
  const scenario = await stage.open({ validator: [await stage.program('console.log(isCached ? words[0] : "other");')] });
  const participants = [{ name: 'validator-1', arguments: ['one'] }];
  const begun = await begunOutcomes({ scenario, workload: { participants, alone: participants }, environment: {}, name: 'alone' }, async ({ serialDefects: [defect] }) => {
    if (defect !== undefined) throw new Error(defect);
    await Promise.resolve();
  });
  await expect(begun.complete()).rejects.toThrow('validator-1 alone, cold cache, order 1: another outcome than without a cache');
});
