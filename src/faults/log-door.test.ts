// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startRekor, type RekorServer } from '../embedded/rekor.ts';
import { eventsOf } from '../history/event.ts';
import { openRecorder } from '../history/recorder.ts';
import { openLogDoor, type LogFaultRule } from './log-door.ts';

let folder: string;
let rekor: RekorServer;
let runs = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'log-door-test-'));
  rekor = await startRekor({ directory: folder });
});
afterAll(async () => {
  await rekor.close();
  await rm(folder, { recursive: true });
});

/** Statuses of three requests for the log's tree, 0 for none, and what was recorded of them. */
async function ask(rule: LogFaultRule): Promise<{ statuses: number[]; outcomes: string[]; milliseconds: number }> {
  await using door = await openLogDoor({ upstream: rekor.url, rule });
  const recorder = openRecorder(join(folder, `history-${(runs += 1)}.ndjson`));
  door.reportTo(recorder);
  const statuses: number[] = [];
  for (let request = 0; request < 3; request += 1) statuses.push(await fetch(`${door.url}/api/v1/log`).then(({ status }) => status, () => 0));
  recorder.close();
  const events = recorder.events();
  return { statuses, outcomes: eventsOf(events, 'log-asked').map(({ outcome }) => outcome), milliseconds: events.at(-1)!.at - events[0]!.at };
}

it('answers with the status that it was told, at once and always', async () => {
  expect(await ask({ fault: 'status', after: 0, status: 503 })).toMatchObject({ statuses: [503, 503, 503], outcomes: ['status', 'status', 'status'] });
});

it('goes down after as many answers as it was told', async () => {
  expect(await ask({ fault: 'down', after: 2 })).toMatchObject({ statuses: [200, 200, 0], outcomes: ['answered', 'answered', 'down'] });
});

it('answers late, and with the log’s own answer', async () => {
  const { statuses, milliseconds } = await ask({ fault: 'slow', after: 0, delayMs: 120 });
  expect(statuses).toEqual([200, 200, 200]);
  // Of the third request only the asking is recorded.
  expect(milliseconds).toBeGreaterThan(235);
});

it('passes on what it does not fail, byte for byte', async () => {
  await using door = await openLogDoor({ upstream: rekor.url, rule: { fault: 'down', after: 9 } });
  for (const path of ['/api/v1/log/publicKey', '/api/v1/log/entries/none', '/nowhere']) {
    const [direct, through] = await Promise.all([rekor.url, door.url].map(async (url) => await fetch(`${url}${path}`)));
    expect([through!.status, await through!.text()]).toEqual([direct!.status, await direct!.text()]);
  }
});

it('is no answer at all when the log itself is gone', async () => {
  await using door = await openLogDoor({ upstream: 'http://127.0.0.1:1', rule: { fault: 'down', after: 9 } });
  await expect(fetch(`${door.url}/api/v1/log`)).rejects.toThrow();
});
