// SPDX-License-Identifier: Apache-2.0
import { readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SnapshotMode } from '../config.ts';
import { StampedeError } from '../foundation/errors.ts';
import { eventsOf } from '../history/event.ts';
import { expectExitStatus, expectLogLine, expectOutput, expectSnapshots, outputOf, readNamedFile } from './expectations.ts';
import { writeNamedFile } from './fixtures.ts';
import type { ScenarioRun } from './scenario-run.ts';
import { settle, type SnapshotRecord } from './snapshot-book.ts';
import { snapshotFile } from './snapshot-file.ts';
import { alone } from './meeting.ts';
import { openTestStage, type TestStage } from './test-scenario.ts';
import { lastRun, validate } from './validate.ts';

let stage: TestStage;
let speaker: string;

beforeAll(async () => {
  stage = await openTestStage();
  speaker = await stage.program('process.stdout.write(process.env.SAY ?? ""); process.stderr.write(process.env.LOG ?? ""); process.exitCode = Number(process.env["STATUS_" + words[0]] ?? 0);');
});

afterAll(async () => await stage[Symbol.asyncDispose]());

async function said(environment: Readonly<Record<string, string>>, processes = 1): Promise<ScenarioRun> {
  const scenario = await stage.open({ validator: [speaker] });
  for (const [name, value] of Object.entries(environment)) scenario.environment.set(name, await scenario.values.expand(value, 'keep'));
  await validate(scenario, { line: '${PARTICIPANT}', processes, meeting: alone });
  return scenario;
}

const assertion = { name: 'AssertionError' };
const json = JSON.stringify({ success: false, image: 'registry.local/a@sha256:123', list: ['one', { n: 1, s: 'two' }], none: null, empty: {}, made: '2024-05-06T07:08:09Z' });

describe('expectOutput', () => {
  it.each([
    ['equal text', 'a\nb\n', 'a\nb'],
    ['equal text, with characters of expressions', 'a+b (c', 'a+b (c'],
    ['contained text', 'one two three', 'two'],
    ['an expression', 'took 123 ms\nand more', 'took \\d+ ms'],
    ['an expression over lines', 'a\nb\nc', '^a.*c$'],
    ['an expression with a variable', 'pulled ${REGISTRY}/image:7', 'pulled ${REGISTRY}/image:\\d'],
    ['text with a variable', 'pulled ${REGISTRY}/image, from ${REKOR}', 'pulled ${REGISTRY}/image, from ${REKOR}'],
    ['what differs from run to run, by name', 'at 2024-05-06T07:08:09Z', 'at ${TIMESTAMP}'],
    ['nothing', '\n', ''],
    ['JSON of another layout', json, JSON.stringify(JSON.parse(json), null, 4)],
    ['JSON, members in another order, and not all', json, '{"list":["one",{"s":"two","n":1}],"success":false}'],
    ['JSON with expressions for strings', json, '{"image":"registry\\\\.local/.+@sha256:[0-9]+","list":["o.e",{"s":"t?wo"}]}'],
    ['JSON with a variable in an expression', '{"a":"${REGISTRY}/x:1"}', '{"a":"${REGISTRY}/x:[0-9]"}'],
    ['JSON with a time, by name', json, '{"made":"${TIMESTAMP}"}'],
    ['JSON null and an empty object', json, '{"none":null,"empty":{}}'],
    ['a JSON array', '["a",{"b":2,"c":3}]', '["a",{"b":2}]'],
    ['JSON in the midst of text, as text', 'result: {"a":1}', '{"a":1}'],
  ])('agrees on %s', async (_, SAY, wanted) => {
    await expectOutput(await said({ SAY }), 'stdout', wanted);
  });

  it.each([
    ['other text', 'a', 'b'],
    ['nothing, where something is wanted', '', 'a'],
    ['something, where nothing is wanted', 'a', ''],
    ['an expression that does not match', 'took ms', 'took \\d+ ms'],
    ['another value', json, '{"success":true}'],
    ['another type', json, '{"success":"false"}'],
    ['a member that is missing', json, '{"missing":null}'],
    ['a member that every object inherits', '{}', '{"toString":{}}'],
    ['an array in another order', json, '{"list":[{"n":1},"one"]}'],
    ['an array that is shorter', json, '{"list":["one"]}'],
    ['an array that is longer', json, '{"list":["one",{},{}]}'],
    ['an array instead of an object', '[]', '{}'],
    ['an object instead of an array', '{}', '[]'],
    ['a string that contains the expression only', json, '{"image":"sha256"}'],
    ['JSON arrays that would match as expressions', '["b"]', '["a"]'],
    ['the same in text', 'list: ["b"]', '["a"]'],
    ['text where JSON is wanted', 'success: false', '{"success":false}'],
    ['an empty array where entries are wanted', '{"violations":[]}', '{"violations":[{"msg":".*"}]}'],
    ['null where an object is wanted', '{"a":null}', '{"a":{}}'],
    ['another registry', '{"a":"registry.local/other/x"}', '{"a":"${REGISTRY}/x"}'],
  ])('disagrees on %s', async (_, SAY, wanted) => {
    await expect(expectOutput(await said({ SAY }), 'stdout', wanted)).rejects.toMatchObject(assertion);
  });

  it('looks at the stream that is named, and shows what differs by name', async () => {
    const scenario = await said({ SAY: 'out ${REGISTRY}', LOG: 'err' });
    await expectOutput(scenario, 'stderr', 'err');
    await expect(expectOutput(scenario, 'stderr', 'out')).rejects.toMatchObject({ message: expect.stringContaining('standard error') });
    await expect(expectOutput(scenario, 'stdout', 'err')).rejects.toMatchObject({ message: expect.stringContaining("'out ${REGISTRY}'") });
  });
});

describe('expectExitStatus', () => {
  it('holds when every process ended so, and says who did not, with its last words', async () => {
    await expectExitStatus(await said({}, 2), 0);
    const scenario = await said({ STATUS_2: '3', LOG: 'Error: success criteria not met\n' }, 3);
    await expect(expectExitStatus(scenario, 0)).rejects.toMatchObject({ ...assertion, message: expect.stringMatching(/validator-2[^]*success criteria not met[^]*3[^]*0/) });
    await expect(expectExitStatus(scenario, 3)).rejects.toMatchObject({ message: expect.stringContaining('validator-1') });
  });

  it('says how a process ended that has no status', async () => {
    const crashing = await stage.program('process.kill(process.pid, "SIGABRT"); setInterval(() => undefined, 1000);');
    const scenario = await stage.open({ validator: [crashing] });
    await validate(scenario, { line: 'x', processes: 1, meeting: alone });
    await expect(expectExitStatus(scenario, 134)).rejects.toMatchObject({ ...assertion, message: expect.stringContaining('SIGABRT') });
  });
});

it('expectLogLine looks for words in the standard error', async () => {
  const scenario = await said({ SAY: 'out', LOG: 'level=info msg="pulled (1)"\n' });
  await expectLogLine(scenario, 'pulled (1)');
  await expect(expectLogLine(scenario, 'out')).rejects.toMatchObject(assertion);
});

it('outputs are those of the process that is named', async () => {
  const scenario = await said({ SAY: 'x' }, 2);
  expect([await outputOf(scenario, 'stdout'), await outputOf(scenario, 'stdout', 1), await outputOf(scenario, 'stderr', 1), await outputOf(scenario, 'stdout', 2)]).toEqual(['x', 'x', '', '']);
});

describe('readNamedFile', () => {
  it('reads what a validator wrote, or a step, relative or absolute', async () => {
    const scenario = await said({});
    await writeFile(join(scenario.folders.work, 'out.json'), '{}');
    await writeNamedFile(scenario, '${TMPDIR}/deep/in.json', '[]');
    expect([await readNamedFile(scenario, 'out.json'), await readNamedFile(scenario, '${TMPDIR}/deep/in.json')]).toEqual(['{}', '[]']);
  });

  it('says that a file is not there, as the fault of the validator', async () => {
    await expect(readNamedFile(await said({}), 'out.json')).rejects.toMatchObject({ code: 'EXPECTATION_BROKEN', message: expect.stringContaining('out.json') });
  });

  it('takes no link that a validator left in the place of a file, and no way out of the scenario', async () => {
    const scenario = await said({});
    await symlink('/etc/hostname', join(scenario.folders.work, 'link.json'));
    await symlink('/etc', join(scenario.folders.work, 'way'));
    for (const name of ['link.json', 'way/hostname']) {
      await expect(readNamedFile(scenario, name)).rejects.toMatchObject({ code: 'EXPECTATION_BROKEN', cause: expect.objectContaining({ code: 'FILE_UNREADABLE' }) as Error });
    }
  });

  it('reads no more of a file than of other output', async () => {
    const scenario = await said({});
    await writeFile(join(scenario.folders.work, 'large.json'), Buffer.alloc(scenario.context.outputLimitBytes + 1));
    await expect(readNamedFile(scenario, 'large.json')).rejects.toMatchObject({ cause: expect.objectContaining({ code: 'FILE_UNREADABLE' }) as Error });
  });
});

describe('expectSnapshots', () => {
  const texts = (stdout: string): [string, string][] => [['stdout', stdout], ['stderr', '']];

  let runs = 0;

  /** As in another run of the command. */
  async function scenarioIn(snapshotMode: SnapshotMode, name: string): Promise<ScenarioRun> {
    const scenario = await stage.open({ validator: [speaker], snapshotMode, name, runFolder: join(stage.folder, 'runs', `${(runs += 1)}`) });
    await validate(scenario, { line: 'x', processes: 1, meeting: alone });
    return scenario;
  }

  async function recorded(scenario: ScenarioRun): Promise<SnapshotRecord[]> {
    return (await readFile(join(scenario.storedFolder, 'snapshots.ndjson'), 'utf8')).trim().split('\n').map((line) => JSON.parse(line) as SnapshotRecord);
  }

  it('stores what was compared, by the names of known values, and records it in the history', async () => {
    const scenario = await scenarioIn('new', 'first');
    await expectSnapshots(scenario, texts(`at ${scenario.folders.root}/x`));
    expect(await recorded(scenario)).toEqual([
      { file: snapshotFile(join(stage.folder, 'snapshots'), 'tests'), name: 'first: stdout', received: 'at ${TMPDIR}/x', outcome: 'missing' },
      { file: snapshotFile(join(stage.folder, 'snapshots'), 'tests'), name: 'first: stderr', received: '', outcome: 'missing' },
    ]);
    expect(eventsOf(lastRun(scenario).recorder.events(), 'snapshot-compared').map(({ snapshot, outcome }) => [snapshot, outcome])).toEqual([['first: stdout', 'missing'], ['first: stderr', 'missing']]);
  });

  it('does with missing and changed ones what the mode says', async () => {
    const first = await scenarioIn('none', 'modes');
    const missing: unknown = await expectSnapshots(first, texts('one')).catch((error: unknown) => error);
    expect(missing).toMatchObject({ code: 'SNAPSHOT_MISSING', message: expect.stringMatching(/stdout[^]*stderr/) });
    settle(snapshotFile(join(stage.folder, 'snapshots'), 'tests'), await recorded(first), { mode: 'new', isComplete: false });
    for (const mode of ['none', 'new', 'all'] as const) await expectSnapshots(await scenarioIn(mode, 'modes'), texts('one'));
    for (const mode of ['none', 'new'] as const) {
      const changed: unknown = await expectSnapshots(await scenarioIn(mode, 'modes'), texts('two')).catch((error: unknown) => error);
      expect(changed).toBeInstanceOf(StampedeError);
      expect(changed).toMatchObject({ code: 'SNAPSHOT_MISMATCH', message: expect.stringContaining('- one\n+ two'), hint: expect.stringContaining('update') });
    }
    await expectSnapshots(await scenarioIn('all', 'modes'), texts('two'));
  });

  it('counts in one scenario, not across scenarios', async () => {
    const scenario = await scenarioIn('new', 'counts');
    await expectSnapshots(scenario, [['stdout', 'one']]);
    await expectSnapshots(scenario, [['stdout', 'two']]);
    settle(snapshotFile(join(stage.folder, 'snapshots'), 'tests'), await recorded(scenario), { mode: 'new', isComplete: false });
    const again = await scenarioIn('none', 'counts');
    await expectSnapshots(again, [['stdout', 'one']]);
    await expectSnapshots(again, [['stdout', 'two']]);
    await expect(expectSnapshots(again, [['stdout', 'two']])).rejects.toMatchObject({ code: 'SNAPSHOT_MISSING' });
  });
});
