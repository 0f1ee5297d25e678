// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { expect, it } from 'vitest';
import { hasCode } from '../foundation/errors.ts';
import { serve } from './server.ts';

it('answers 500 and logs it when a handler throws', async () => {
  await using server = await serve(createServer(), () => { throw new Error('planted'); }, { protocol: 'http' });
  expect((await fetch(`${server.url}/x`)).status).toBe(500);
  expect(server.logs().join('\n')).toContain('GET /x failed: planted');
});

it('says that a port is taken', async () => {
  await using server = await serve(createServer(), () => undefined, { protocol: 'http' });
  const port = Number(new URL(server.url).port);
  await expect(serve(createServer(), () => undefined, { protocol: 'http', port })).rejects.toSatisfy((error) => hasCode(error, 'PORT_TAKEN'));
});

it('ends open connections when it is closed, and listens no more', async () => {
  const server = await serve(createServer(), () => undefined, { protocol: 'http' });
  const port = Number(new URL(server.url).port);
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  // Closed or reset: either way it is over.
  const ended = new Promise((resolve) => socket.on('error', resolve).on('close', resolve));
  await server.close();
  await ended;
  await expect(fetch(`${server.url}/`)).rejects.toThrow();
});

it('can be reached on loopback only', async () => {
  await using server = await serve(createServer(), (_request, response) => void response.end(), { protocol: 'http' });
  const port = Number(new URL(server.url).port);
  const others = Object.values(networkInterfaces()).flatMap((list) => list ?? []).filter(({ internal, family }) => !internal && family === 'IPv4');
  for (const { address } of others) {
    const socket = connect(port, address);
    const [error] = await once(socket, 'error');
    expect((error as NodeJS.ErrnoException).code).toBe('ECONNREFUSED');
  }
  expect((await fetch(server.url)).status).toBe(200);
});
