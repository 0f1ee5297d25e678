// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, it } from 'vitest';
import { alone } from './meeting.ts';
import { normalise } from './normalise.ts';
import { versionIn } from './subject-version.ts';
import { openTestStage, type TestStage } from './test-scenario.ts';
import { validate } from './validate.ts';

let stage: TestStage;
beforeAll(async () => (stage = await openTestStage()));
afterAll(async () => await stage[Symbol.asyncDispose]());

it.each([
  ['v0.7.114+b9ddd5f\n', 'v0.7.114+b9ddd5f'],
  ['Version            v0.7.114\nSource ID          b9ddd5f\n', 'v0.7.114'],
  ['{"Version":"v0.7.114","ConftestVersion":"1"}', 'v0.7.114'],
  ['{\n  "OPAVersion": "v1.2.3",\n  "version": "v0.7.114"\n}\n', 'v0.7.114'],
  ['OPA Version      v1.2.3\n', undefined],
  ['versions of all\n', undefined],
  ['Error: no such command\n', undefined],
  ['', undefined],
])('%j tells %s', (output, version) => {
  expect(versionIn(output)).toBe(version);
});

it('what a validator says of itself has a name in snapshots, once it was asked', async () => {
  const scenario = await stage.open({ validator: [await stage.program(`console.log('Version   v0.7.114+dirty')`)] });
  await validate(scenario, { line: 'validate', processes: 1, meeting: alone });
  expect((await scenario.values.forSnapshots()).has('EC_VERSION')).toBe(false);
  await validate(scenario, { line: 'version', processes: 1, meeting: alone });
  expect(normalise('Version   v0.7.114+dirty, "v0.7.114+dirty"', await scenario.values.forSnapshots())).toBe('Version   ${EC_VERSION}, "${EC_VERSION}"');
});
