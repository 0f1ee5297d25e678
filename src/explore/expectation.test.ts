// SPDX-License-Identifier: Apache-2.0
import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestStage, type TestStage } from '../scenario/test-scenario.ts';
import { expectedOutcomes } from './expectation.ts';

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
