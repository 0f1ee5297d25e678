// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventsOf } from '../history/event.ts';
import type { GateRule } from './gate.ts';
import { answerTo, Ends, eventThat, received, throughProxy } from './test-ends.ts';

const layer = `sha256:${'a'.repeat(64)}`;
const blobUrl = `http://registry.local/v2/app/blobs/${layer}`;

let ends: Ends;
beforeEach(() => {
  ends = new Ends();
});
afterEach(async () => await ends[Symbol.asyncDispose]());

const responded = async (): Promise<unknown> => await eventThat(ends.recorder, ({ kind }) => kind === 'response');

describe('a registry that breaks off', () => {
  it.each([
    ['in a body with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf', 4],
    ['in a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nhalf', 4],
    ['between chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n', 4],
  ])('%s is seen to break off', async (_name, said, bytes) => {
    const upstream = await ends.rawOrigin((socket) => socket.once('data', () => socket.end(said)));
    const answer = await answerTo(await ends.door(upstream), blobUrl);
    expect(answer.statusCode).toBe(200);
    await expect(received(answer)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(await responded()).toMatchObject({ status: 200, bytes, complete: false });
  });

  it('by a reset is seen to break off, and the door stands', async () => {
    const upstream = await ends.rawOrigin((socket) =>
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf', () => socket.resetAndDestroy())),
    );
    const door = await ends.door(upstream);
    for (let count = 0; count < 3; count += 1) await expect(throughProxy(door, blobUrl)).rejects.toMatchObject({ code: 'ECONNRESET' });
    await eventThat(ends.recorder, (event) => event.kind === 'response' && event.request === 3);
    expect(eventsOf(ends.recorder.events(), 'response').every(({ complete }) => !complete)).toBe(true);
  });

  it.each([
    ['before its answer', ''],
    ['in its head', 'HTTP/1.1 200 OK\r\nContent-'],
    ['with what is no answer', 'SSH-2.0-OpenSSH\r\n'],
  ])('%s gives no answer', async (_name, said) => {
    const upstream = await ends.rawOrigin((socket) => socket.once('data', () => socket.end(said)));
    await expect(throughProxy(await ends.door(upstream), blobUrl)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(await responded()).toMatchObject({ status: 0, bytes: 0, complete: false });
  });

  it('and can not be reached gives no answer', async () => {
    const upstream = await ends.rawOrigin((socket) => socket.resetAndDestroy());
    await expect(throughProxy(await ends.door(upstream), blobUrl)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(await responded()).toMatchObject({ status: 0, complete: false });
  });

  it('answers an upload before it has it: the answer arrives', async () => {
    const upstream = await ends.origin((_request, response) => response.writeHead(413, { connection: 'close' }).end('too large'));
    const { status } = await throughProxy(await ends.door(upstream), 'http://registry.local/v2/a/blobs/uploads/1', { method: 'PUT', body: Buffer.alloc(100) });
    expect(status).toBe(413);
  });
});

describe('a client that breaks off', () => {
  it('in a body ends the download from the registry', async () => {
    let closed: Promise<unknown> | undefined;
    const upstream = await ends.origin((_request, response) => {
      closed = once(response, 'close');
      response.writeHead(200, { 'content-length': 1000 }).write('half');
    });
    const answer = await answerTo(await ends.door(upstream), blobUrl);
    await once(answer, 'data');
    answer.destroy();
    await closed;
    expect(await responded()).toMatchObject({ status: 200, bytes: 4, complete: false });
  });

  it('before the answer ends the request to the registry', async () => {
    const gone = new AbortController();
    let closed: Promise<unknown> | undefined;
    const upstream = await ends.origin((_request, response) => {
      closed = once(response, 'close');
      gone.abort();
    });
    const asked = throughProxy(await ends.door(upstream), blobUrl, { signal: gone.signal });
    await expect(asked).rejects.toThrow();
    await closed;
    expect(await responded()).toMatchObject({ status: 0, complete: false });
  });

  it('in an upload ends it at the registry, incomplete', async () => {
    const gone = new AbortController();
    let cut: Promise<unknown> | undefined;
    const upstream = await ends.origin((request) => {
      cut = received(request).then(() => 'whole', () => 'cut');
      request.once('data', () => gone.abort());
    });
    const headers = { 'content-length': '1000' };
    const asked = throughProxy(await ends.door(upstream), 'http://registry.local/v2/a/blobs/uploads/1', { method: 'PUT', headers, body: Buffer.alloc(10), signal: gone.signal });
    await expect(asked).rejects.toThrow();
    expect(await cut).toBe('cut');
    expect(await responded()).toMatchObject({ status: 0, complete: false });
  });

  it('at a gate is never sent to the registry, and others still wait', async () => {
    let asked = 0;
    const upstream = await ends.origin((_request, response) => {
      asked += 1;
      response.end('x');
    });
    const rule: GateRule = { name: 'together', hold: { resource: 'blob' }, until: { kind: 'arrivals', parties: 'participant', count: 2 }, timeoutMs: 5000 };
    const door = await ends.door(upstream, { rules: [rule], participants: ['one', 'two'] });
    const gone = new AbortController();
    const held = throughProxy(door, blobUrl, { signal: gone.signal });
    await eventThat(ends.recorder, ({ kind }) => kind === 'gate-arrived');
    gone.abort();
    await expect(held).rejects.toThrow();
    expect(await responded()).toMatchObject({ status: 0, complete: false });
    expect(asked).toBe(0);
    expect(eventsOf(ends.recorder.events(), 'gate-opened')).toEqual([]);
  });
});
