// SPDX-License-Identifier: Apache-2.0
import { cpSync, symlinkSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { deployText, startProgram } from './test-deploy.ts';
import { projectRoot, TestProject } from './test-project.ts';

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly if?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly needs?: string | readonly string[];
  readonly if?: string;
  readonly strategy?: { readonly 'fail-fast': boolean; readonly matrix: { readonly shard: readonly number[] } };
  readonly steps: readonly Step[];
}

const { jobs } = parse(deployText('github', 'nightly.yaml')) as { readonly jobs: Readonly<Record<'history' | 'shard' | 'merge', Job>> };
const scriptOf = (job: Job, name: string): string => job.steps.find((step) => step.name === name)?.run ?? '';

let project: TestProject;
beforeAll(async () => void (project = await TestProject.open()));
afterAll(async () => await project.close());

/** A checkout with its dependencies, in which a job may write; a link would lead its program back to the project. */
async function checkout(name: string): Promise<string> {
  const folder = join(project.folder, name);
  for (const part of ['bin', 'src', 'steps', 'support', 'bench', 'features', 'subjects', 'examples', 'schemas', 'package.json', 'package-lock.json']) cpSync(join(projectRoot, part), join(folder, part), { recursive: true });
  symlinkSync(join(projectRoot, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

/** A step as the service runs it: https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#exit-codes-and-error-action-preference */
const runStep = async (cwd: string, script: string, environment: Readonly<Record<string, string>>) => await startProgram(['bash', '-e', '-c', script], environment, { cwd, temporary: project.temporary }).ended;

const campaign = { name: 'nightly', targets: [{ name: 'reference', subject: 'reference', build: 'v1.0.0' }], strategies: ['two-writers'], repeat: { new: 1, old: 1 } };

describe('the workflow', () => {
  it('merges whatever became of the shards, and nothing hides the status of the merge', () => {
    expect(jobs.shard.strategy).toMatchObject({ 'fail-fast': false, matrix: { shard: [1, 2, 3, 4] } });
    expect(jobs.merge.needs).toContain('shard');
    expect(jobs.merge.if).toMatch(/always\(\)/);
    expect(jobs.merge).not.toHaveProperty('continue-on-error');
    for (const step of jobs.merge.steps) expect(step).not.toHaveProperty('continue-on-error');
    const told = jobs.merge.steps.filter(({ uses, run }) => uses?.startsWith('actions/upload-artifact') === true || uses?.startsWith('actions/cache/save') === true || run?.includes('GITHUB_STEP_SUMMARY') === true);
    expect(told.map((step) => step.if)).toEqual(told.map(() => '${{ always() }}'));
    expect(told).toHaveLength(3);
    const upload = jobs.shard.steps.find(({ uses }) => uses?.startsWith('actions/upload-artifact'));
    expect(upload).toMatchObject({ if: '${{ always() }}', with: { 'if-no-files-found': 'error', overwrite: true } });
  });

  it('gives each shard the same history, also when it is run again', () => {
    const keys = (job: Job, action: string): unknown => job.steps.find(({ uses }) => uses?.startsWith(`actions/cache/${action}`))?.with?.['key'];
    expect([keys(jobs.history, 'save'), keys(jobs.shard, 'restore'), keys(jobs.merge, 'restore')]).toEqual(Array.from({ length: 3 }, () => 'nights-before-${{ github.run_id }}'));
    expect(String(keys(jobs.merge, 'save'))).toMatch(/^nights-after-\$\{\{ github\.run_id \}\}-\$\{\{ github\.run_attempt \}\}$/);
  });
});

describe('its scripts, run here', { timeout: 300_000 }, () => {
  it('are green for a shard that is broken, red for the night that it makes broken, and say on the page what was found', async () => {
    const file = await project.write('broken.json', JSON.stringify({ ...campaign, targets: [{ ...campaign.targets[0], plantedBug: 'in-place-write' }], strategies: ['leader-follower/middle'] }));
    const folder = await checkout('broken');
    await mkdir(join(folder, 'bundles'));
    const shard = (index: number) => ({ CAMPAIGN: file, SEED: '4711', BUDGET: '1h', SHARD: String(index), SHARDS: '1' });
    const made = await runStep(folder, scriptOf(jobs.shard, 'Run the shard'), shard(1));
    expect(made).toMatchObject({ status: 0, output: expect.stringContaining('::warning title=Shard 1::broken') as string });
    const summary = join(project.folder, 'summary.md');
    const merge = scriptOf(jobs.merge, 'Merge the shards');
    const none = await runStep(folder, merge, {});
    expect([none.status, none.output]).toEqual([4, expect.stringContaining('BUNDLE_DAMAGED')]);
    await runStep(folder, scriptOf(jobs.merge, 'Tell it on this page'), { GITHUB_STEP_SUMMARY: summary });
    expect(project.read('summary.md')).toMatch(/^No bundle could be read/);
    // Another machine has no more of it than the bundle.
    expect(await runStep(folder, 'mv shard-1.bundle bundles; rm -r nights', {})).toMatchObject({ status: 0 });
    expect((await runStep(folder, merge, {})).status).toBe(1);
    await runStep(folder, scriptOf(jobs.merge, 'Tell it on this page'), { GITHUB_STEP_SUMMARY: summary });
    expect(project.read('summary.md')).toMatch(/\n## . broken: night `nightly-4711`/);
    expect(project.read('broken/report/night.html')).toMatch(/^<!doctype html>/i);
  });

  it('are red for a shard that can not be made', async () => {
    const folder = await checkout('wrong');
    const ended = await runStep(folder, scriptOf(jobs.shard, 'Run the shard'), { CAMPAIGN: 'no-such.json', SEED: '1', BUDGET: '1h', SHARD: '1', SHARDS: '1' });
    expect(ended).toMatchObject({ status: 2, output: expect.stringContaining('CAMPAIGN_INVALID') as string });
  });
});

describe('the lines of cron and systemd, run here', { timeout: 300_000 }, () => {
  it('make a night, and leave one out while another runs', async () => {
    const file = await project.write('held.json', JSON.stringify(campaign));
    const line = deployText('cron', 'nightly.crontab').split('\n').find((one) => /^\d/.test(one)) ?? '';
    const command = line.split(' ').slice(5).join(' ').replace('/opt/stampede', projectRoot).replace('/tmp/stampede', join(project.folder, 'stampede')).replace('campaigns/nightly.json', file).replace('logger -t stampede-nightly', 'echo').replaceAll('\\%', '%');
    const environment = { HOME: project.folder };
    const made = await startProgram(['/bin/sh', '-c', command], environment, project).ended;
    expect(made.output).toMatch(/\nheld\nreport .*\nended with 0\n$/);
    expect(project.exists('nights/nightly.sqlite')).toBe(true);
    const busy = await startProgram(['flock', join(project.folder, 'stampede-nightly.lock'), '/bin/sh', '-c', command], environment, project).ended;
    expect(busy.output).toBe('ended with 4\n');
  });

  it('and systemd, whose variables are words', async () => {
    const file = await project.write('unit held.json', JSON.stringify(campaign));
    const unit = deployText('systemd', 'stampede-nightly.service');
    const values: Readonly<Record<string, string>> = { CAMPAIGN: file, NIGHTS: join(project.folder, 'unit nights') };
    for (const name of Object.keys(values)) expect(unit).toMatch(new RegExp(`^Environment=${name}=`, 'm'));
    const words = (/^ExecStart=(.*)$/m.exec(unit)?.[1] ?? '').split(' ').map((word) => word.replace(/^\$\{(\w+)\}$/, (_, name: string) => values[name] ?? ''));
    const ended = await startProgram(words, {}, project).ended;
    expect(ended).toMatchObject({ status: 0, output: expect.stringMatching(/\nheld\n/) as string });
  });
});
