// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRekor, type RekorServer } from '../embedded/rekor.ts';
import { serve, type EmbeddedServer } from '../embedded/server.ts';
import { askLog, compareLogs } from './rekor-answers.ts';
import { freshMaterial, questions } from './rekor-questions.ts';
import { judgeByRecord, recordAnswers, recordedAnswers } from './rekor-recorded.ts';

let directory: string;
let rekor: RekorServer;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'conformance-test-'));
  rekor = await startRekor({ directory });
});

afterAll(async () => {
  await rekor.close();
  await rm(directory, { recursive: true });
});

/** The log, with some of what it says changed on the way. */
async function lyingLog(change: (text: string, path: string) => string): Promise<EmbeddedServer> {
  const server: Server = createServer();
  return await serve(
    server,
    async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      const body = Buffer.concat(chunks);
      const headers = { 'content-type': request.headers['content-type'] ?? '' };
      const answer = await fetch(`${rekor.url}${request.url}`, { method: request.method ?? 'GET', ...(request.method === 'POST' ? { body, headers } : {}) });
      const passed = ['content-type', 'location'].flatMap((name) => (answer.headers.has(name) ? [[name, answer.headers.get(name) ?? ''] as const] : []));
      response.writeHead(answer.status, Object.fromEntries(passed)).end(change(await answer.text(), request.url ?? ''));
    },
    { protocol: 'http' },
  );
}

it('every question has a name of its own', () => {
  const names = questions(freshMaterial('names')).map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(Object.keys(recordedAnswers().answers).sort()).toEqual([...names].sort());
});

describe('the embedded log', () => {
  it('answers as the real one did', async () => {
    expect(await judgeByRecord(rekor.url, questions(freshMaterial('recorded')), recordedAnswers())).toMatchObject({ failed: 0, failures: [] });
  });

  it('is recorded as it is compared', async () => {
    const recorded = await recordAnswers(rekor.url, 'ours', questions(freshMaterial('again')));
    expect(await judgeByRecord(rekor.url, questions(freshMaterial('once more')), recorded)).toMatchObject({ failed: 0 });
  });
});

it('a log does not differ from itself', async () => {
  const asked = questions(freshMaterial('itself'));
  for (const question of asked.slice(0, 12)) await askLog(rekor.url, question);
  expect(await compareLogs(rekor.url, rekor.url, asked)).toEqual([]);
});

describe('a difference is seen', () => {
  it.each([
    ['a message', (text: string) => text.replace('verifying signature', 'checking signature')],
    ['a field that is gone', (text: string) => text.replace(/"integratedTime":\d+,/, '')],
    ['a hash in the wrong spelling', (text: string) => text.replace(/"rootHash":"[0-9a-f]/, '"rootHash":"G')],
    ['a checkpoint that is none', (text: string) => text.replaceAll(/\u2014 rekor.local/g, '- rekor.local')],
    ['a list that lacks one', (text: string, path: string) => (path.endsWith('index/retrieve') && text.startsWith('["') ? '[]' : text)],
  ])('%s', async (_what, change) => {
    await using lying = await lyingLog(change);
    const asked = questions(freshMaterial(_what));
    for (const question of asked.slice(0, 12)) await askLog(rekor.url, question);
    expect((await compareLogs(rekor.url, lying.url, asked)).length).toBeGreaterThan(0);
  });
});
