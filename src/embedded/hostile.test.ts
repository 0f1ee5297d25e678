// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOf } from '../oci/digest.ts';
import { startPolicyApi } from './policy-api.ts';
import { startRegistry } from './registry.ts';
import { startRekor } from './rekor.ts';
import type { EmbeddedServer } from './server.ts';

let directory: string;
let registry: EmbeddedServer;
let services: Readonly<Record<string, EmbeddedServer>>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hostile-test-'));
  registry = await startRegistry({ directory: join(directory, 'registry') });
  services = { registry, rekor: await startRekor({ directory: join(directory, 'rekor') }), 'policy-api': await startPolicyApi() };
});

afterAll(async () => {
  await Promise.all(Object.values(services).map(async (each) => await each.close()));
  await rm(directory, { recursive: true });
});

function dial({ url }: EmbeddedServer): Socket {
  return connect(Number(new URL(url).port), '127.0.0.1');
}

/** Everything that comes back until the server ends the connection. */
async function raw(server: EmbeddedServer, bytes: string | Uint8Array): Promise<string> {
  const socket = dial(server);
  const ended = text(socket);
  socket.write(bytes);
  return await ended;
}

const names = ['registry', 'rekor', 'policy-api'] as const;

describe.each(names)('%s', (name) => {
  const server = (): EmbeddedServer => services[name]!;

  it.each([
    ['headers without end', `GET /v2/ HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`, 431],
    ['what is no request', 'HELLO\r\n\r\n', 400],
    ['two lengths', 'POST /api/v1/log/entries HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n', 400],
    ['a length and chunks', 'POST /api/v1/log/entries HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n', 400],
  ])('answers %s', async (_what, bytes, status) => {
    expect(await raw(server(), bytes)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  });

  it('serves others while sixty-four connections say nothing, or half of something', async () => {
    const idle = Array.from({ length: 64 }, () => dial(server()));
    await Promise.all(idle.map(async (socket) => await once(socket, 'connect')));
    idle.forEach((socket, index) => void (index % 2 === 0 || socket.write('POST /v2/a/blobs/uploads/ HTTP/1.1\r\nhost: a\r\ncontent-le')));
    expect((await fetch(`${server().url}/nowhere`)).status).toBe(404);
    idle.forEach((socket) => socket.destroy());
  });

  it('never answers 500, nor nothing, whatever is asked', { timeout: 60_000 }, async () => {
    const word = fc.oneof(fc.string({ maxLength: 20, unit: 'grapheme' }), fc.constantFrom('..', '%2e%2e', '%', '%00', 'v2', 'a', 'blobs', 'uploads', 'manifests', 'tags', 'list', 'referrers', '_catalog', 'api', 'v1', 'log', 'entries', 'retrieve', 'index', 'proof', 'apis', 'appstudio.redhat.com', 'v1alpha1', 'namespaces', 'enterprisecontractpolicies', 'constructor', '__proto__', `sha256:${'0'.repeat(64)}`));
    const path = fc.array(word, { maxLength: 8 }).map((words) => `/${words.join('/')}`.replaceAll(/[^!-~]/gu, (each) => encodeURIComponent(each)));
    const query = fc.constantFrom('', '?n=-1', '?n=x', '?digest=x', '?mount=x&from=..', '?logIndex=9e9', '?firstSize=1&lastSize=9999999999999999999', '?last=%ff', '?%', '?artifactType=x');
    const body = fc.oneof(fc.json(), fc.string({ maxLength: 50 }), fc.constantFrom('null', '[]', '{"kind":"hashedrekord","apiVersion":"0.0.1","spec":null}', '{"entries":[null]}', '{"schemaVersion":2,"layers":{}}', '{"publicKey":{"format":"x509","content":""}}'));
    const request = fc.record({ method: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'), path, query, body, type: fc.constantFrom('application/json', 'text/plain', 'application/vnd.oci.image.manifest.v1+json', ''), range: fc.constantFrom('', 'bytes=9-1', 'bytes=-0', 'x') });
    await fc.assert(
      fc.asyncProperty(request, async (asked) => {
        const payload = Buffer.from(asked.body);
        const head = [`${asked.method} ${asked.path}${asked.query} HTTP/1.1`, 'host: a', 'connection: close', `content-type: ${asked.type}`, `content-length: ${payload.length}`, ...(asked.range === '' ? [] : [`range: ${asked.range}`, `content-range: ${asked.range}`])];
        const answer = await raw(server(), Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), payload]));
        expect(answer).toMatch(/^HTTP\/1\.1 [234]\d\d /);
      }),
      { numRuns: 300, interruptAfterTimeLimit: 20_000, seed: 10 },
    );
  });
});

describe('the registry under many hands', () => {
  it('sixty-four clients push and pull: each blob comes back as it went', { timeout: 60_000 }, async () => {
    const blobs = Array.from({ length: 64 }, () => randomBytes(200_000));
    await Promise.all(
      blobs.map(async (bytes, index) => {
        const digest = digestOf(bytes);
        // Each also pushes what its neighbour does.
        for (const each of [bytes, blobs[(index + 1) % 64]!]) expect((await fetch(`${registry.url}/v2/many/blobs/uploads/?digest=${digestOf(each)}`, { method: 'POST', body: each })).status).toBe(201);
        expect(digestOf(Buffer.from(await (await fetch(`${registry.url}/v2/many/blobs/${digest}`)).arrayBuffer()))).toBe(digest);
      }),
    );
    expect((await readdir(join(directory, 'registry', 'uploads'), { recursive: true })).filter((name) => name.includes('/'))).toEqual([]);
  });

  it('shows nothing of a slow upload before it is whole, and nothing of one that broke off', async () => {
    const bytes = randomBytes(1000);
    const place = `/v2/slow/blobs/uploads/?digest=${digestOf(bytes)}`;
    const socket = dial(registry);
    socket.write(`POST ${place} HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 1000\r\n\r\n`);
    socket.write(bytes.subarray(0, 500));
    const head = async (): Promise<number> => (await fetch(`${registry.url}/v2/slow/blobs/${digestOf(bytes)}`, { method: 'HEAD' })).status;
    expect(await head()).toBe(404);
    socket.destroy();
    const uploads = async (): Promise<number> => (await readdir(join(directory, 'registry', 'uploads'), { recursive: true })).filter((name) => name.includes('/')).length;
    await expect.poll(uploads).toBe(0);
    expect(await head()).toBe(404);
    const again = dial(registry);
    const answer = text(again);
    again.write(`POST ${place} HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 1000\r\n\r\n`);
    for (let at = 0; at < 1000; at += 100) again.write(bytes.subarray(at, at + 100));
    expect(await answer).toMatch(/^HTTP\/1\.1 201 /);
    expect(await head()).toBe(200);
  });
});
