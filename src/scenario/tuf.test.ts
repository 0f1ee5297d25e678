// SPDX-License-Identifier: Apache-2.0
import { readFile, stat } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { alone } from './meeting.ts';
import type { ScenarioRun } from './scenario-run.ts';
import { openTestStage, type TestStage } from './test-scenario.ts';
import { haveEmptyTuf } from './tuf.ts';
import { lastRun, validate } from './validate.ts';

let stage: TestStage;
let witness: string;
beforeAll(async () => {
  stage = await openTestStage();
  witness = await stage.program(`
    import { readdirSync } from 'node:fs';
    const { TUF_ROOT, SIGSTORE_NO_CACHE } = process.env;
    const answer = words[0] ? (await fetch(words[0] + '/2.root.json')).status : undefined;
    console.log(JSON.stringify({ TUF_ROOT, SIGSTORE_NO_CACHE, answer, files: TUF_ROOT && readdirSync(TUF_ROOT) }));
    if (TUF_ROOT) writeFileSync(TUF_ROOT + '/remote.json', '{}');`);
});
afterAll(async () => await stage[Symbol.asyncDispose]());

async function seen(scenario: ScenarioRun, line: string): Promise<unknown> {
  await validate(scenario, { line, processes: 1, meeting: alone });
  return JSON.parse(await readFile(lastRun(scenario).results[0]!.stdoutFile, 'utf8'));
}

it('a validator has no root of trust, and keeps none, unless a step wants one', async () => {
  const scenario = await stage.open({ validator: [witness] });
  expect(await seen(scenario, '')).toEqual({ SIGSTORE_NO_CACHE: '1' });
});

it('an empty one of the scenario alone, with an address that answers; said twice it is the same', async () => {
  const [one, other] = [await stage.open({ validator: [witness] }), await stage.open({ validator: [witness] })];
  for (const scenario of [one, other]) await haveEmptyTuf(scenario);
  expect(await seen(one, '${TUF}')).toEqual({ TUF_ROOT: one.folders.tuf, answer: 404, files: [] });
  expect((await stat(one.folders.tuf)).mode & 0o777).toBe(0o700);
  await haveEmptyTuf(one);
  expect(await seen(one, '${TUF}')).toMatchObject({ files: ['remote.json'] });
  expect(await seen(other, '${TUF}')).toMatchObject({ TUF_ROOT: other.folders.tuf, files: [] });
  const address = await one.values.expand('${TUF}', 'error');
  await one.resources[Symbol.asyncDispose]();
  await expect(fetch(address)).rejects.toThrow();
});
