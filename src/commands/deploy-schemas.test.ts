// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toolOrSkip } from '../foundation/tools.ts';
import { projectRoot } from './test-project.ts';

const deploy = join(projectRoot, 'deploy');
const folder = mkdtempSync(join(tmpdir(), 'deploy-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const run = promisify(execFile);
const [go, actionlint, systemdAnalyze] = ['go', 'actionlint', 'systemd-analyze'].map(toolOrSkip);

/** A copy of a folder of deploy/ with one mistake in it. */
function planted(part: string, file: string, from: string | RegExp, to: string): string {
  const copy = mkdtempSync(join(folder, 'wrong-'));
  cpSync(join(deploy, part), copy, { recursive: true });
  const before = readFileSync(join(copy, file), 'utf8');
  const after = before.replace(from, to);
  expect(after).not.toBe(before);
  writeFileSync(join(copy, file), after);
  return copy;
}

const filesIn = (path: string): readonly string[] => readdirSync(path).map((name) => join(path, name));

/** Built once; `go run` would link it for each question. */
async function built(name: string): Promise<string> {
  const program = join(folder, name);
  await run(go!, ['build', '-o', program, '.'], { cwd: join(deploy, name) });
  return program;
}

describe.skipIf(go === undefined)("Kubernetes' own validation", { timeout: 600_000 }, () => {
  let program = '';
  beforeAll(async () => void (program = await built('check')), 600_000);

  it('takes all that is shipped: pods, Jobs, CronJobs, and the times of the crontab', async () => {
    await run(program, [...filesIn(join(deploy, 'kubernetes')), ...filesIn(join(deploy, 'cron')), join(deploy, 'tekton', 'schedule.yaml'), join(deploy, 'acceptance-pod.yaml')]);
  });

  it.each([
    ['a misspelt field', 'podFailurePolicy:', 'podFailurePolicies:', 'unknown field'],
    ['an action that is none', 'action: FailIndex', 'action: FailIndx', 'Unsupported value'],
    ['pods that are started again by themselves', 'restartPolicy: Never', 'restartPolicy: OnFailure', 'only "Never" is supported'],
    ['a rule about a container that is not there', 'containerName: night', 'containerName: nights', 'must be one of the container'],
    ['an index that fails for status 0', 'values: [1, 3]', 'values: [0, 1]', 'must not be 0'],
    ['indexes that are not counted', 'completionMode: Indexed', 'completionMode: NonIndexed', 'requires indexed completion mode'],
    ['a night at 25 o\'clock', '30 1 * * *', '30 25 * * *', 'above maximum (23)'],
    ['a volume that is not there', 'name: nights\n                  mountPath', 'name: night\n                  mountPath', 'Not found'],
    ['a name that is none', 'name: stampede-night\n', 'name: Stampede_Night\n', 'metadata.name'],
  ])('refuses %s', async (_what, from, to, words) => {
    const copy = planted('kubernetes', 'nightly.yaml', from, to);
    await expect(run(program, filesIn(copy))).rejects.toMatchObject({ stderr: expect.stringContaining(words) as string });
  });

  it.each([
    ['a month too many', '17 1 * * *', '17 1 * 13 *', 'above maximum (12)'],
    ['four times', '17 1 * * *', '17 1 * *', 'line 8'],
    ['a bare percent sign', '$?"', '$?, %"', 'percent sign'],
  ])('refuses a crontab with %s', async (_what, from, to, words) => {
    const copy = planted('cron', 'nightly.crontab', from, to);
    await expect(run(program, filesIn(copy))).rejects.toMatchObject({ stderr: expect.stringContaining(words) as string });
  });
});

describe.skipIf(go === undefined)("Tekton's own validation", { timeout: 600_000 }, () => {
  let program = '';
  beforeAll(async () => void (program = await built('check-tekton')), 600_000);

  it('takes all that is shipped', async () => {
    await run(program, filesIn(join(deploy, 'tekton')));
  });

  it.each([
    ['a field of an old version', 'tasks.yaml', 'computeResources:', 'resources:', 'unknown field "resources"'],
    ['a variable that nobody gives', 'tasks.yaml', '(params.shard)', '(params.shrad)', 'non-existent variable'],
    ['a flag that is not on by itself', 'tasks.yaml', 'default: proceed', 'default: proceed\n      enum: [proceed]', 'enable-param-enum'],
    ['a result that no task has', 'pipeline.yaml', 'finally.merge.results.TEST_OUTPUT', 'finally.merge.results.OUTPUT', 'has no result OUTPUT'],
    ['a param that the task needs', 'pipeline.yaml', 'name: seed', 'name: sead', 'seed of stampede-nightly is not given'],
    ['a workspace that nobody binds', 'schedule.yaml', '- name: nights', '- name: knights', 'workspace nights of stampede-nightly is not bound'],
    ['tasks that outlast their pipeline', 'schedule.yaml', 'tasks: 4h0m0s', 'tasks: 9h0m0s', 'should be <= pipeline duration'],
    ['a misspelt field of the run', 'schedule.yaml', 'timeouts:', 'timeout:', 'unknown field "timeout"'],
  ])('refuses %s', async (_what, file, from, to, words) => {
    await expect(run(program, filesIn(planted('tekton', file, from, to)))).rejects.toMatchObject({ stderr: expect.stringContaining(words) as string });
  });
});

describe.skipIf(actionlint === undefined)('actionlint', { timeout: 60_000 }, () => {
  const check = async (path: string) => await run(actionlint!, ['-no-color', join(path, 'nightly.yaml')]);

  it('takes the workflow', async () => {
    await check(join(deploy, 'github'));
  });

  it.each([
    ['a matrix value that is not there', 'matrix.shard }}', 'matrix.shart }}', 'property "shart" is not defined'],
    ['a job that is not there', 'needs: [history, shard]', 'needs: [history, shards]', 'needs job "shards"'],
    ['a time that is none', '23 1 * * *', '23 25 * * *', 'invalid CRON format'],
    ['a misspelt key', 'fail-fast: false', 'fail-first: false', 'unexpected key "fail-first"'],
    ['an input of an action that has none of that name', 'if-no-files-found: error', 'if-none-found: error', 'input "if-none-found" is not defined'],
    ['an expression that does not end', '${{ always() }}', '${{ always( }}', 'parsing'],
  ])('refuses %s', async (_what, from, to, words) => {
    await expect(check(planted('github', 'nightly.yaml', from, to))).rejects.toMatchObject({ stdout: expect.stringContaining(words) as string });
  });
});

describe.skipIf(systemdAnalyze === undefined)('systemd-analyze verify', { timeout: 60_000 }, () => {
  /** It says what it does not know and ends well all the same; of units that are the machine's own it speaks, too. */
  const complaints = async (path: string): Promise<string> => {
    const { stderr } = await run(systemdAnalyze!, ['verify', ...filesIn(path)]).catch((error: unknown) => error as { readonly stderr: string });
    return stderr.split('\n').filter((line) => line.includes('stampede')).join('\n');
  };

  it('takes service and timer', async () => {
    expect(await complaints(join(deploy, 'systemd'))).toBe('');
  });

  it.each([
    ['a key that is none', 'stampede-nightly.service', 'KillSignal=', 'KillSignals=', 'Unknown key'],
    ['a section that is none', 'stampede-nightly.timer', '[Timer]', '[Timers]', 'Unknown section'],
    ['a time that is none', 'stampede-nightly.timer', '01:30:00', '25:30:00', 'Failed to parse calendar'],
    ['a kind of service that is none', 'stampede-nightly.service', 'Type=oneshot', 'Type=once', 'Failed to parse service type'],
    ['a program that is not there', 'stampede-nightly.service', '/usr/bin/env', '/usr/bin/no-such-env', 'is not executable'],
  ])('refuses %s', async (_what, file, from, to, words) => {
    expect(await complaints(planted('systemd', file, from, to))).toContain(words);
  });
});
