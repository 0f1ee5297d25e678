// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { peakRssOf } from '../foundation/process-table.ts';
import { TestProject, type RunningCommand } from './test-project.ts';

const mebibyte = 1024 * 1024;
const wholeBytes = 1024 * mebibyte;
const chunkBytes = 128 * mebibyte;
/** What a blob that lies in memory would take is sixteen times as much. */
const mostGrowth = 64 * mebibyte;
const block = Buffer.alloc(mebibyte, createHash('sha512').update('memory').digest());

let project: TestProject;
let running: RunningCommand;
let url: string;
let before: number;

beforeAll(async () => {
  project = await TestProject.open();
  running = project.start(['stage', '--json', '--only', 'registry']);
  await running.seen(/\n$/);
  url = (JSON.parse(running.shown()) as { addresses: { registryUrl: string } }).addresses.registryUrl;
  before = peak();
});

afterAll(async () => {
  running.child.kill('SIGTERM');
  await running.ended;
  await project.close();
});

function peak(): number {
  return peakRssOf(running.child.pid ?? 0) ?? Number.NaN;
}

function* bytes(count: number): Generator<Buffer> {
  for (let left = count; left > 0; left -= block.length) yield block.subarray(0, Math.min(left, block.length));
}

function digestOf(count: number): string {
  const hash = createHash('sha256');
  for (const part of bytes(count)) hash.update(part);
  return `sha256:${hash.digest('hex')}`;
}

async function ask(method: string, path: string, { headers = {}, count = 0 }: { readonly headers?: Record<string, string>; readonly count?: number } = {}): Promise<IncomingMessage> {
  const asked = request(new URL(path, url), { method, headers: { ...headers, 'content-length': String(count) } });
  const answered = once(asked, 'response') as Promise<[IncomingMessage]>;
  await pipeline(Readable.from(bytes(count), { objectMode: false, highWaterMark: mebibyte }), asked);
  const [response] = await answered;
  if (method !== 'GET') response.resume();
  return response;
}

describe('a registry that a blob of 1 GiB goes through', { timeout: 60_000 }, () => {
  const digest = digestOf(wholeBytes);
  const withDigest = (location: string | undefined): string => `${location}?digest=${digest}`;

  it('takes it in one request', async () => {
    const { headers } = await ask('POST', '/v2/memory/whole/blobs/uploads/');
    expect((await ask('PUT', withDigest(headers.location), { count: wholeBytes })).statusCode).toBe(201);
    expect(peak() - before).toBeLessThan(mostGrowth);
  });

  it('takes it in chunks', async () => {
    let { headers: { location = '' } } = await ask('POST', '/v2/memory/chunks/blobs/uploads/');
    for (let at = 0; at < wholeBytes; at += chunkBytes) {
      const answer = await ask('PATCH', location, { headers: { 'content-range': `${at}-${at + chunkBytes - 1}` }, count: chunkBytes });
      expect(answer.statusCode).toBe(202);
      location = answer.headers.location ?? '';
    }
    expect((await ask('PUT', withDigest(location))).statusCode).toBe(201);
    expect(peak() - before).toBeLessThan(mostGrowth);
  });

  it('gives it back whole, to one who reads slowly too', async () => {
    // Who does not read must not have it read into memory for him.
    const slow = await ask('GET', `/v2/memory/whole/blobs/${digest}`);
    const hash = createHash('sha256');
    for await (const part of await ask('GET', `/v2/memory/chunks/blobs/${digest}`)) hash.update(part as Buffer);
    expect(`sha256:${hash.digest('hex')}`).toBe(digest);
    slow.destroy();
    expect(peak() - before).toBeLessThan(mostGrowth);
  });
});
