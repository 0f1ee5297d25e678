// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, type Server } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import type { Socket } from 'node:net';
import type { Recorder } from '../history/recorder.ts';
import { takeTlsOnly, tlsTerminator, type DoorCertificate } from './door-tls.ts';
import { exchange } from './exchange.ts';
import type { GateKeeper } from './gate-keeper.ts';

/** The address under which one participant reaches the registry, so that everything it asks is known to be its own. */
export interface Door extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`: for HTTP_PROXY and HTTPS_PROXY, or in the reverse form the registry itself (then https, if that is). */
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
  /** For a registry that speaks https; then nothing else leads to it. */
  readonly certificate?: DoorCertificate;
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
 * byte, as they come. CONNECT and TLS are refused, upon which Go clients that may use plain http do so; with a certificate they
 * are what the door asks for, and it is the other end of TLS itself, so that gates see the same requests.
 *
 *     validator ──HTTP_PROXY──► door ──gates──► registry
 */
export async function openDoor({ form = 'forward', hosts, certificate, ...settings }: DoorSettings): Promise<Door> {
  const agent = certificate === undefined ? new Agent({ keepAlive: true }) : new SecureAgent({ keepAlive: true, ca: certificate.authorityPem, servername: 'localhost' });
  const isKnownHost = (host: string): boolean => form === 'reverse' || hosts.includes(host);
  // No limit on the time that a request takes: gates hold, and uploads are long.
  const server = createServer({ highWaterMark: bodyBufferBytes, requestTimeout: 0, keepAliveTimeout: idleConnectionMs });
  server.on('request', (request, response) => void exchange(request, response, { ...settings, isKnownHost, isSecure: certificate !== undefined, agent }));
  refuseNonsense(server);
  if (certificate !== undefined && form === 'reverse') takeTlsOnly(server, certificate);
  serveTunnels(server, isKnownHost, certificate === undefined || form === 'reverse' ? undefined : certificate);
  // What carries TLS is no connection of the server's own any more.
  const carriers = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    carriers.add(socket);
    socket.once('close', () => carriers.delete(socket));
  });
  const port = await listen(server);
  const close = async (): Promise<void> => {
    agent.destroy();
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    carriers.forEach((socket) => socket.destroy());
    await closed;
  };
  const protocol = certificate !== undefined && form === 'reverse' ? 'https' : 'http';
  return { url: `${protocol}://127.0.0.1:${port}`, close, [Symbol.asyncDispose]: close };
}

/**
 * Without a certificate, or to another host, there are none; answered at once: clients left without an answer to TLS spend 300 ms
 * a ping on trying again.
 */
function serveTunnels(server: Server, isKnownHost: (host: string) => boolean, certificate: DoorCertificate | undefined): void {
  const terminate = certificate === undefined ? undefined : tlsTerminator(certificate, (secured) => void server.emit('connection', secured));
  server.on('connect', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on('error', () => undefined);
    const host = (request.url ?? '').toLowerCase().replace(/:443$/, '');
    if (terminate === undefined || !isKnownHost(host)) return void socket.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    // Some send their hello before they are told to.
    socket.unshift(head);
    terminate(socket);
  });
}

function refuseNonsense(server: Server): void {
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
