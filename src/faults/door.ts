// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Recorder } from '../history/recorder.ts';
import { exchange } from './exchange.ts';
import type { GateKeeper } from './gate-keeper.ts';

/** The address under which one participant reaches the registry, so that everything it asks is known to be its own. */
export interface Door extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`: for HTTP_PROXY and HTTPS_PROXY, or in the reverse form the registry itself. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * `forward`: a proxy that leads to `hosts` only. `reverse`: looks like the registry itself, under any name, for
 * validators that ignore proxy variables.
 */
export type DoorForm = 'forward' | 'reverse';

export interface DoorSettings {
  readonly participant: string;
  /** The registry's real address. */
  readonly upstream: string;
  /** Host names that mean the registry; a forward door refuses everything else. */
  readonly hosts: readonly string[];
  /** Default: `forward`. */
  readonly form?: DoorForm;
  readonly recorder: Recorder;
  readonly gates: GateKeeper;
}

/** Large buffers: one trip through the event loop moves as much of a layer as a socket gives. */
const bodyBufferBytes = 1024 * 1024;
const idleConnectionMs = 120_000;
/** First byte of a TLS handshake record. https://www.rfc-editor.org/rfc/rfc8446#section-5.1 */
const tlsHandshake = 0x16;

/**
 * A proxy for one participant. It records each request, lets it stand at the gates, and passes bodies on byte for
 * byte, as they come. CONNECT and TLS are refused, upon which Go clients that may use plain http do so.
 *
 *     validator ──HTTP_PROXY──► door ──gates──► registry
 */
export async function openDoor({ form = 'forward', hosts, ...settings }: DoorSettings): Promise<Door> {
  const agent = new Agent({ keepAlive: true });
  const isKnownHost = (host: string): boolean => form === 'reverse' || hosts.includes(host);
  // No limit on the time that a request takes: gates hold, and uploads are long.
  const server = createServer({ highWaterMark: bodyBufferBytes, requestTimeout: 0, keepAliveTimeout: idleConnectionMs });
  server.on('request', (request, response) => void exchange(request, response, { ...settings, isKnownHost, agent }));
  refuseTunnels(server);
  const port = await listen(server);
  const close = async (): Promise<void> => {
    agent.destroy();
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return { url: `http://127.0.0.1:${port}`, close, [Symbol.asyncDispose]: close };
}

/** Answers at once: clients left without an answer to TLS spend 300 ms a ping on trying again. */
function refuseTunnels(server: Server): void {
  server.on('connect', (_request: IncomingMessage, socket: Socket) => {
    socket.on('error', () => undefined);
    socket.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
  });
  server.on('clientError', (error: NodeJS.ErrnoException & { readonly rawPacket?: Buffer }, socket: Socket) => {
    if (!socket.writable) return void socket.destroy();
    const isTls = error.rawPacket?.[0] === tlsHandshake;
    socket.end(isTls ? 'HTTP/1.0 400 Bad Request\r\n\r\nthis is plain http\n' : 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
  });
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
