// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { explorationIdentity, plannedLayers } from '../explore/workload.ts';
import { toolOrSkip } from '../foundation/tools.ts';
import type { Event } from '../history/event.ts';
import type { Plan } from '../scenario/plan.ts';
import { TestProject, type RunningCommand } from './test-project.ts';

const strace = toolOrSkip('strace');
let project: TestProject;

/**
 * The leader stands after its first write until somebody comes who never does; the other one waits for its lock. The time-out is
 * far beyond that of the test, so that whatever ends this is not the plan.
 */
beforeAll(async () => {
  project = await TestProject.open();
  const { shared } = await plannedLayers(2);
  const timeoutMs = 3_000_000;
  const plan: Plan = {
    version: 1, scenario: explorationIdentity.id, subject: 'reference', seed: 'signals', meeting: 'schedule leader-follower/write-1/1',
    participants: ['validator-1', 'validator-2'].map((name) => ({ name, arguments: [] })),
    gates: [
      { name: 'leader', hold: { call: 'write', entry: shared.digest.slice('sha256:'.length), nth: 1, participants: ['validator-1'] }, until: { kind: 'arrivals', parties: 'participant', count: 2 }, timeoutMs },
      { name: 'others', hold: { resource: 'manifest', participants: ['validator-2'] }, until: { kind: 'reached', parties: 'participant', count: 1, gate: 'leader' }, timeoutMs },
    ],
    exploration: { schedule: 'leader-follower/write-1/1', participants: 2, gateTimeoutMs: 15_000, deadlineMs: 3_000_000 },
  };
  await project.write('plan/plan.json', JSON.stringify(plan));
});

afterAll(async () => await project.close());

interface Standing {
  readonly running: RunningCommand;
  readonly history: string;
}

/** An exploration whose leader has been stopped. */
async function standing(runs: string): Promise<Standing> {
  const running = project.start(['explore', '--replay', join(project.folder, 'plan'), '--store', join(project.folder, runs)]);
  for (;;) {
    if (running.child.exitCode !== null) throw new Error(`ended before anybody stood:\n${(await running.ended).output}`);
    const file = historyIn(join(project.folder, runs));
    if (file !== undefined && eventsIn(file).some((event) => event.kind === 'gate-arrived' && event.call !== undefined)) return { running, history: file };
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function historyIn(runs: string): string | undefined {
  try {
    const found = readdirSync(runs, { recursive: true, encoding: 'utf8' }).find((name) => !name.startsWith('latest') && name.endsWith('scheduled/history.ndjson'));
    return found === undefined ? undefined : join(runs, found);
  } catch {
    return undefined;
  }
}

/** What is on disk while it is written: the last line may be half of one. */
function eventsIn(file: string): readonly Event[] {
  return readFileSync(file, 'utf8').split('\n').slice(0, -1).map((line) => JSON.parse(line) as Event);
}

/** Processes, tracers and guards included, that were started with the project's folder in their words or as their home. */
function processes(): readonly string[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid).flatMap((pid) => {
    try {
      const said = ['cmdline', 'environ'].map((file) => readFileSync(`/proc/${pid}/${file}`, 'latin1'));
      return said.some((text) => text.includes(project.folder)) ? [`${pid} ${said[0]?.replaceAll('\0', ' ').slice(0, 200) ?? ''}`] : [];
    } catch {
      return [];
    }
  });
}

function isStopped(history: string): boolean {
  const pid = eventsIn(history).flatMap((event) => (event.kind === 'validator-started' && event.participant === 'validator-1' ? [event.pid] : []))[0] ?? 0;
  return /^State:\s+[tT]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
}

describe.skipIf(strace === undefined)('an exploration that is ended while a process stands stopped', () => {
  it.each([['SIGINT', 130], ['SIGTERM', 143]] as const)('by %s leaves nothing but what was recorded', async (signal, status) => {
    const { running, history } = await standing(`runs-${signal}`);
    await expect.poll(() => isStopped(history)).toBe(true);
    running.child.kill(signal);
    expect((await running.ended).status).toBe(status);
    await expect.poll(processes, { timeout: 20_000 }).toEqual([]);
    expect(project.leftSessions()).toEqual([]);
    expect(eventsIn(history).some((event) => event.kind === 'gate-arrived' && event.call !== undefined)).toBe(true);
  });

  it('by SIGKILL leaves no process, and the next start removes the folders', async () => {
    const { running, history } = await standing('runs-killed');
    await expect.poll(() => isStopped(history)).toBe(true);
    expect(processes().length).toBeGreaterThan(2);
    running.child.kill('SIGKILL');
    await running.ended;
    await expect.poll(processes, { timeout: 20_000 }).toEqual([]);
    expect(eventsIn(history).some((event) => event.kind === 'gate-opened' && event.gate === 'leader')).toBe(false);
    const [left] = project.leftSessions();
    expect(left).toMatch(/^session-/);
    const next = project.start(['explore', '--list', '--store', join(project.folder, 'runs-next')]);
    await next.seen(/cleaned up after an earlier run that was killed: session-/);
    next.child.kill('SIGINT');
    await next.ended;
    expect(project.leftSessions()).toEqual([]);
  });
});
