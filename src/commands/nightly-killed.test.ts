// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunRecord } from '../nightly/record.ts';
import { NightStore } from '../nightly/store.ts';
import { TestProject } from './test-project.ts';

let project: TestProject;
let campaign = '';
beforeAll(async () => {
  project = await TestProject.open();
  const content = { name: 'killed', targets: [{ name: 'reference', subject: 'reference', build: 'b' }], strategies: ['two-writers', 'leader-follower/middle'], repeat: { new: 2, old: 1 }, keep: { heldEvery: 1, megabytes: 100 } };
  campaign = await project.write('killed.json', JSON.stringify(content));
});
afterAll(async () => await project.close());

const planned = 12;

function stored(folder: string): readonly RunRecord[] {
  using store = NightStore.open(folder);
  return store.runs();
}

/** Runs that are over, by what each leaves: the store itself is in use. */
function finished(folder: string): number {
  const runs = join(folder, 'runs');
  return existsSync(runs) ? readdirSync(runs).flatMap((night) => readdirSync(join(runs, night))).length : 0;
}

/** Processes that know of the folder: validators, tracers, the command itself. */
function left(folder: string): readonly string[] {
  return readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && pid !== String(process.pid)).flatMap((pid) => {
    try {
      const [command, environment] = ['cmdline', 'environ'].map((name) => readFileSync(`/proc/${pid}/${name}`, 'utf8').replaceAll('\0', ' '));
      return `${command} ${environment}`.includes(folder) ? [`${pid} ${command}`] : [];
    } catch {
      return [];
    }
  });
}

describe('a night that is ended in the middle', { timeout: 300_000 }, () => {
  it.each([['SIGKILL', null], ['SIGINT', 130], ['SIGTERM', 143], ['SIGHUP', 129]] as const)('by %s goes on where it was: at most the run in hand is lost, none is made twice', async (signal, status) => {
    const folder = join(project.folder, `store-${signal}`);
    const running = project.start(['nightly', '--campaign', campaign, '--store', folder, '--seed', 'k']);
    await expect.poll(() => finished(folder), { timeout: 120_000, interval: 20 }).toBeGreaterThanOrEqual(2);
    running.child.kill(signal);
    const ended = await running.ended;
    expect(ended.status).toBe(status);
    if (signal !== 'SIGKILL') {
      expect(ended.output).toMatch(/what was done is kept; to go on: npm run nightly -- --campaign \S+ --store \S+ --resume/);
      expect(ended.output).not.toContain('what was recorded so far');
      expect(existsSync(join(folder, 'work'))).toBe(false);
      expect(project.leftSessions()).toEqual([]);
      expect(readdirSync(folder).filter((name) => name.startsWith('owner-'))).toEqual([]);
      expect(left(project.folder)).toEqual([]);
    }
    const before = stored(folder);
    expect(before.length).toBeGreaterThanOrEqual(finished(folder) - 1);
    expect(before.length).toBeGreaterThanOrEqual(1);
    expect(before.length).toBeLessThan(planned);
    const again = await project.start(['nightly', '--campaign', campaign, '--store', folder, '--resume']).ended;
    expect(again.output).toContain(`${planned - before.length} of ${planned} runs are left`);
    expect(again.status).toBe(0);
    const after = stored(folder);
    expect(after.slice(0, before.length)).toEqual(before);
    expect(after.map(({ position }) => position)).toEqual(Array.from({ length: planned }, (_, position) => position));
    expect(finished(folder)).toBe(planned);
    expect((await project.start(['nightly', '--campaign', campaign, '--store', folder, '--resume']).ended).output).toContain('killed-k is at its end');
  });
});
