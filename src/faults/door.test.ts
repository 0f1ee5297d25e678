// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { Agent, type IncomingMessage } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../foundation/seed.ts';
import { eventsOf } from '../history/event.ts';
import type { GateRule } from './gate.ts';
import { answerTo, Ends, eventThat, rawExchange, received, throughProxy } from './test-ends.ts';

const mebibyte = 1024 * 1024;
const blobPath = `/v2/app/blobs/sha256:${'a'.repeat(64)}`;
const blobUrl = `http://registry.local${blobPath}`;

let ends: Ends;
beforeEach(() => {
  ends = new Ends();
});
afterEach(async () => await ends[Symbol.asyncDispose]());

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe('bodies', () => {
  const content = seededRandom('door').bytes(50 * mebibyte);

  it.each([
    ['with a length', { 'content-length': content.length }],
    ['in chunks', {}],
  ])('come from the registry byte for byte, %s', async (_name, headers) => {
    const upstream = await ends.origin((_request, response) => response.writeHead(200, headers).end(content));
    const { status, body } = await throughProxy(await ends.door(upstream), blobUrl);
    expect(status).toBe(200);
    expect(body.equals(content)).toBe(true);
    expect(await eventThat(ends.recorder, ({ kind }) => kind === 'response')).toMatchObject({ status: 200, bytes: content.length, complete: true });
  });

  it('go to the registry byte for byte, in chunks', async () => {
    let digest = '';
    let length: string | undefined;
    const upstream = await ends.origin((request, response) => {
      length = request.headers['content-length'];
      void bodyOf(request).then((body) => {
        digest = sha256(body);
        response.writeHead(201).end();
      });
    });
    const headers = { 'transfer-encoding': 'chunked' };
    const { status } = await throughProxy(await ends.door(upstream), 'http://registry.local/v2/app/blobs/uploads/1', { method: 'PUT', body: content, headers });
    expect([status, digest, length]).toEqual([201, sha256(content), undefined]);
  });

  it('wait for the go-ahead where the client asks for one', async () => {
    const upstream = await ends.origin((request, response) => void bodyOf(request).then((body) => response.end(body)));
    const door = await ends.door(upstream);
    const bytes = 'PUT http://registry.local/v2/a/blobs/uploads/1 HTTP/1.1\r\nHost: registry.local\r\nExpect: 100-continue\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody';
    const text = await rawExchange(door, bytes);
    expect(text).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK\r\n/);
    expect(text.endsWith('body')).toBe(true);
  });

  const half: GateRule = { name: 'half', hold: { resource: 'blob' }, at: 'middle', until: { kind: 'arrivals', parties: 'participant', count: 1 }, timeoutMs: 5000 };

  it.each([['', []], [', with a gate in their middle', [half]]] as const)('take no more memory than what is under way%s', async (_name, rules) => {
    const total = 300 * mebibyte;
    const block = Buffer.alloc(mebibyte, 'x');
    let sent = 0;
    const upstream = await ends.origin((_request, response) => {
      response.writeHead(200, { 'content-length': total });
      const more = (): void => {
        while (sent < total) {
          sent += block.length;
          if (!response.write(block)) return void response.once('drain', more);
        }
        response.end();
      };
      more();
    });
    const before = process.memoryUsage().rss;
    let highest = before;
    const answer = await answerTo(await ends.door(upstream, { rules }), blobUrl);
    // A reader that stops: what has been sent by then must come to a halt by itself.
    answer.pause();
    for (let last = -1; last !== sent; ) {
      last = sent;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const sentToNobody = sent;
    let bytes = 0;
    answer.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      highest = Math.max(highest, process.memoryUsage().rss);
    });
    answer.resume();
    await once(answer, 'end');
    expect(bytes).toBe(total);
    expect(sentToNobody / mebibyte).toBeLessThan(40);
    expect((highest - before) / mebibyte).toBeLessThan(100);
  });
});

describe('heads', () => {
  it('are passed on, but for what belongs to one connection', async () => {
    let seen: IncomingMessage | undefined;
    const upstream = await ends.origin((request, response) => {
      seen = request;
      response.writeHead(202, { 'docker-upload-uuid': 'u', link: '</v2/x>; rel="next"', connection: 'x-hop, close', 'x-hop': '1', 'proxy-authenticate': 'Basic', 'set-cookie': ['a=1', 'b=2'] });
      response.end('{}');
    });
    const headers = { authorization: 'Bearer t', 'x-mine': '1', connection: 'keep-alive, X-Drop', 'x-drop': '1', te: 'trailers', 'proxy-authorization': 'Basic s', 'proxy-connection': 'keep-alive', upgrade: 'h2c' };
    const got = await throughProxy(await ends.door(upstream), 'http://registry.local/v2/?n=1&last=a%2Fb', { headers });
    expect(seen?.url).toBe('/v2/?n=1&last=a%2Fb');
    expect(seen?.headers).toMatchObject({ host: 'registry.local', authorization: 'Bearer t', 'x-mine': '1' });
    for (const name of ['x-drop', 'te', 'proxy-authorization', 'proxy-connection', 'upgrade']) expect(seen?.headers).not.toHaveProperty(name);
    expect(got.status).toBe(202);
    expect(got.headers).toMatchObject({ 'docker-upload-uuid': 'u', link: '</v2/x>; rel="next"', 'set-cookie': ['a=1', 'b=2'] });
    for (const name of ['x-hop', 'proxy-authenticate']) expect(got.headers).not.toHaveProperty(name);
  });

  it('of HEAD keep the length that has no body', async () => {
    const upstream = await ends.origin((_request, response) => response.writeHead(200, { 'content-length': 12_345 }).end());
    const got = await throughProxy(await ends.door(upstream), blobUrl, { method: 'HEAD' });
    expect([got.status, got.headers['content-length'], got.body.length]).toEqual([200, '12345', 0]);
    expect(await eventThat(ends.recorder, ({ kind }) => kind === 'response')).toMatchObject({ bytes: 0, complete: true });
  });

  it('carry ranges', async () => {
    const upstream = await ends.origin((request, response) => {
      expect(request.headers.range).toBe('bytes=2-4');
      response.writeHead(206, { 'content-range': 'bytes 2-4/6' }).end('cde');
    });
    const got = await throughProxy(await ends.door(upstream), blobUrl, { headers: { range: 'bytes=2-4' } });
    expect([got.status, got.headers['content-range'], got.body.toString()]).toEqual([206, 'bytes 2-4/6', 'cde']);
  });

  it('lead back to the door, not past it', async () => {
    const locations: Record<string, string> = {};
    const upstream = await ends.origin((request, response) => response.writeHead(202, { location: locations[request.url ?? ''] ?? '' }).end());
    Object.assign(locations, { '/own': `${upstream}/v2/a/blobs/uploads/1?_state=x`, '/path': '/v2/a/blobs/uploads/1', '/other': 'http://elsewhere.example/v2/' });
    const door = await ends.door(upstream, { hosts: ['registry.local', 'registry.local:5000'] });
    const located = async (url: string): Promise<string | undefined> => (await throughProxy(door, url)).headers.location;
    expect(await located('http://registry.local/own')).toBe('http://registry.local/v2/a/blobs/uploads/1?_state=x');
    expect(await located('http://registry.local:5000/own')).toBe('http://registry.local:5000/v2/a/blobs/uploads/1?_state=x');
    expect(await located('http://registry.local/path')).toBe('/v2/a/blobs/uploads/1');
    expect(await located('http://registry.local/other')).toBe('http://elsewhere.example/v2/');
  });
});

describe('connections', () => {
  it('are kept on both sides', async () => {
    const ports = new Set<number | undefined>();
    const upstream = await ends.origin((request, response) => {
      ports.add(request.socket.remotePort);
      response.end('x');
    });
    const door = await ends.door(upstream);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const clientPorts = new Set<number | undefined>();
    for (let count = 0; count < 3; count += 1) {
      const answer = await answerTo(door, blobUrl, { agent });
      clientPorts.add(answer.socket.localPort);
      await received(answer);
    }
    agent.destroy();
    expect(clientPorts.size).toBe(1);
    expect(ports.size).toBe(1);
    expect(eventsOf(ends.recorder.events(), 'response')).toHaveLength(3);
  });

  it('are refused as tunnels', async () => {
    const door = await ends.door('http://127.0.0.1:9');
    expect(await rawExchange(door, 'CONNECT registry.local:443 HTTP/1.1\r\nHost: registry.local:443\r\n\r\n')).toMatch(/^HTTP\/1.1 502 /);
    expect(ends.recorder.events()).toEqual([]);
  });

  it.each(['http://elsewhere.example/v2/', 'http://registry.local.example/', 'http://registry.local:81/v2/', 'http://x@registry.local/v2/'])('do not lead to %s', async (url) => {
    let asked = 0;
    const upstream = await ends.origin((_request, response) => {
      asked += 1;
      response.end();
    });
    expect((await throughProxy(await ends.door(upstream), url)).status).toBe(403);
    expect(asked).toBe(0);
    expect(eventsOf(ends.recorder.events(), 'response')).toMatchObject([{ status: 403, complete: true }]);
    expect(eventsOf(ends.recorder.events(), 'request')).toMatchObject([{ target: { resource: 'other' } }]);
  });

  it.each(['http://registry.local:80/v2/', 'HTTP://Registry.Local/v2/'])('lead to the registry for %s too', async (url) => {
    const upstream = await ends.origin((_request, response) => response.end('x'));
    const door = await ends.door(upstream);
    expect(await rawExchange(door, `GET ${url} HTTP/1.1\r\nHost: registry.local\r\nConnection: close\r\n\r\n`)).toMatch(/^HTTP\/1.1 200 /);
  });

  it('end with the door, which can be closed twice', async () => {
    const upstream = await ends.origin((_request, response) => void response.writeHead(200, { 'content-length': 10 }).write('half'));
    const door = await ends.door(upstream);
    const answer = await answerTo(door, blobUrl);
    await door.close();
    await door.close();
    await expect(received(answer)).rejects.toThrow();
    await expect(throughProxy(door, blobUrl)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

describe('what is recorded', () => {
  it('tells who asked for what, and the answer by the same number', async () => {
    const upstream = await ends.origin((request, response) => response.writeHead(request.url === blobPath ? 200 : 404).end('abc'));
    const door = await ends.door(upstream, { participant: 'validator-2' });
    await throughProxy(door, blobUrl);
    await throughProxy(door, 'http://registry.local/v2/app/manifests/v1');
    await eventThat(ends.recorder, (event) => event.kind === 'response' && event.request === 2);
    expect(ends.recorder.events()).toMatchObject([
      { kind: 'request', participant: 'validator-2', request: 1, method: 'GET', path: blobPath, target: { resource: 'blob', repository: 'app' } },
      { kind: 'response', participant: 'validator-2', request: 1, status: 200, bytes: 3, complete: true },
      { kind: 'request', participant: 'validator-2', request: 2, target: { resource: 'manifest', reference: 'v1' } },
      { kind: 'response', participant: 'validator-2', request: 2, status: 404, bytes: 3, complete: true },
    ]);
  });
});
