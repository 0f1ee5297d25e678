// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import * as z from 'zod';
import type { Recorder } from '../history/recorder.ts';
import { withoutConnectionHeaders } from './connection-headers.ts';
import { askLog } from './log-behind.ts';
import type { ToldAnswer } from './planned-log-answer.ts';

interface Answering {
  readonly planned: ToldAnswer;
  readonly upstream: string;
  readonly recorder: Recorder | undefined;
}

/**
 * Answers a request that adds an entry, and records what came and what became of it before the client hears of it: it may
 * have ended a moment later. An entry that is there already is taken like a new one, with the one that is there for an answer.
 */
export async function answerUpload(request: IncomingMessage, response: ServerResponse, { planned, upstream, recorder }: Answering): Promise<void> {
  const { method = '', url: path = '' } = request;
  const body = await buffer(request);
  const note = (status: number): void => void recorder?.record({ kind: 'log-asked', method, path, outcome: planned.answer, entry: entryIn(body), status });
  if (planned.reply !== undefined) {
    note(planned.reply.status);
    return void response.writeHead(planned.reply.status, { 'content-type': 'application/json' }).end(JSON.stringify(planned.reply.json));
  }
  const answer = await added({ method, path, body, headers: request.headers }, upstream);
  note(answer.status);
  response.writeHead(answer.status, withoutConnectionHeaders(answer.message.headers)).end(answer.bytes);
}

interface Upload extends Pick<IncomingMessage, 'headers'> {
  readonly method: string;
  readonly path: string;
  readonly body: Buffer;
}

interface Added {
  readonly status: number;
  readonly message: IncomingMessage;
  readonly bytes: Buffer;
}

async function added({ method, path, body, headers }: Upload, upstream: string): Promise<Added> {
  const message = await askLog(upstream, { method, path, headers, body: Readable.from([body]) });
  const answer = { status: message.statusCode ?? 502, message, bytes: await buffer(message) };
  const place = answer.status === 409 ? message.headers.location : undefined;
  if (place === undefined) return answer;
  const existing = await askLog(upstream, { method: 'GET', path: new URL(place, upstream).pathname, headers: { accept: 'application/json' }, body: Readable.from([]) });
  const bytes = await buffer(existing);
  return existing.statusCode === 200 ? { status: 201, message: existing, bytes } : answer;
}

const envelope = z.union([z.string().min(1), z.looseObject({ payload: z.string().min(1), signatures: z.array(z.unknown()).min(1) })]);
const version = z.string();

/** An entry as a client proposes it, as far as it tells what it is: the log judges the rest. */
const proposedSchema = z.union([
  z.object({ kind: z.literal('intoto'), apiVersion: version, spec: z.object({ content: z.object({ envelope }) }) }),
  z.object({ kind: z.literal('dsse'), apiVersion: version, spec: z.object({ proposedContent: z.object({ envelope }) }) }),
  z.object({ kind: z.string().regex(/^(?!intoto$|dsse$)/), apiVersion: version }),
]);

/** Kind and version of the entry in a body, `intoto 0.0.2`; empty when there is none. */
function entryIn(body: Buffer): string {
  try {
    const { kind, apiVersion } = proposedSchema.parse(JSON.parse(body.toString('utf8')));
    return `${kind} ${apiVersion}`;
  } catch {
    return '';
  }
}
