// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { request as httpRequest, type Agent, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { RegistryTarget } from '../history/event.ts';
import type { Recorder } from '../history/recorder.ts';
import { withoutConnectionHeaders } from './connection-headers.ts';
import { carrierOf, isSecured } from './door-tls.ts';
import { isOfBodies, type GateAction } from './gate-action.ts';
import type { BodyStop, GateKeeper, Sentence } from './gate-keeper.ts';
import { HeldBody } from './held-body.ts';
import { plannedAnswer } from './planned-answer.ts';
import { targetOf } from './registry-target.ts';

export interface ExchangeSettings {
  readonly participant: string;
  /** The registry's real address. */
  readonly upstream: string;
  /** Host names that are let through. */
  readonly isKnownHost: (host: string) => boolean;
  /** Whether the registry is asked by https: then it can't be asked otherwise. */
  readonly isSecure: boolean;
  readonly recorder: Recorder;
  readonly gates: GateKeeper;
  /** Keeps connections to the registry. */
  readonly agent: Agent;
}

const elsewhere: RegistryTarget = { resource: 'other', repository: undefined, reference: undefined };

/**
 * One request and its response: recorded, held at the gates, passed on byte for byte as they come. A side that
 * breaks off looks broken off to the other, and its response is recorded as incomplete.
 */
export async function exchange(request: IncomingMessage, response: ServerResponse, settings: ExchangeSettings): Promise<void> {
  const { participant, recorder, gates } = settings;
  const gone = goneSignal(response);
  const asked = addressOf(request);
  const number = recorder.nextRequest();
  // What another host was asked for is no business of the registry's, whatever its path looks like.
  const isForRegistry = settings.isKnownHost(asked.host) && asked.protocol === (settings.isSecure ? 'https' : 'http');
  const target = isForRegistry ? targetOf(asked.path) : elsewhere;
  recorder.record({ kind: 'request', participant, request: number, method: request.method ?? '', path: asked.path, target });
  let bytes = 0;
  const note: Note = (status, complete, passed) => {
    recorder.record({ kind: 'response', participant, request: number, status, bytes: passed, complete });
  };
  if (!isForRegistry) {
    response.writeHead(403, { 'content-type': 'text/plain' }).end(`this door leads to the registry, not to ${settings.isSecure ? `${asked.protocol}://` : ''}${asked.host}\n`);
    return note(403, true, 0);
  }
  const arrival = { participant, request: number, target };
  const sentence = await gates.pass(arrival, gone);
  if (isInsteadOfAnswer(sentence.action)) return await answerByPlan(sentence.action, { response, target, note });
  const answered = gates.answering(participant);
  try {
    if (typeof sentence.action === 'object' && sentence.action.kind === 'delay') await pause(sentence.action.ms, undefined, { signal: gone });
    const answer = await forward(request, { settings, path: asked.path, signal: gone });
    const headers = passedOn(answer, settings.upstream, asked);
    const stops = request.method === 'GET' ? planBody({ sentence, headers, stops: gates.bodyStops(arrival, lengthOf(headers)) }) : [];
    response.writeHead(answer.statusCode ?? 502, headers);
    if (stops.length > 0) return await passHeld(new HeldBody(stops, gone), { answer, response, gone, note });
    answer.on('data', (chunk: Buffer) => (bytes += chunk.length));
    await pipeline(answer, response, { signal: gone });
    note(answer.statusCode ?? 502, true, bytes);
  } catch {
    response.destroy();
    note(response.headersSent ? response.statusCode : 0, false, bytes);
  } finally {
    answered();
  }
}

type Note = (status: number, complete: boolean, bytes: number) => void;

function isInsteadOfAnswer(action: GateAction): action is number | 'reset' | 'cut' | 'kill' {
  return typeof action === 'number' || action === 'reset' || action === 'cut' || action === 'kill';
}

interface Planned {
  readonly response: ServerResponse;
  readonly target: RegistryTarget;
  readonly note: Note;
}

/** Without asking the registry. */
async function answerByPlan(action: number | 'reset' | 'cut' | 'kill', { response, target, note }: Planned): Promise<void> {
  if (typeof action === 'number') {
    const { headers, body } = plannedAnswer(action, target);
    response.writeHead(action, headers).end(body);
    return note(action, true, body.length);
  }
  await breakOff(response, action === 'cut' ? 'cut' : 'reset');
  note(0, false, 0);
}

interface Answering {
  readonly answer: IncomingMessage;
  readonly response: ServerResponse;
  readonly gone: AbortSignal;
  readonly note: Note;
}

async function passHeld(body: HeldBody, { answer, response, gone, note }: Answering): Promise<void> {
  try {
    response.flushHeaders();
    await pipeline(answer, (chunks: AsyncIterable<Buffer>) => body.through(chunks), response, { signal: gone, end: false });
    if (body.end === 'cut' || body.end === 'reset') await breakOff(response, body.end);
    else await new Promise<void>((resolve) => response.end(resolve));
    note(response.statusCode, body.end === 'whole', body.bytes);
  } catch {
    response.destroy();
    note(response.statusCode, false, body.bytes);
  }
}

/** What has been written before arrives: by `cut` with the end of the connection, by `reset` before its loss is seen. */
async function breakOff(response: ServerResponse, how: 'cut' | 'reset'): Promise<void> {
  const { socket } = response;
  if (socket === null || socket.destroyed) return;
  if (how === 'reset') return void (await flushed(socket), carrierOf(socket).resetAndDestroy());
  await new Promise<void>((resolve) => socket.end(resolve));
  socket.destroy();
}

/** The system has what was written. */
async function flushed(socket: Socket): Promise<void> {
  await new Promise<void>((resolve) => socket.write('', () => resolve()));
}

function lengthOf(headers: OutgoingHttpHeaders): number {
  return Number(headers['content-length'] ?? 0);
}

/**
 * What was said at the request about the body of the answer, and what the gates in that body may say. Changes the length that
 * the headers tell: to that of the half, or to none where it depends on a gate.
 */
function planBody({ sentence: { action, struck }, headers, stops }: { readonly sentence: Sentence; readonly headers: OutgoingHttpHeaders; readonly stops: readonly BodyStop[] }): readonly BodyStop[] {
  const length = lengthOf(headers);
  // Who has all that was promised need not wait for more: at the end nobody can be held.
  const within = headers['content-length'] === undefined ? stops : stops.filter(({ afterBytes }) => afterBytes < length);
  const said = (afterBytes: number, told = struck): BodyStop => ({ afterBytes, hold: async () => await Promise.resolve(action), struck: told, mayEnd: false });
  if (within.some(({ mayEnd }) => mayEnd)) delete headers['content-length'];
  if (!isOfBodies(action)) return within;
  if (action !== 'short-body') return [said(0), ...within];
  // Without a length there is no half.
  if (length === 0) return within;
  headers['content-length'] = Math.floor(length / 2);
  // Who goes away because of that length was struck by it: the headers are out when the body begins.
  const begins: BodyStop = { ...said(0), hold: async () => (struck(), await Promise.resolve('go')) };
  return [begins, ...within, said(Math.floor(length / 2), () => undefined)].sort((left, right) => left.afterBytes - right.afterBytes);
}

/** Aborted when the client has gone before it had its whole response. */
function goneSignal(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.on('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  return gone.signal;
}

interface Asked {
  readonly protocol: 'http' | 'https';
  readonly host: string;
  /** As the client wrote it, with its port. */
  readonly authority: string;
  readonly path: string;
}

/** A proxy is asked with whole addresses, a server with paths. https://www.rfc-editor.org/rfc/rfc9112#section-3.2 */
function addressOf(request: IncomingMessage): Asked {
  const target = request.url ?? '/';
  const absolute = /^https?:\/\/([^/?#]*)(.*)$/i.exec(target);
  const authority = absolute?.[1] ?? request.headers.host ?? '';
  const path = absolute?.[2] ?? target;
  const protocol = isSecured(request.socket) ? 'https' : 'http';
  return { protocol, host: authority.toLowerCase().replace(protocol === 'https' ? /:443$/ : /:80$/, ''), authority, path: path.startsWith('/') ? path : `/${path}` };
}

interface Forwarding {
  readonly settings: ExchangeSettings;
  readonly path: string;
  readonly signal: AbortSignal;
}

async function forward(request: IncomingMessage, { settings, path, signal }: Forwarding): Promise<IncomingMessage> {
  signal.throwIfAborted();
  const { hostname, port } = new URL(settings.upstream);
  // Node frames the body of a GET or DELETE only when told to; unframed it would be read as the next request.
  const framing = request.headers['transfer-encoding'] === undefined ? {} : { 'transfer-encoding': 'chunked' };
  const headers = { ...withoutConnectionHeaders(request.headers), ...framing };
  const outgoing = (settings.isSecure ? httpsRequest : httpRequest)({ hostname, port, path, method: request.method, headers, agent: settings.agent, signal });
  // A connection that breaks after the response has come is seen there; unheard, it would end this process.
  outgoing.on('error', () => undefined);
  const answered = once(outgoing, 'response', { signal }) as Promise<[IncomingMessage]>;
  pipeline(request, outgoing, { signal }).catch(() => undefined);
  const [answer] = await answered;
  return answer;
}

/**
 * Uploads go on at the address that the registry names in Location; where it names its own, the client would leave
 * the door, so its authority is replaced by the one that the client used.
 */
function passedOn(answer: IncomingMessage, upstream: string, { protocol, authority }: Asked): OutgoingHttpHeaders {
  const headers = withoutConnectionHeaders(answer.headers);
  const { location } = answer.headers;
  if (location?.startsWith(`${upstream}/`) === true) headers['location'] = `${protocol}://${authority}${location.slice(upstream.length)}`;
  return headers;
}
