// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { LogAnswer, LogFault } from '../history/event.ts';
import type { Recorder } from '../history/recorder.ts';
import { withoutConnectionHeaders } from './connection-headers.ts';
import { askLog } from './log-behind.ts';
import { answerUpload } from './log-upload.ts';
import { isUpload, plannedLogAnswer, type ToldAnswer } from './planned-log-answer.ts';

export interface LogDoorSettings {
  /** The log's real address. */
  readonly upstream: string;
  /** Absent: it does not fail, unless it is told later. */
  readonly rule?: LogFaultRule;
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

/** Looks like the log, and fails or answers as it was told to. */
export interface LogDoor extends AsyncDisposable {
  readonly url: string;
  /** True when how a request is answered depends on how many came before. */
  readonly isCounting: boolean;
  /** True once it was told how to fail. */
  readonly isFailing: boolean;
  fail(rule: LogFaultRule): void;
  /** From now on some requests are answered in this way; of two about the same requests the later counts. */
  answer(told: ToldAnswer): void;
  /** From now on requests are events of this history. */
  reportTo(recorder: Recorder): void;
}

/** Opens a door in front of the log, on loopback. Nothing that it passes on is changed. */
export async function openLogDoor({ upstream, rule: first }: LogDoorSettings): Promise<LogDoor> {
  const state: DoorState = { upstream, rule: first, told: [], recorder: undefined, asked: 0 };
  const server = createServer((request, response) => {
    respond(request, response, state).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get isCounting() {
      return (state.rule?.after ?? 0) > 0;
    },
    get isFailing() {
      return state.rule !== undefined;
    },
    fail(rule) {
      state.rule = rule;
    },
    answer(told) {
      state.told = [...state.told.filter(({ about }) => about !== told.about), told];
    },
    reportTo(recorder) {
      state.recorder = recorder;
      if (state.rule !== undefined) recorder.record({ kind: 'log-fault', fault: state.rule.fault, after: state.rule.after });
      for (const { answer } of state.told) recorder.record({ kind: 'log-told', answer });
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

interface DoorState {
  readonly upstream: string;
  rule: LogFaultRule | undefined;
  told: readonly ToldAnswer[];
  recorder: Recorder | undefined;
  asked: number;
}

async function respond(request: IncomingMessage, response: ServerResponse, state: DoorState): Promise<void> {
  state.asked += 1;
  const { method = '', url: path = '' } = request;
  const note = (outcome: LogFault | LogAnswer | 'answered'): void => void state.recorder?.record({ kind: 'log-asked', method, path, outcome });
  const { rule } = state;
  if (rule !== undefined && state.asked > rule.after) {
    note(rule.fault);
    return await fail(request, response, { rule, upstream: state.upstream });
  }
  const planned = plannedLogAnswer(state.told, { method, path });
  if (planned !== undefined && isUpload({ method, path })) {
    return await answerUpload(request, response, { planned, upstream: state.upstream, recorder: state.recorder });
  }
  note(planned?.answer ?? 'answered');
  if (planned?.reply === undefined) return await passOn(request, response, state.upstream);
  request.resume();
  response.writeHead(planned.reply.status, { 'content-type': 'application/json' }).end(JSON.stringify(planned.reply.json));
}

interface Failing {
  readonly rule: LogFaultRule;
  readonly upstream: string;
}

async function fail(request: IncomingMessage, response: ServerResponse, { rule, upstream }: Failing): Promise<void> {
  switch (rule.fault) {
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
  }
}

async function passOn(request: IncomingMessage, response: ServerResponse, upstream: string): Promise<void> {
  const { method = 'GET', url: path = '/', headers } = request;
  const answer = await askLog(upstream, { method, path, headers, body: request });
  response.writeHead(answer.statusCode ?? 502, withoutConnectionHeaders(answer.headers));
  await pipeline(answer, response);
}
