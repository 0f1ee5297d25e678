// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { Agent, createServer, request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { Recorder } from '../history/recorder.ts';
import type { GateKeeper } from './gate-keeper.ts';
import { targetOf } from './registry-target.ts';

/** The address under which one participant reaches the registry, so that everything it asks is known to be its own. */
export interface Door extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`, to be given as HTTP_PROXY and HTTPS_PROXY. */
  readonly url: string;
  close(): Promise<void>;
}

export interface DoorSettings {
  readonly participant: string;
  /** The registry's real address. */
  readonly upstream: string;
  /** Host names that mean the registry; everything else is refused. */
  readonly hosts: readonly string[];
  readonly recorder: Recorder;
  readonly gates: GateKeeper;
}

/** Large buffers: one trip through the event loop moves as much of a layer as a socket gives. */
const bodyBuffer = 1024 * 1024;

/** Headers that belong to one connection. https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1 */
const connectionHeaders = new Set(['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade']);

/**
 * A forward proxy for one participant. It records each request, lets it stand at the gates, and passes bodies on
 * byte for byte, as they come. CONNECT is refused, upon which Go clients that may use plain http do so.
 *
 *     validator ──HTTP_PROXY──► door ──gates──► registry
 */
export async function openDoor(settings: DoorSettings): Promise<Door> {
  const agent = new Agent({ keepAlive: true });
  const server = createServer({ highWaterMark: bodyBuffer });
  server.on('request', (request, response) => void serve(request, response, { settings, agent }));
  server.on('connect', (_request: IncomingMessage, socket: Socket) => {
    socket.on('error', () => undefined);
    socket.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
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

interface Exchange {
  readonly settings: DoorSettings;
  readonly agent: Agent;
}

async function serve(request: IncomingMessage, response: ServerResponse, { settings, agent }: Exchange): Promise<void> {
  const { participant, recorder, gates } = settings;
  const gone = new AbortController();
  response.on('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  const asked = addressOf(request);
  const number = recorder.nextRequest();
  const target = targetOf(asked.path);
  recorder.record({ kind: 'request', participant, request: number, method: request.method ?? '', path: asked.path, target });
  let bytes = 0;
  const note = (status: number, complete: boolean): void => {
    recorder.record({ kind: 'response', participant, request: number, status, bytes, complete });
  };
  if (!settings.hosts.includes(asked.host)) {
    response.writeHead(403, { 'content-type': 'text/plain' }).end(`this proxy leads to ${settings.hosts.join(', ')} only\n`);
    return note(403, true);
  }
  await gates.pass({ participant, request: number, target }, gone.signal);
  try {
    const answer = await forward(request, { upstream: settings.upstream, path: asked.path, agent, signal: gone.signal });
    response.writeHead(answer.statusCode ?? 502, passedOn(answer, { upstream: settings.upstream, name: asked.authority }));
    answer.on('data', (chunk: Buffer) => (bytes += chunk.length));
    await pipeline(answer, response, { signal: gone.signal });
    note(answer.statusCode ?? 502, true);
  } catch {
    // A side that broke off must look broken off to the other: no clean end.
    response.destroy();
    note(response.headersSent ? response.statusCode : 0, false);
  }
}

interface Asked {
  readonly host: string;
  readonly authority: string;
  readonly path: string;
}

/** A proxy is asked with whole addresses. https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2 */
function addressOf(request: IncomingMessage): Asked {
  const target = request.url ?? '/';
  const isAbsolute = /^https?:\/\//i.test(target);
  const authority = isAbsolute ? (/^https?:\/\/([^/?#]*)/i.exec(target)?.[1] ?? '') : (request.headers.host ?? '');
  const path = isAbsolute ? target.replace(/^https?:\/\/[^/?#]*/i, '') : target;
  return { host: authority.replace(/:80$/, ''), authority, path: path.startsWith('/') ? path : `/${path}` };
}

interface Forwarding {
  readonly upstream: string;
  readonly path: string;
  readonly agent: Agent;
  readonly signal: AbortSignal;
}

async function forward(request: IncomingMessage, { upstream, path, agent, signal }: Forwarding): Promise<IncomingMessage> {
  const { hostname, port } = new URL(upstream);
  const outgoing = httpRequest({ hostname, port, path, method: request.method, headers: requestHeaders(request), agent, signal });
  const answered = once(outgoing, 'response', { signal }) as Promise<[IncomingMessage]>;
  const sent = pipeline(request, outgoing, { signal });
  sent.catch(() => undefined);
  const [answer] = await answered;
  return answer;
}

function requestHeaders(request: IncomingMessage): OutgoingHttpHeaders {
  return withoutConnectionHeaders(request.headers);
}

/**
 * Uploads go on at the address that the registry names in Location; where it names its own, the client would leave
 * the door, so its authority is replaced by the one that the client used.
 */
function passedOn(answer: IncomingMessage, { upstream, name }: { readonly upstream: string; readonly name: string }): OutgoingHttpHeaders {
  const headers = withoutConnectionHeaders(answer.headers);
  const { location } = answer.headers;
  if (location?.startsWith(`${upstream}/`) === true) headers['location'] = `http://${name}${location.slice(upstream.length)}`;
  return headers;
}

function withoutConnectionHeaders(headers: IncomingMessage['headers']): OutgoingHttpHeaders {
  const named = String(headers.connection ?? '').toLowerCase().split(',').map((name) => name.trim());
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !connectionHeaders.has(name) && !named.includes(name)));
}
