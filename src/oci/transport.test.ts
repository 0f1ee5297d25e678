// SPDX-License-Identifier: Apache-2.0
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { X509CertificateGenerator } from '@peculiar/x509';
import { afterEach, describe, expect, it } from 'vitest';
import { ResourceStack } from '../foundation/resources.ts';
import { createTransport, type Transport, type TransportOptions } from './transport.ts';

let resources = new ResourceStack();

afterEach(async () => {
  await resources[Symbol.asyncDispose]();
  resources = new ResourceStack();
});

async function listen(server: Server & { closeAllConnections(): void }): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  resources.defer('server', async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

async function serving(listener: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await listen(createServer(listener))}`;
}

function transport(options: TransportOptions = {}): Transport {
  return resources.own('transport', createTransport(options));
}

async function secureServing(name: string, listener: RequestListener): Promise<{ port: number; pem: string }> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({ name: `CN=${name}`, keys, signingAlgorithm: algorithm });
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  const pem = certificate.toString('pem');
  const server = createSecureServer({ cert: pem, key: `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----` }, listener);
  return { port: await listen(server), pem };
}

describe('a request', () => {
  it('sends method, headers and body, and gives status, headers and body', async () => {
    const url = await serving((request, response) => {
      const { method, url: path, headers } = request;
      response.writeHead(418, { 'x-saw': `${method} ${path} ${String(headers['x-one'])} ${headers['user-agent']} ${headers['content-length']}` });
      request.pipe(response);
    });
    const sent = { method: 'PUT', headers: { 'x-one': '1' }, body: Buffer.from('abc') };
    const response = await transport({ userAgent: 'tester' }).request(`${url}/a?b=c`, sent);
    expect(response.status).toBe(418);
    expect(response.headers['x-saw']).toBe('PUT /a?b=c 1 tester 3');
    expect((await response.bytes()).toString()).toBe('abc');
  });

  it('streams a body of unknown length', async () => {
    const url = await serving((request, response) => request.pipe(response));
    const body = Readable.from([Buffer.alloc(70_000, 1), Buffer.alloc(70_000, 2)]);
    const response = await transport().request(url, { method: 'POST', body });
    expect(await response.bytes()).toEqual(Buffer.concat([Buffer.alloc(70_000, 1), Buffer.alloc(70_000, 2)]));
  });

  it('keeps the connection for the next request', async () => {
    const ports = new Set<number | undefined>();
    const url = await serving((request, response) => void (ports.add(request.socket.remotePort), response.end('x')));
    const client = transport();
    for (let index = 0; index < 3; index += 1) await (await client.request(url)).bytes();
    expect(ports.size).toBe(1);
  });

  it('takes no connection for good by being redirected', async () => {
    const ports = new Set<number | undefined>();
    const url = await serving((request, response) => {
      ports.add(request.socket.remotePort);
      if (request.url === '/') response.writeHead(302, { location: '/there' });
      response.end('x');
    });
    const client = transport();
    for (let index = 0; index < 5; index += 1) await (await client.request(url)).bytes();
    expect(ports.size).toBeLessThanOrEqual(2);
  });

  it('follows redirects of GET, not of POST, and leaves credentials behind when the host changes', async () => {
    let seen: string | undefined = 'nothing';
    const target = await serving((request, response) => void ((seen = request.headers.authorization), response.end('there')));
    const url = await serving((_request, response) => response.writeHead(307, { location: `${target}/x` }).end());
    const headers = { Authorization: 'secret' };
    expect((await (await transport().request(url, { headers })).bytes()).toString()).toBe('there');
    expect(seen).toBeUndefined();
    expect((await transport().request(url, { method: 'POST' })).status).toBe(307);
  });

  it('gives up on redirects that never end', async () => {
    const url = await serving((request, response) => response.writeHead(302, { location: request.url }).end());
    await expect(transport().request(url)).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
  });
});

describe('what fails', () => {
  it.each(['http://[', 'ftp://elsewhere.local/', 'file:///etc/hosts'])('a redirect to %s is CONNECTION_FAILED', async (location) => {
    const url = await serving((_request, response) => response.writeHead(302, { location }).end());
    await expect(transport().request(url)).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
  });

  it.each(['', 'no address', 'http://[', 'ftp://elsewhere.local/'])('a request to %j is CONNECTION_FAILED', async (url) => {
    await expect(transport().request(url)).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
  });

  it('a refused connection is CONNECTION_FAILED with its cause', async () => {
    const url = await serving(() => undefined);
    await resources[Symbol.asyncDispose]();
    await expect(transport().request(url)).rejects.toMatchObject({ code: 'CONNECTION_FAILED', cause: { code: 'ECONNREFUSED' } });
  });

  it('a body that breaks off is no shorter body', async () => {
    const url = await serving((_request, response) => {
      response.writeHead(200, { 'content-length': '10' });
      response.write('abc', () => response.destroy());
    });
    const response = await transport().request(url);
    await expect(response.bytes()).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
  });

  it('a body beyond the limit is refused', async () => {
    const url = await serving((_request, response) => response.end(Buffer.alloc(11)));
    expect((await (await transport().request(url)).bytes(11)).length).toBe(11);
    await expect((await transport().request(url)).bytes(10)).rejects.toMatchObject({ code: 'RESPONSE_TOO_LONG' });
  });

  it('a request body that fails ends the request with its error', async () => {
    const url = await serving((request, response) => request.on('error', () => undefined).pipe(response));
    const cause = new Error('planted');
    const body = Readable.from((async function* () {
      yield await Promise.resolve('a');
      throw cause;
    })());
    const failed = transport().request(url, { method: 'PUT', headers: { 'content-length': '5' }, body }).then((response) => response.bytes());
    await expect(failed).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
  });

  it('an aborted signal ends it with the reason of the caller', async () => {
    const url = await serving(() => controller.abort(reason));
    const controller = new AbortController();
    const reason = new Error('enough');
    await expect(transport().request(url, { signal: controller.signal })).rejects.toBe(reason);
  });
});

describe('a proxy', () => {
  it('is asked for the whole address of an http request, without CONNECT, and with its credentials', async () => {
    const asked: (string | undefined)[] = [];
    const proxy = await serving(({ method, url, headers }, response) => {
      asked.push(method, url, headers.host, headers['proxy-authorization']);
      response.end('from the proxy');
    });
    const address = proxy.replace('//', '//us%40er:pass@');
    const response = await transport({ environment: { HTTP_PROXY: address } }).request('http://registry.local/v2/?n=1');
    expect((await response.bytes()).toString()).toBe('from the proxy');
    expect(asked).toEqual(['GET', 'http://registry.local/v2/?n=1', 'registry.local', `Basic ${btoa('us@er:pass')}`]);
  });

  it('is not asked for a loopback host', async () => {
    const url = await serving((_request, response) => response.end('straight'));
    const response = await transport({ environment: { HTTP_PROXY: 'http://127.0.0.1:1' } }).request(url);
    expect((await response.bytes()).toString()).toBe('straight');
  });

  it('tunnels https by CONNECT, checks the certificate, and keeps the tunnel', async () => {
    const { port, pem } = await secureServing('secure.local', ({ socket }, response) => response.end(`secret of ${(socket as TLSSocket).servername}`));
    const connects: (string | undefined)[] = [];
    const server = createServer().on('connect', (request: IncomingMessage, socket: Socket) => {
      connects.push(request.url);
      const upstream = connect(port, '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
      upstream.pipe(socket).on('error', () => upstream.destroy());
      socket.pipe(upstream).on('error', () => socket.destroy());
    });
    const environment = { HTTPS_PROXY: `127.0.0.1:${await listen(server)}` };
    const trusting = transport({ environment, caPem: pem });
    for (let index = 0; index < 2; index += 1) {
      expect((await (await trusting.request('https://secure.local/')).bytes()).toString()).toBe('secret of secure.local');
    }
    expect(connects).toEqual(['secure.local:443']);
    await expect(transport({ environment }).request('https://secure.local/')).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
    await expect(trusting.request('https://other.local/')).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
  });

  it('that answers CONNECT with 502 fails the request', async () => {
    const server = createServer().on('connect', (_request: IncomingMessage, socket: Socket) => socket.end('HTTP/1.1 502 No\r\n\r\n'));
    const environment = { HTTPS_PROXY: `http://127.0.0.1:${await listen(server)}` };
    await expect(transport({ environment }).request('https://secure.local/')).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
  });

  it('that never answers CONNECT is let go at disposal', async () => {
    const server = createServer();
    const asked = once(server, 'connect') as Promise<[IncomingMessage, Socket]>;
    const client = createTransport({ environment: { HTTPS_PROXY: `http://127.0.0.1:${await listen(server)}` } });
    const failed = expect(client.request('https://secure.local/')).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
    const [, socket] = await asked;
    resources.defer('socket', () => void socket.destroy());
    const left = once(socket.resume(), 'end');
    await client[Symbol.asyncDispose]();
    await Promise.all([failed, left]);
  });
});
