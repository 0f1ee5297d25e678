// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { request as httpRequest, type Agent, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { RegistryTarget } from '../history/event.ts';
import type { Recorder } from '../history/recorder.ts';
import { withoutConnectionHeaders } from './connection-headers.ts';
import type { GateAction } from './gate.ts';
import type { GateKeeper } from './gate-keeper.ts';
import { heldAt } from './held-body.ts';
import { targetOf } from './registry-target.ts';

export interface ExchangeSettings {
  readonly participant: string;
  /** The registry's real address. */
  readonly upstream: string;
  /** Host names that are let through. */
  readonly isKnownHost: (host: string) => boolean;
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
  const target = settings.isKnownHost(asked.host) ? targetOf(asked.path) : elsewhere;
  recorder.record({ kind: 'request', participant, request: number, method: request.method ?? '', path: asked.path, target });
  let bytes = 0;
  const note = (status: number, complete: boolean): void => {
    recorder.record({ kind: 'response', participant, request: number, status, bytes, complete });
  };
  if (!settings.isKnownHost(asked.host)) {
    response.writeHead(403, { 'content-type': 'text/plain' }).end(`this door leads to the registry, not to ${asked.host}\n`);
    return note(403, true);
  }
  const arrival = { participant, request: number, target };
  const action = await gates.pass(arrival, gone);
  if (action !== 'go') return answerByPlan(action, response, note);
  const answered = gates.answering(participant);
  try {
    const answer = await forward(request, { settings, path: asked.path, signal: gone });
    response.writeHead(answer.statusCode ?? 502, passedOn(answer, settings.upstream, asked.authority));
    const stops = request.method === 'GET' ? gates.bodyStops(arrival, Number(answer.headers['content-length'] ?? 0)) : [];
    if (stops.length === 0) {
      answer.on('data', (chunk: Buffer) => (bytes += chunk.length));
      await pipeline(answer, response, { signal: gone });
    } else {
      response.flushHeaders();
      await pipeline(answer, heldAt(stops, gone, (passed) => (bytes += passed)), response, { signal: gone });
    }
    note(answer.statusCode ?? 502, true);
  } catch {
    response.destroy();
    note(response.headersSent ? response.statusCode : 0, false);
  } finally {
    answered();
  }
}

/** Without asking the registry. */
function answerByPlan(action: Exclude<GateAction, 'go'>, response: ServerResponse, note: (status: number, complete: boolean) => void): void {
  if (typeof action === 'number') {
    response.writeHead(action, { 'content-type': 'application/json' }).end('{"errors":[{"code":"UNKNOWN","message":"planned by the schedule"}]}');
    return note(action, true);
  }
  response.destroy();
  note(0, false);
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
  return { host: authority.toLowerCase().replace(/:80$/, ''), authority, path: path.startsWith('/') ? path : `/${path}` };
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
  const outgoing = httpRequest({ hostname, port, path, method: request.method, headers, agent: settings.agent, signal });
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
function passedOn(answer: IncomingMessage, upstream: string, authority: string): OutgoingHttpHeaders {
  const headers = withoutConnectionHeaders(answer.headers);
  const { location } = answer.headers;
  if (location?.startsWith(`${upstream}/`) === true) headers['location'] = `http://${authority}${location.slice(upstream.length)}`;
  return headers;
}
