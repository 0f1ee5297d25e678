// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { LogFault } from '../history/event.ts';
import type { Recorder } from '../history/recorder.ts';
import { withoutConnectionHeaders } from './connection-headers.ts';

export interface LogDoorSettings {
  /** The log's real address. */
  readonly upstream: string;
  readonly rule: LogFaultRule;
}

/** How the log fails, and how many requests it answers before it does. */
export interface LogFaultRule {
  readonly fault: LogFault;
  readonly after: number;
  /** For `status`. */
  readonly status?: number;
  /** For `slow`, in milliseconds. */
  readonly delayMs?: number;
}

/** Looks like the log, and fails as it was told to. */
export interface LogDoor extends AsyncDisposable {
  readonly url: string;
  /** True when how a request is answered depends on how many came before. */
  readonly isCounting: boolean;
  /** From now on requests are events of this history. */
  reportTo(recorder: Recorder): void;
}

/** Opens a door in front of the log, on loopback. Nothing that it passes on is changed. */
export async function openLogDoor({ upstream, rule }: LogDoorSettings): Promise<LogDoor> {
  let recorder: Recorder | undefined;
  let asked = 0;
  const server = createServer((request, response) => {
    asked += 1;
    const outcome = asked > rule.after ? rule.fault : 'answered';
    recorder?.record({ kind: 'log-asked', method: request.method ?? '', path: request.url ?? '', outcome });
    respond(request, response, { upstream, rule, outcome }).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    isCounting: rule.after > 0,
    reportTo(next) {
      recorder = next;
      next.record({ kind: 'log-fault', fault: rule.fault, after: rule.after });
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

interface Responding extends LogDoorSettings {
  readonly outcome: LogFault | 'answered';
}

async function respond(request: IncomingMessage, response: ServerResponse, { upstream, rule, outcome }: Responding): Promise<void> {
  switch (outcome) {
    case 'status': {
      const status = rule.status ?? 500;
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ code: status, message: 'the log was told to fail' }));
      return;
    }
    case 'down':
      request.socket.destroy();
      return;
    case 'slow':
      await pause(rule.delayMs ?? 0);
      return await passOn(request, response, upstream);
    case 'answered':
      return await passOn(request, response, upstream);
  }
}

async function passOn(request: IncomingMessage, response: ServerResponse, upstream: string): Promise<void> {
  const outgoing = httpRequest(`${upstream}${request.url ?? '/'}`, { method: request.method, headers: withoutConnectionHeaders(request.headers) });
  // A connection that breaks later is seen at the response; unheard, it would end this process.
  outgoing.on('error', () => undefined);
  const [[answer]] = (await Promise.all([once(outgoing, 'response'), pipeline(request, outgoing)])) as [[IncomingMessage], void];
  response.writeHead(answer.statusCode ?? 502, withoutConnectionHeaders(answer.headers));
  await pipeline(answer, response);
}
