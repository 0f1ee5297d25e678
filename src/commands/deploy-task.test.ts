// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { mkdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unixSeconds } from '../foundation/clock.ts';
import type { TestOutput } from '../report/night/tekton-result.ts';
import { environmentOf, manifestsIn, startProgram } from './test-deploy.ts';
import { TestProject } from './test-project.ts';

const tasks = manifestsIn('tekton', 'tasks.yaml');
const pipeline = manifestsIn('tekton', 'pipeline.yaml').get('Pipeline stampede-nightly')!;

let project: TestProject;
beforeAll(async () => void (project = await TestProject.open()));
afterAll(async () => await project.close());

const eightDaysAgo = (): number => unixSeconds() - 8 * 86_400 - 60;

interface TaskEnd {
  readonly status: number | null;
  readonly output: string;
  /** As the engine takes it over from the file. */
  readonly result: TestOutput | undefined;
}

/** Runs the step of a task as Tekton's entrypoint would: its script as a file, references replaced. */
async function runTask(name: string, nights: string, params: Readonly<Record<string, string>>): Promise<TaskEnd> {
  const { spec } = tasks.get(`Task ${name}`)!;
  const [{ env, script }] = spec.steps as [(typeof spec.steps)[number]];
  const folder = join(project.folder, nights);
  await mkdir(folder, { recursive: true });
  const result = join(folder, 'TEST_OUTPUT');
  const given = Object.fromEntries([...spec.params.flatMap(({ name: param, default: value }) => (typeof value === 'string' ? [[param, value] as const] : [])), ...Object.entries(params)].map(([param, value]) => [`params.${param}`, value]));
  const environment = environmentOf(env, { ...given, 'workspaces.nights.path': folder, 'workspaces.campaign.path': project.folder, 'results.TEST_OUTPUT.path': result });
  expect(script).not.toMatch(/\$\((params|workspaces|results|context|tasks)\./);
  const file = join(folder, 'script');
  writeFileSync(result, '');
  writeFileSync(file, script, { mode: 0o755 });
  const ended = await startProgram([file], environment, project).ended;
  const text = project.read(join(nights, 'TEST_OUTPUT'));
  return { ...ended, result: text === '' ? undefined : (JSON.parse(text) as TestOutput) };
}

const campaign = { name: 'nightly', targets: [{ name: 'reference', subject: 'reference', build: 'v1.0.0' }], strategies: ['two-writers'], repeat: { new: 1, old: 1 }, keep: { heldEvery: 1, megabytes: 100 } };

describe('the pipeline', () => {
  it('has as many shards as their names say, in a matrix', () => {
    const shards = pipeline.spec.params.find(({ name }) => name === 'shards')?.default as readonly string[];
    expect(shards).toEqual(shards.map((_, index) => `${index + 1}/${shards.length}`));
    expect(pipeline.spec).toMatchObject({
      tasks: [{ matrix: { params: [{ name: 'shard', value: '$(params.shards[*])' }] } }],
      finally: [{ name: 'merge', taskRef: { name: 'stampede-merge' } }],
      results: [{ name: 'TEST_OUTPUT', value: '$(finally.merge.results.TEST_OUTPUT)' }],
    });
  });
});

describe('its tasks, run here', { timeout: 300_000 }, () => {
  it('say in TEST_OUTPUT what shards and their merge came to', async () => {
    await project.write('campaign.json', JSON.stringify(campaign));
    const one = await runTask('stampede-nightly', 'held', { seed: 'stampede-night-x7k2p', shard: '1/2' });
    expect(one).toMatchObject({ status: 0, result: { result: 'SUCCESS', namespace: 'default', failures: 0, warnings: 0, timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/) as string } });
    const old = join(project.folder, 'held', 'parts', 'stampede-night-old');
    await mkdir(join(old, 'bundles'), { recursive: true });
    await utimes(old, eightDaysAgo(), eightDaysAgo());
    const early = await runTask('stampede-merge', 'held', { seed: 'stampede-night-x7k2p' });
    expect(early).toMatchObject({ status: 0, result: { result: 'ERROR', note: expect.stringContaining('shard 2/2 is missing') as string } });
    const two = await runTask('stampede-nightly', 'held', { seed: 'stampede-night-x7k2p', shard: '2/2' });
    const whole = await runTask('stampede-merge', 'held', { seed: 'stampede-night-x7k2p' });
    expect(whole).toMatchObject({ status: 0, result: { result: 'SUCCESS', successes: 4, failures: 0, warnings: 0, note: expect.stringContaining('held: 0 in 4') as string } });
    expect((one.result?.successes ?? 0) + (two.result?.successes ?? 0)).toBe(4);
    expect(project.exists('held/parts/stampede-night-old')).toBe(false);
    expect(project.exists('held/parts/stampede-night-x7k2p/bundles')).toBe(true);
    expect(project.exists('held/reports/stampede-night-x7k2p.md')).toBe(true);
  });

  it('end well when the night is broken, unless they are told otherwise', async () => {
    await project.write('broken.json', JSON.stringify({ ...campaign, targets: [{ ...campaign.targets[0], plantedBug: 'in-place-write' }], strategies: ['leader-follower/middle'] }));
    const params = { seed: 'b', campaign: 'broken.json' };
    const broken = await runTask('stampede-nightly', 'broken', params);
    expect(broken).toMatchObject({ status: 0, result: { result: 'FAILURE', successes: 0, failures: 2, note: expect.stringMatching(/broken: 1 broken: 1 new/) as string } });
    expect(await runTask('stampede-merge', 'broken', { seed: 'b', 'on-broken': 'fail' })).toMatchObject({ status: 1, result: { result: 'FAILURE', failures: 2 } });
  });

  it.each([
    ['a campaign that is not there', 'stampede-nightly', { seed: 's', campaign: 'no-such.json' }, /^CAMPAIGN_INVALID: /],
    ['a seed that names no folder', 'stampede-nightly', { seed: '../s' }, undefined],
    ['a merge of what lies elsewhere', 'stampede-merge', { seed: '../s' }, undefined],
    ['a policy that nobody knows', 'stampede-merge', { seed: 's', 'on-broken': 'ignore' }, undefined],
  ])('fail for %s, whatever the policy', async (_what, name, params, note) => {
    const { status, result } = await runTask(name, 'wrong', params);
    expect(status).toBe(2);
    expect(project.exists('s')).toBe(false);
    if (note !== undefined) expect(result).toMatchObject({ result: 'ERROR', note: expect.stringMatching(note) as string });
  });

  it('say ERROR where no shard left anything', async () => {
    expect(await runTask('stampede-merge', 'none', { seed: 's' })).toMatchObject({ status: 0, result: { result: 'ERROR', note: expect.stringContaining('BUNDLE_DAMAGED') as string } });
  });
});
