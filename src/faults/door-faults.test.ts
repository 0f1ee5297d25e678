// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventsOf } from '../history/event.ts';
import type { Door } from './door.ts';
import type { BodyPosition, GateRule } from './gate.ts';
import { faultNamed, type GateAction } from './gate-action.ts';
import { answerTo, Ends, eventThat, rawExchange, received, throughProxy } from './test-ends.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const blobUrl = `http://registry.local/v2/app/blobs/${digest}`;
const content = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 251));

let ends: Ends;
beforeEach(() => {
  ends = new Ends();
});
afterEach(async () => await ends[Symbol.asyncDispose]());

const rule = (then: GateAction, at?: BodyPosition): GateRule => ({
  name: 'leader', hold: { resource: 'blob' }, until: { kind: 'arrivals', parties: 'participant', count: 1 }, timeoutMs: 5000, then, ...(at === undefined ? {} : { at }),
});

async function struckDoor(then: GateAction, at?: BodyPosition, headers: Record<string, number> = { 'content-length': content.length }): Promise<Door> {
  const upstream = await ends.origin((_request, response) => response.writeHead(200, headers).end(content));
  return await ends.door(upstream, { rules: [rule(then, at)] });
}

const struck = (): readonly string[] => eventsOf(ends.recorder.events(), 'fault-struck').map(({ fault }) => fault);
const responded = async (): Promise<unknown> => await eventThat(ends.recorder, ({ kind }) => kind === 'response');

/**
 * Everything that comes, and what ended the connection. `onHalf` is called when half of the content is there: libuv reads a reset
 * that comes together with data as an end (uv__stream_io), so what has to be told apart must come later.
 */
async function rawEnd(door: Door, onHalf: () => unknown = () => undefined): Promise<{ readonly text: string; readonly how: string }> {
  const { hostname, port } = new URL(door.url);
  const socket = connect(Number(port), hostname);
  socket.write(`GET ${blobUrl} HTTP/1.1\r\nHost: registry.local\r\n\r\n`);
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    if (text.split('\r\n\r\n')[1]?.length === content.length / 2) onHalf();
  });
  return await new Promise((resolve) => {
    socket.on('error', (error: NodeJS.ErrnoException) => resolve({ text, how: error.code ?? '' }));
    socket.on('end', () => resolve({ text, how: 'end' }));
  });
}

describe('a body that breaks off', () => {
  it.each([['reset', 'ECONNRESET'], ['cut', 'end']] as const)('by %s, with the length of the whole told before', async (then, how) => {
    const upstream = await ends.origin((_request, response) => response.writeHead(200, { 'content-length': content.length }).end(content));
    const untilTold: GateRule = { ...rule(then, 'middle'), until: { kind: 'requests', parties: 'participant', count: 1, of: { resource: 'tags' } } };
    const door = await ends.door(upstream, { rules: [untilTold] });
    let told: Promise<unknown> | undefined;
    const seen = await rawEnd(door, () => (told = throughProxy(door, 'http://registry.local/v2/app/tags/list')));
    await told;
    const [head = '', body = ''] = seen.text.split('\r\n\r\n');
    expect(head.toLowerCase()).toContain('content-length: 1000');
    expect(Buffer.from(body, 'latin1').equals(content.subarray(0, 500))).toBe(true);
    expect(seen.how).toBe(how);
    expect(struck()).toEqual([then]);
    expect(await eventThat(ends.recorder, (event) => event.kind === 'response' && event.request === 1)).toMatchObject({ status: 200, bytes: 500, complete: false });
  });

  it.each([['reset', 'ECONNRESET'], ['cut', 'end']] as const)('by %s before anything was said', async (then, how) => {
    expect(await rawEnd(await struckDoor(then))).toEqual({ text: '', how });
    expect(await responded()).toMatchObject({ status: 0, bytes: 0, complete: false });
  });

  it('leaves the door standing, and is struck once', async () => {
    const door = await struckDoor('cut', 'middle');
    await expect(throughProxy(door, blobUrl)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect((await throughProxy(door, blobUrl)).body.equals(content)).toBe(true);
    expect(struck()).toEqual(['cut']);
  });
});

describe('a body that is too short and looks whole', () => {
  it('is half of it under the length of that half, at a request', async () => {
    const got = await throughProxy(await struckDoor('short-body'), blobUrl);
    expect([got.status, got.headers['content-length']]).toEqual([200, '500']);
    expect(got.body.equals(content.subarray(0, 500))).toBe(true);
    expect(struck()).toEqual(['short-body']);
    expect(await responded()).toMatchObject({ status: 200, bytes: 500, complete: false });
  });

  it.each([['headers', 0], ['middle', 500], ['all-but-one', 999]] as const)('ends at %s, in chunks, with the connection kept', async (at, bytes) => {
    const door = await struckDoor('short-body', at);
    const got = await throughProxy(door, blobUrl);
    expect([got.status, got.headers['content-length'], got.headers['transfer-encoding']]).toEqual([200, undefined, 'chunked']);
    expect(got.body.equals(content.subarray(0, bytes))).toBe(true);
    expect(struck()).toEqual(['short-body']);
  });

  it('has struck who goes away because of the length, before any of the body has come', async () => {
    const upstream = await ends.origin((_request, response) => response.writeHead(200, { 'content-length': content.length }).flushHeaders());
    const { hostname, port } = new URL((await ends.door(upstream, { rules: [rule('short-body')] })).url);
    const socket = connect(Number(port), hostname);
    socket.write(`GET ${blobUrl} HTTP/1.1\r\nHost: registry.local\r\n\r\n`);
    socket.once('data', () => socket.destroy());
    expect(await responded()).toMatchObject({ status: 200, bytes: 0, complete: false });
    expect(struck()).toEqual(['short-body']);
  });

  it('has not struck where nobody knows how long the whole is', async () => {
    const got = await throughProxy(await struckDoor('short-body', undefined, {}), blobUrl);
    expect(got.body.equals(content)).toBe(true);
    expect(struck()).toEqual([]);
  });

  it('has not struck an answer to HEAD', async () => {
    const got = await throughProxy(await struckDoor('short-body'), blobUrl, { method: 'HEAD' });
    expect(got.headers['content-length']).toBe('1000');
    expect(struck()).toEqual([]);
  });
});

describe('an answer that is another one', () => {
  it.each([
    [401, 'UNAUTHORIZED', { 'www-authenticate': 'Basic realm="planned by the schedule"' }],
    [404, 'BLOB_UNKNOWN', {}],
    [429, 'TOOMANYREQUESTS', { 'retry-after': '1' }],
    [500, 'UNKNOWN', {}],
    [503, 'UNAVAILABLE', { 'retry-after': '1' }],
  ] as const)('has status %d, as registries say it', async (status, code, headers) => {
    const got = await throughProxy(await struckDoor(status), blobUrl);
    expect(got.status).toBe(status);
    expect(got.headers).toMatchObject({ 'content-type': 'application/json', ...headers });
    expect(JSON.parse(got.body.toString())).toMatchObject({ errors: [{ code }] });
    expect(struck()).toEqual([`status ${status}`]);
  });

  it('has no body where HEAD asks', async () => {
    const got = await rawExchange(await struckDoor(404), `HEAD ${blobUrl} HTTP/1.1\r\nHost: registry.local\r\nConnection: close\r\n\r\n`);
    expect(got).toMatch(/^HTTP\/1.1 404 [^]*\r\n\r\n$/);
  });
});

describe('a slow answer', () => {
  it.each([[undefined], ['middle'], ['all-but-one']] as const)('comes later and whole, from %s on', async (at) => {
    const before = performance.now();
    const got = await throughProxy(await struckDoor({ kind: 'delay', ms: 80 }, at), blobUrl);
    expect(performance.now() - before).toBeGreaterThan(75);
    expect(got.body.equals(content)).toBe(true);
    expect(got.headers['content-length']).toBe('1000');
    expect(struck()).toEqual(['delay 80 ms']);
  });

  it.each([[undefined], ['middle']] as const)('trickles for a while, and comes whole, from %s on', async (at) => {
    const sizes: number[] = [];
    const answer = await answerTo(await struckDoor({ kind: 'trickle', bytes: 20, everyMs: 5, times: 10 }, at), blobUrl);
    answer.on('data', (chunk: Buffer) => sizes.push(chunk.length));
    expect((await received(answer)).body.equals(content)).toBe(true);
    expect(sizes.filter((size) => size === 20).length).toBeGreaterThanOrEqual(8);
    expect(struck()).toEqual(['trickle 20 bytes every 5 ms, 10 times']);
  });

  it('is given up with its client', async () => {
    const door = await struckDoor({ kind: 'trickle', bytes: 1, everyMs: 20, times: 1000 }, 'headers');
    const answer = await answerTo(door, blobUrl);
    answer.once('data', () => answer.destroy());
    expect(await responded()).toMatchObject({ status: 200, complete: false });
  });
});

/** Bodies in pieces of any size, framed in either way, held anywhere, slowly or not. */
const bodies = fc.record({
  pieces: fc.array(fc.uint8Array({ minLength: 1, maxLength: 3000 }), { maxLength: 12 }),
  hasLength: fc.boolean(),
  places: fc.array(fc.oneof(fc.constantFrom<BodyPosition>('headers', 'first-byte', 'thousandth', 'middle', 'all-but-one'), fc.nat(40_000).map((byte): BodyPosition => `byte-${byte}`)), { maxLength: 4 }),
  then: fc.constantFrom<GateAction>('go', { kind: 'delay', ms: 1 }, { kind: 'trickle', bytes: 700, everyMs: 1, times: 5 }),
});

it('never changes a byte that no fault was to change', { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(bodies, async ({ pieces, hasLength, places, then }) => {
      await using own = new Ends();
      const whole = Buffer.concat(pieces);
      const upstream = await own.origin((_request, response) => {
        response.writeHead(200, hasLength ? { 'content-length': whole.length } : {});
        void (async () => {
          for (const piece of pieces) await new Promise((resolve) => response.write(piece, resolve));
          response.end();
        })();
      });
      const rules = places.map((at, index): GateRule => ({ ...rule(then, at), name: `gate-${index}` }));
      const got = await throughProxy(await own.door(upstream, { rules }), blobUrl);
      expect(createHash('sha256').update(got.body).digest('hex')).toBe(createHash('sha256').update(whole).digest('hex'));
      if (hasLength) expect(got.headers['content-length']).toBe(String(whole.length));
      const response = eventsOf(own.recorder.events(), 'response').at(-1) ?? (await eventThat(own.recorder, ({ kind }) => kind === 'response'));
      expect(response).toMatchObject({ bytes: whole.length, complete: true });
      const slow = new Set(eventsOf(own.recorder.events(), 'fault-struck').map(({ fault }) => fault));
      expect([...slow].filter((fault) => fault !== faultNamed(then))).toEqual([]);
    }),
    { numRuns: 150 },
  );
});
