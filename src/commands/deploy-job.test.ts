// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunRecord } from '../nightly/record.ts';
import { NightStore } from '../nightly/store.ts';
import { actionFor, environmentOf, manifestsIn, startProgram, type Script } from './test-deploy.ts';
import { TestProject } from './test-project.ts';

const manifests = manifestsIn('kubernetes', 'nightly.yaml');
const night = manifests.get('CronJob stampede-night')!.spec;
const merge = manifests.get('CronJob stampede-merge')!.spec;
const job = night.jobTemplate.spec;
const jobName = "metadata.labels['batch.kubernetes.io/job-name']";

/** `30 7 * * *` as minutes of the day. */
function minuteOf(schedule: string): number {
  const [, minute, hour] = /^(\d+) (\d+) \* \* \*$/.exec(schedule) ?? [];
  return Number(hour) * 60 + Number(minute);
}

let project: TestProject;
beforeAll(async () => void (project = await TestProject.open()));
afterAll(async () => await project.close());

const nightName = 'stampede-night-29745210';

async function cluster(name: string, campaign: object): Promise<{ readonly nights: string; readonly index: (index: number) => Script; readonly mergeAt: (minutes: number) => Script }> {
  const nights = join(project.folder, name);
  await mkdir(nights);
  const file = await project.write(`${name}.json`, JSON.stringify(campaign));
  const start = ({ template }: typeof job, named: string, more: Readonly<Record<string, string>>): Script => {
    const [{ env, command, args }] = template.spec.containers as [(typeof template.spec.containers)[number]];
    return startProgram([...command, ...args], { ...environmentOf(env, { [jobName]: named }), NIGHTS: nights, CAMPAIGN: file, SHARDS: '2', ...more }, project);
  };
  return {
    nights,
    index: (index) => start(job, nightName, { JOB_COMPLETION_INDEX: String(index) }),
    mergeAt: (minutes) => start(merge.jobTemplate.spec, `stampede-merge-${29_745_210 + minutes}`, {}),
  };
}

function runsIn(folder: string): readonly RunRecord[] {
  using store = NightStore.open(folder);
  return store.runs();
}

const reference = { name: 'reference', subject: 'reference', build: 'v1.0.0' };
const small = { name: 'nightly', targets: [reference], strategies: ['two-writers', 'leader-follower/middle'], repeat: { new: 2, old: 1 }, keep: { heldEvery: 1, megabytes: 100 } };

describe('the Indexed Job', () => {
  it('says everywhere how many shards there are, and when the last of them can end', () => {
    const variables = Object.fromEntries(job.template.spec.containers[0]!.env.map(({ name, value }) => [name, value]));
    expect(Number(variables['SHARDS'])).toBe(job.completions);
    const between = minuteOf(merge.schedule) - minuteOf(night.schedule);
    expect(between * 60).toBe(night.startingDeadlineSeconds + job.activeDeadlineSeconds);
    expect(merge.jobTemplate.spec.template.spec.containers[0]!.args.join()).toContain(`- ${between}))`);
  });

  it('never tries again what is broken or unknown, nor what nobody can run; all else it does', () => {
    expect([1, 2, 3, 4, 137, 143].map((status) => actionFor(status, job))).toEqual(['FailIndex', 'FailJob', 'FailIndex', undefined, undefined, undefined]);
    expect(job.podFailurePolicy.rules[0]).toMatchObject({ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] });
    expect([1, 2, 3, 4].map((status) => actionFor(status, merge.jobTemplate.spec))).toEqual(['FailJob', 'FailJob', 'FailJob', undefined]);
  });

  it('brings a campaign that is one', async () => {
    const file = await project.write('shipped.json', manifests.get('ConfigMap stampede-campaign')!.data['campaign.json'] ?? '');
    const { output } = await project.start(['nightly', '--campaign', file, '--store', join(project.folder, 'shipped'), '--jobs', '0']).ended;
    expect(output).toMatch(/^CONFIG_INVALID: --jobs 0/);
  });
});

describe('its pods, run here', { timeout: 300_000 }, () => {
  it('make a night; one that is killed is followed by one that goes on, one that ended by one that says the same', async () => {
    const { nights, index, mergeAt } = await cluster('held', small);
    const store = join(nights, nightName, 'shard-2');
    const killed = index(1);
    const finished = (): number => (existsSync(join(store, 'runs', `nightly-${nightName}`)) ? readdirSync(join(store, 'runs', `nightly-${nightName}`)).length : 0);
    await expect.poll(finished, { timeout: 120_000, interval: 20 }).toBeGreaterThanOrEqual(2);
    killed.child.kill('SIGKILL');
    expect((await killed.ended).status).toBeNull();
    const before = runsIn(store);
    expect(before.length).toBeGreaterThanOrEqual(1);
    const early = await mergeAt(360).ended;
    expect([early.status, early.output]).toEqual([4, expect.stringContaining('BUNDLE_DAMAGED')]);

    const followed = await index(1).ended;
    expect(followed).toMatchObject({ status: 0, output: expect.stringMatching(/\d+ of \d+ runs are left, shard 2\/2/) as string });
    expect(runsIn(store).slice(0, before.length)).toEqual(before);
    const one = await mergeAt(360).ended;
    expect([one.status, one.output]).toEqual([3, expect.stringMatching(/shard 1\/2 is missing/)]);

    const first = await index(0).ended;
    expect(first.status).toBe(0);
    const again = await index(0).ended;
    expect([again.status, again.output]).toEqual([0, expect.stringContaining('0 of')]);
    const whole = await mergeAt(360).ended;
    expect([whole.status, whole.output]).toEqual([0, expect.stringMatching(/0 in 12: below \d+ %/)]);
    expect(readFileSync(join(nights, 'reports', `${nightName}.md`), 'utf8')).toMatch(/^## . held: night `nightly-stampede-night-29745210`/);
    expect((await mergeAt(360).ended).status).toBe(0);
    const tomorrow = await mergeAt(360 + 1440).ended;
    expect([tomorrow.status, tomorrow.output]).toEqual([3, expect.stringContaining('no shard of stampede-night-29746650 has begun')]);
  });

  it('end so that the Job marks the index of a broken shard, and gives up where nobody can run it', async () => {
    const broken = await cluster('broken', { ...small, targets: [{ ...reference, plantedBug: 'in-place-write' }], strategies: ['leader-follower/middle'] });
    const { status, output } = await broken.index(0).ended;
    expect([status, output]).toEqual([1, expect.stringMatching(/new +reference leader-follower\/middle/)]);
    expect(actionFor(status ?? 0, job)).toBe('FailIndex');
    await broken.index(1).ended;
    expect((await broken.mergeAt(360).ended).status).toBe(1);
    const wrong = await cluster('wrong', { ...small, strategies: ['no-such'] });
    expect(actionFor((await wrong.index(0).ended).status ?? 0, job)).toBe('FailJob');
  });
});
