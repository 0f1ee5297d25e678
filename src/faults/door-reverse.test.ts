// SPDX-License-Identifier: Apache-2.0
import { connect as connectTls } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventsOf } from '../history/event.ts';
import { Ends, rawExchange, throughProxy } from './test-ends.ts';

let ends: Ends;
beforeEach(() => {
  ends = new Ends();
});
afterEach(async () => await ends[Symbol.asyncDispose]());

describe('a door in the reverse form', () => {
  it.each(['127.0.0.1:5000', 'localhost:1', 'any.example'])('is the registry under the name %s', async (host) => {
    let seen: string | undefined;
    const upstream = await ends.origin((request, response) => {
      seen = `${request.headers.host} ${request.url}`;
      response.writeHead(202, { location: `${upstream}/v2/a/blobs/uploads/1` }).end('x');
    });
    const door = await ends.door(upstream, { form: 'reverse' });
    const got = await throughProxy(door, '/v2/a/blobs/uploads/?x=1', { method: 'POST', headers: { host } });
    expect([got.status, got.body.toString(), got.headers.location]).toEqual([202, 'x', `http://${host}/v2/a/blobs/uploads/1`]);
    expect(seen).toBe(`${host} /v2/a/blobs/uploads/?x=1`);
    expect(eventsOf(ends.recorder.events(), 'request')).toMatchObject([{ participant: 'one', target: { resource: 'upload', repository: 'a' } }]);
  });
});

describe.each(['forward', 'reverse'] as const)('a door in the %s form', (form) => {
  it('answers a TLS handshake at once, in plain text', async () => {
    const door = await ends.door('http://127.0.0.1:9', { form });
    const hello = Buffer.from('16030100050100000100', 'hex');
    expect(await rawExchange(door, hello)).toBe('HTTP/1.0 400 Bad Request\r\n\r\nthis is plain http\n');
    expect(ends.recorder.events()).toEqual([]);
  });

  it('makes a real TLS client see that this is no TLS', async () => {
    const { port } = new URL((await ends.door('http://127.0.0.1:9', { form })).url);
    const refused = new Promise((_resolve, reject) => connectTls({ port: Number(port), host: '127.0.0.1' }).on('error', reject));
    await expect(refused).rejects.toMatchObject({ code: 'ERR_SSL_WRONG_VERSION_NUMBER' });
  });

  it('answers what is no HTTP with 400, and goes on', async () => {
    const upstream = await ends.origin((_request, response) => response.end('x'));
    const door = await ends.door(upstream, { form });
    expect(await rawExchange(door, 'nonsense\r\n\r\n')).toMatch(/^HTTP\/1.1 400 /);
    expect((await throughProxy(door, 'http://registry.local/v2/')).status).toBe(200);
  });
});
